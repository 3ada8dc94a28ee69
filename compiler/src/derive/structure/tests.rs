//! Reduced systems as they are shown.

use crate::algebra::print::Notation;
use crate::derive::print::tests::system;

fn shown(text: &str) -> String {
    crate::derive::print::system(&mut system(text), Notation::Text)
}

const DOUBLE_PENDULUM: &str = "
model DoublePendulum {
    param g = 9.81
    state x1 = 1, y1 = 0, x2 = 2, y2 = 0
    alg λ1 = 0, λ2 = 0
    x1'' = -λ1*x1 + λ2*(x2 - x1)
    y1'' = -λ1*y1 + λ2*(y2 - y1) - g
    x2'' = -λ2*(x2 - x1)
    y2'' = -λ2*(y2 - y1) - g
    0 = x1^2 + y1^2 - 1
    0 = (x2 - x1)^2 + (y2 - y1)^2 - 1
}";

const AMPLIFIER: &str = "
model Amplifier {
    param C1 = 1e-6, C2 = 2e-6, R = 1000
    state y1 = 0, y2 = 0, y3 = 0
    let U = sin(200*t)
    C1*(y2' - y1') = (y1 - U)/R
    C1*(y1' - y2') = y2/R + 1e-3*(y2 - y3)
    C2*y3' = -y3/R + 1e-3*(y2 - y3)
}";

#[test]
fn the_pendulum() {
    insta::assert_snapshot!(shown(include_str!("../../../../tests/models/11_pendulum.nde")));
}

#[test]
fn the_double_pendulum() {
    insta::assert_snapshot!(shown(DOUBLE_PENDULUM));
}

#[test]
fn a_singular_constant_mass() {
    insta::assert_snapshot!(shown(AMPLIFIER));
}

#[test]
fn an_implicit_row() {
    insta::assert_snapshot!(shown(
        "model M { state x = 1, y = 0; x'^3 + x' = -x; (1 + y^2)*y' + x*t = 1; init x' = -0.5 }"
    ));
}

#[test]
fn a_crank_driven_by_its_position() {
    let text =
        "model M { state x = 0, v = 1; alg u = 0; let target = sin(t); x' = v; v' = u; 0 = x - target }";
    insta::assert_snapshot!(shown(text));
}

#[test]
fn rows_over_an_index() {
    let text = "model M(N = 8) { index i in 1..N
        state q[i] = i, v[i] = 0; alg λ[i] = 0
        q'[i] = v[i]; v'[i] = -λ[i]; 0 = q[i] - i*cos(t) }";
    insta::assert_snapshot!(shown(text));
}

/// A function without a derivative: nothing is differentiated, and that is said.
#[test]
fn a_constraint_that_cannot_be_differentiated() {
    let text = "model M { state x = 0; alg λ = 0; x' = λ; 0 = x - x(t - 1) - sin(t) }";
    insta::assert_snapshot!(shown(text));
}

/// Loops are cut where they would read two equations of one array.
#[test]
fn rows_over_an_index_with_an_end() {
    insta::assert_snapshot!(shown(include_str!("../../../../tests/data/constrained/channel.nde")));
}

/// Rows that contradict each other stay rows of a mass matrix.
#[test]
fn dependent_rows_without_unknowns_are_left_alone() {
    let system = system("model M { state x = 0, y = 0; x' + y' = 1; 2*x' + 2*y' = 3 }");
    assert_eq!((system.results.len, system.unknowns.len), (2, 2));
    assert!(system.structure.is_none() && system.rows.len() == 2);
}

/// As many rows as unknowns wherever there is no choice, and a choice wherever there are more.
#[test]
fn systems_are_square_or_have_a_structure() {
    for body in [
        "state x = 1, y = 1; alg z = 0; x' + y' = z; x' + y' = -x; 0 = x + y",
        "state x = 1, y = 1; alg z = 0; x' + y' = z; x' + y' = 2*z - x; x' - y' = z",
        "state x = 1, y = 1; alg z = 0; x*x' + y' = z; x*x' + y' = -x; 0 = x + y",
        "state u[3] = 1; u'[1] + u'[2] = 1; u'[1] - u'[2] = t; u'[3] = -u[3]",
        "state u[3] = 1; u[1]*u'[1] + u'[2] = 1; u'[1] - u'[2] = t; u'[3] = -u[3]",
        "state u[3] = 1; alg z[3] = 0; u' = z; 0 = u - t",
        "state u[3] = 1; alg z[3] = 0; u' = z; 0 = u[1] - t; 0 = u[2] - t; 0 = z[3] - u[3]",
    ] {
        let system = system(&format!("model M {{ {body} }}"));
        let square = system.results.len == system.unknowns.len;
        let written: u64 =
            system.rows.iter().map(|row| row.axes.iter().map(|r| r.len()).product::<u64>()).sum();
        assert_eq!(written, system.results.len, "{body}");
        assert!(system.obstacle.is_none(), "{body}");
        match &system.structure {
            None => assert!(square, "{body}"),
            Some(structure) => {
                let mut rows = structure.selection();
                rows.sort_unstable();
                rows.dedup();
                assert_eq!(rows.len() as u64, system.unknowns.len, "{body}");
            }
        }
    }
}

/// Rows that all have all derivatives, as in a matrix of masses without zeros: the elimination is cubic in them.
#[test]
fn dense_rows_of_the_mass_matrix_are_soon_eliminated() {
    let n = 40;
    let mut text = String::from("model M {\n");
    for i in 0..n {
        let names: Vec<String> = (0..n).map(|j| format!("c{i}_{j} = {}", 1 + i * j % 7)).collect();
        let terms: Vec<String> = (0..n).map(|j| format!("c{i}_{j}*x{j}'")).collect();
        text += &format!("param {}\nstate x{i} = 1\n{} = -x{i}\n", names.join(", "), terms.join(" + "));
    }
    text += "}";
    let start = std::time::Instant::now();
    let system = system(&text);
    assert_eq!(system.mass.as_ref().map(Vec::len), Some(n * n));
    assert!(start.elapsed().as_secs_f64() < 3.0, "{:?}", start.elapsed());
}
