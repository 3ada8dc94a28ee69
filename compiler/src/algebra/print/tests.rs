//! What expressions look like, and that hostile ones stay small.

use super::super::expr::{Algebra, Binary, Expr, FunctionInfo, Meaning, Reduction, Symbol};
use super::super::index::{Affine, Boundary, Range, Subscript, Var};
use super::{Names, Notation, expression};

struct Fixture {
    algebra: Algebra,
    x: Expr,
    y: Expr,
    α: Expr,
    u: Symbol,
}

impl Fixture {
    fn new() -> Self {
        let mut algebra = Algebra::new();
        let [x, y, α] = ["x", "y", "α"].map(|name| algebra.declare(name, &[]));
        let u = algebra.declare("u", &[32]);
        let [x, y, α] = [x, y, α].map(|s| algebra.scalar(s));
        Fixture { algebra, x, y, α, u }
    }

    fn text(&self, e: Expr) -> String {
        expression(&self.algebra, e, &Names::new(&self.algebra), Notation::Text)
    }

    fn latex(&self, e: Expr) -> String {
        expression(&self.algebra, e, &Names::new(&self.algebra), Notation::Latex)
    }

    fn call(&mut self, name: &str, a: Expr) -> Expr {
        let info =
            FunctionInfo { name: name.into(), arity: 1, meaning: Meaning::Native, derivative: vec![None] };
        let f = self.algebra.declare_function(info);
        self.algebra.call(f, &[a])
    }

    /// `u[position]`, counted from 0, with a boundary rule.
    fn u(&mut self, position: Affine, boundary: Boundary) -> Expr {
        self.algebra.read(self.u, [Subscript::Affine { position, boundary }].into_iter().collect())
    }
}

fn axis() -> Affine {
    Affine::var(Var::Axis(0))
}

