//! The mistakes of the first ten minutes, each with what is said about it.

use super::complaints;

const MISTAKES: &[&str] = &[
    "model M { state x = 1; x' = alpha*x }",
    "model M { state x = 1, y = 2; x' = x*y }",
    "model M { state x = 1; x' = 1. }",
    "model M { state x = 1.; param k = 2; x' = k*x }\nsolve M over 0..1",
    "model M { state x = 1; x' = if 0 < x < 1 then 1 else 2 }",
    "model M { param v: m/s = 1; state x: m = 0; x' = v*x }",
    "model M { param v: m = 1; state x: m = 0; x' = v }",
    "model M { param k: 1/s = 1; state x: m = 0; x' = k*(x - 2) }",
    "model M { state u[3] = [1, 2]; u' = -u }",
    "model M { state u = [1, 2]; u' = -u }",
    "model M { state u[3] = 1; u'[i] = -u[i] }",
    "model M { state u[3] = 1; u' = [1, 2, 3, 4] }",
    "model M { state x = 1; dx/dt = x }",
    "model M { state x = 1; x' = Sin(x) + PI }",
    "model M { state x = 1; x' = ln(x) + sqr(x) + tan2(x) }",
    "model M { param a = 1; state x = a; x' = 2a*x }",
    "model M { alg z = 1; 0 = z + y }",
    "model M { state x = 1; x' = -x; y' = 2 }",
    "model M { state x = 1; let y = 2*x; y = 3; x' = y }",
    "model M { state x = 1; x' = -x; x' = 2 }",
    "model M { index i in 1..4; state u[i] = 0; u'[i] = u[j] }",
    "model M { index i in 1..4; state u[i] = 0; u' = u[i] }",
    "model M { index i in 1..4; state u[i] = 0, x = 0; u'[i] = 0; x' = u[i] }",
    "model M { const A = [[1,2],[3,4]]; const B = [[1,2,3],[3,4,5]]; state u[2] = 0; u' = (A*B) @ [1,2,3] }",
    "model M { state x = 1; x' = -x }\nsolve M over 0..10 { metod = tsit5 }",
    "model M { state x = 1; x' = -x }\nsolve m over 0..10",
    "model M { state x = 1; event e: when x < 0 { x = 1 }; x' = -x }",
    "model M { state x = 1; x' = -x + t*[1] }",
    "model M { param k = 1 in [0, 2] ~ normal(0); state x = 1; x' = x(1) }",
    "model M { state x: m = 1, v: m/s = 0; x' = v; v' = -x }",
    "model M { state x = 1; x' = max(x) + min() + sum(1, 2) }",
    "model M { state x = 1; x' = -x }\nfit M on d { minimize sum(d.x) }",
    "model M { param c = 1; state x = 1, v = 0; x' = v; v' = -x; event e: when v < c and x != 0.5 { v := 1 } }",
    "model M { state x = 1; discrete n = 0; let hit = 2*x == t; x' = -x; event e: when hit or n == 1 { n := floor(t) } }",
];

#[test]
fn the_first_mistakes_are_answered() {
    let mut transcript = String::new();
    for text in MISTAKES {
        transcript.push_str(&format!("=== {text}\n{}\n", complaints(text)));
    }
    insta::assert_snapshot!(transcript);
}