#[test]
fn parentheses_are_those_that_the_syntax_needs() {
    let mut f = Fixture::new();
    let (x, y, α) = (f.x, f.y, f.α);
    let a = &mut f.algebra;
    let sum = a.add(x, y);
    let difference = a.sub(x, y);
    let (minus, two) = (a.neg(x), a.number(2.0));
    let product = a.mul(sum, α);
    let quotient = a.div(α, product);
    let outer = a.sub(x, sum);
    let power = a.pow(minus, two);
    let tower = a.pow(x, power);
    let negative = a.neg(power);
    let chain = a.add(minus, difference);
    let scaled = a.number(-0.5);
    let scaled = a.mul(scaled, y);
    let scaled = a.sub(α, scaled);
    let all: Vec<String> =
        [product, quotient, outer, power, tower, negative, chain, scaled].map(|e| f.text(e)).into();
    insta::assert_snapshot!(all.join("\n"), @r#"
    α*(x + y)
    α/(α*(x + y))
    x - (x + y)
    (-x)^2
    x^(-x)^2
    -(-x)^2
    x - y - x
    α + 0.5*y
    "#);
}

#[test]
fn choices_and_logic() {
    let mut f = Fixture::new();
    let (x, y, α) = (f.x, f.y, f.α);
    let a = &mut f.algebra;
    let (less, equal) = (a.compare(Binary::Less, x, y), a.compare(Binary::Equal, x, α));
    let either = a.or(less, equal);
    let not = a.not(either);
    let both = a.and(not, less);
    let inner = a.select(equal, y, α);
    let choice = a.select(both, x, inner);
    let doubled = a.mul(choice, y);
    let all = [f.text(choice), f.text(doubled), f.latex(choice), f.latex(doubled)];
    insta::assert_snapshot!(all.join("\n"), @r#"
    if not (x < y or x == α) and x < y then x else if x == α then y else α
    y*(if not (x < y or x == α) and x < y then x else if x == α then y else α)
    \begin{cases} x & \text{if } \lnot \left(x < y \lor x = \alpha\right) \land x < y \\ y & \text{if } x = \alpha \\ \alpha & \text{otherwise} \end{cases}
    y\,\left(\begin{cases} x & \text{if } \lnot \left(x < y \lor x = \alpha\right) \land x < y \\ y & \text{if } x = \alpha \\ \alpha & \text{otherwise} \end{cases}\right)
    "#);
}

#[test]
fn accesses_and_reductions() {
    let mut f = Fixture::new();
    let left = f.u(axis().shift(-2), Boundary::Periodic);
    let right = f.u(axis(), Boundary::Zero);
    let laplace = f.algebra.add(left, right);
    let (k, l) = (f.algebra.fresh(), f.algebra.fresh());
    let here = f.u(Affine::var(k).add(&axis()).shift(-1), Boundary::Mirror);
    let there = f.u(Affine::var(l).scale(2).add(&Affine::var(k).scale(-1)).shift(6), Boundary::Periodic);
    let index = f.algebra.index(Affine::var(l).shift(-1));
    let term = f.algebra.mul(there, index);
    let inner = f.algebra.reduce(Reduction::Sum, l, Range::new(1, 11), term);
    let body = f.algebra.mul(here, inner);
    let sum = f.algebra.reduce(Reduction::Sum, k, Range::new(1, 9), body);
    let scaled = f.algebra.mul(sum, f.x);
    let all = [f.text(laplace), f.text(scaled), f.latex(laplace), f.latex(scaled)];
    insta::assert_snapshot!(all.join("\n"), @r#"
    u[i-1 periodic] + u[i+1 zero]
    x*sum(u[i+j mirror]*sum((k - 1)*u[2*k-j+7 periodic] for k in 1..10) for j in 1..8)
    u_{i-1\,\text{periodic}} + u_{i+1\,\text{zero}}
    x\,\sum_{j=1}^{8} u_{i+j\,\text{mirror}}\,\sum_{k=1}^{10} \left(k - 1\right)\,u_{2k-j+7\,\text{periodic}}
    "#);
}

#[test]
fn numbers_and_names() {
    let mut f = Fixture::new();
    let mut all = Vec::new();
    for x in [1.0, -2.5, 1e-9, 3.2e21, f64::INFINITY, 0.1, 1e22] {
        let e = f.algebra.number(x);
        let e = f.algebra.mul(e, f.x);
        all.push(format!("{:<12} {}", f.text(e), f.latex(e)));
    }
    for name in ["k1", "v_min", "x'", "θ''", "u\u{304}", "k₂", "area", "Δx", "f.1.W", "∂h", "ū", "λ_x"]
    {
        all.push(format!("{name:<12} {}", super::name(name, Notation::Latex)));
    }
    insta::assert_snapshot!(all.join("\n"), @r#"
    x            x
    -2.5*x       -2.5\,x
    1e-9*x       10^{-9}\,x
    3.2e21*x     3.2 \cdot 10^{21}\,x
    x*inf        x\,\infty
    0.1*x        0.1\,x
    1e22*x       10^{22}\,x
    k1           k_{1}
    v_min        v_{\mathrm{min}}
    x'           \dot{x}
    θ''          \ddot{\theta}
    ū           \bar{u}
    k₂           k_{2}
    area         \mathrm{area}
    Δx           \Delta\mathrm{x}
    f.1.W        \mathrm{f.1.W}
    ∂h           \partial h
    ū            ū
    λ_x          \lambda_{x}
    "#);
}

#[test]
fn a_product_with_a_reciprocal_is_a_fraction() {
    let mut f = Fixture::new();
    let (x, y, α) = (f.x, f.y, f.α);
    let a = &mut f.algebra;
    let one = a.one();
    let (first, second) = (a.div(one, x), a.div(one, y));
    let sum = a.add(x, α);
    let negative = a.neg(second);
    let all = [a.mul(first, α), a.mul(first, second), a.mul(sum, first), a.mul(negative, α)];
    let tangent = f.call("tan", first);
    let all = all.into_iter().chain([f.algebra.mul(tangent, first)]);
    let all: Vec<String> = all.map(|e| format!("{:<16} {}", f.text(e), f.latex(e))).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    α/x              \frac{\alpha}{x}
    1/x/y            \frac{\frac{1}{x}}{y}
    (x + α)/x        \frac{x + \alpha}{x}
    -α/y             -\frac{\alpha}{y}
    tan(1/x)/x       \frac{\tan\left(\frac{1}{x}\right)}{x}
    "#);
}

#[test]
fn functions() {
    let mut f = Fixture::new();
    let ratio = f.algebra.div(f.x, f.y);
    let all: Vec<String> = ["tanh", "sqrt", "abs", "relu", "floor"]
        .map(|name| {
            let e = f.call(name, ratio);
            format!("{:<14} {}", f.text(e), f.latex(e))
        })
        .into();
    insta::assert_snapshot!(all.join("\n"), @r#"
    tanh(x/y)      \tanh\left(\frac{x}{y}\right)
    sqrt(x/y)      \sqrt{\frac{x}{y}}
    abs(x/y)       \left|\frac{x}{y}\right|
    relu(x/y)      \operatorname{relu}\left(\frac{x}{y}\right)
    floor(x/y)     \left\lfloor \frac{x}{y}\right\rfloor
    "#);
}

#[test]
fn what_is_shared_is_named_once() {
    let mut f = Fixture::new();
    let k = f.algebra.fresh();
    let mut e = f.u(Affine::var(k).shift(-1), Boundary::Inside);
    for _ in 0..4 {
        let s = f.algebra.add(e, f.x);
        let t = f.call("tanh", s);
        e = f.algebra.mul(t, e);
    }
    let e = f.algebra.mul(e, e);
    let e = f.algebra.reduce(Reduction::Sum, k, Range::new(1, 33), e);
    insta::assert_snapshot!([f.text(e), f.latex(e)].join("\n"), @r#"
    sum(a[i]*a[i] for i in 1..32)
      where a[i] = b[i]*tanh(x + b[i])*tanh(x + b[i]*tanh(x + b[i]))
      where b[i] = u[i]*tanh(x + u[i])*tanh(x + u[i]*tanh(x + u[i]))
    \sum_{i=1}^{32} a_{i}\,a_{i}
    \quad\text{where } a_{i} = b_{i}\,\tanh\left(x + b_{i}\right)\,\tanh\left(x + b_{i}\,\tanh\left(x + b_{i}\right)\right)
    \quad\text{where } b_{i} = u_{i}\,\tanh\left(x + u_{i}\right)\,\tanh\left(x + u_{i}\,\tanh\left(x + u_{i}\right)\right)
    "#);
}

/// Paths double at each step: 2^100,000 of them. The text is a line for each subexpression, and they are counted.
#[test]
fn a_deep_and_much_shared_expression_stays_small() {
    let mut f = Fixture::new();
    let mut e = f.x;
    for _ in 0..100_000 {
        let s = f.algebra.add(e, f.y);
        e = f.algebra.mul(s, e);
    }
    let text = f.text(e);
    assert!(text.len() < 50_000, "{} bytes", text.len());
    assert!(text.lines().last().is_some_and(|line| line.ends_with("more")), "the rest is counted");
}

/// A chain that is not shared is cut into lines.
#[test]
fn a_long_chain_is_cut() {
    let mut f = Fixture::new();
    let mut e = f.x;
    for k in 0..100_000 {
        let x = f.algebra.number(f64::from(k) + 0.5);
        let term = f.algebra.mul(x, f.y);
        e = f.algebra.sub(e, term);
    }
    let text = f.text(e);
    assert!(text.len() < 300_000, "{} bytes", text.len());
    assert!(text.lines().all(|line| line.chars().count() < 2_000));
}
