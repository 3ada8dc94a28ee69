//! What every registered method does on a few problems, as golden numbers: a change of work shows, wanted or not.
//!
//! A solve is reproducible bit for bit, on every machine but for sums in a library's factorisation, whose order depends on
//! the width of vectors: the counts of methods that factorise are held closely, the rest exactly.
//!
//! `NDE_ACCEPT=1` writes the table anew.

use std::fmt::Write;
use std::path::PathBuf;

use nde::dynamics::{Dynamics, SecondOrder};
use nde::method::{Family, MethodInfo, methods};
use nde::solve::{Absolute, Options, Save, Solution, Status, solve};
use nde_tests::compile::compiled;
use nde_tests::data::problem;
use nde_tests::problems::Ring;

/// Who solves a problem: explicit methods would need too many steps on a stiff one.
#[derive(Clone, Copy, PartialEq)]
enum Solvers {
    All,
    Implicit,
}

/// How far a count may be from the golden one.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    Exactly,
    /// Within 2 %, or by one.
    Closely,
}

impl Held {
    fn holds(self, found: u64, golden: u64) -> bool {
        match self {
            Held::Exactly => found == golden,
            Held::Closely => found.abs_diff(golden) <= (golden / 50).max(1),
        }
    }
}

struct Case {
    name: &'static str,
    dynamics: Box<dyn Dynamics>,
    u0: Vec<f64>,
    t1: f64,
    rtol: f64,
    atol: f64,
    /// For methods without an error estimate.
    dt: f64,
    solvers: Solvers,
}

/// A force that turns with the place, and one that the clock turns.
const SWITCHED: &str = "model Switched {
    state x = 1, v = 0
    x' = v
    v' = -x + (if x > 0.2 then -0.5 else 0.5) + (if t < 2.5 then 0.3 else -0.3)*x
}

solve Switched over 0..10
";

fn of_text(name: &'static str, text: &str, t1: f64) -> Case {
    let compiled = compiled(text, 0.0, &[]);
    Case {
        name,
        u0: compiled.values.u0.clone(),
        dynamics: Box::new(compiled),
        t1,
        rtol: 1e-6,
        atol: 1e-9,
        dt: 0.005,
        solvers: Solvers::All,
    }
}

fn cases() -> Vec<Case> {
    let reference = |name: &'static str, t1| of_text(name, &problem(name).text("tsit5"), t1);
    let ring = Ring { n: 48 };
    vec![
        reference("lotka_volterra_1", 10.0),
        Case { rtol: 1e-8, ..reference("brusselator_ode", 20.0) },
        of_text("switches", SWITCHED, 10.0),
        Case { atol: 1e-12, solvers: Solvers::Implicit, ..reference("rober_short", 40.0) },
        Case { atol: 1e-12, solvers: Solvers::Implicit, ..reference("robertson_dae", 1e5) },
        Case {
            name: "diffusion on a ring",
            u0: ring.mode().0,
            dynamics: Box::new(ring),
            t1: 0.05,
            rtol: 1e-6,
            atol: 1e-9,
            dt: 1e-4,
            solvers: Solvers::All,
        },
    ]
}

/// The solve of a case, and its like: a second one gives the same bits.
fn solved(case: &Case, method: &MethodInfo) -> Solution {
    let options = Options {
        rtol: case.rtol,
        atol: Absolute::All(case.atol),
        dt: (!method.adaptive).then_some(case.dt),
        save: Save::Count(11),
        ..Options::default()
    };
    let once = || solve(case.dynamics.as_ref(), method, &options, 0.0, case.t1, &case.u0).expect("a solve");
    let solution = once();
    assert_eq!(solution.status, Status::Finished, "{} by {}", case.name, method.name);
    assert_eq!(once(), solution, "{} by {} is another in a second run", case.name, method.name);
    solution
}

/// One row of the table.
struct Row {
    name: String,
    counts: [u64; 9],
    held: Held,
}

const HEADER: &str = "problem,method,steps,rejected by error,rejected otherwise,rhs,jacobians,factorisations,linear solves,newton iterations,root functions\n";

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for case in cases() {
        for method in methods() {
            let fits = case.dynamics.second_order().is_some_and(SecondOrder::holds);
            if (method.family.is_explicit() && case.solvers == Solvers::Implicit)
                || (method.family == Family::SecondOrder && !fits)
            {
                continue;
            }
            let c = solved(&case, method).counters;
            rows.push(Row {
                name: format!("{},{}", case.name, method.name),
                counts: [
                    c.steps,
                    c.rejected_by_error,
                    c.rejected() - c.rejected_by_error,
                    c.rhs,
                    c.jacobians,
                    c.factorisations,
                    c.linear_solves,
                    c.newton_iterations,
                    c.root_functions,
                ],
                held: held(method),
            });
        }
    }
    rows
}

fn held(method: &MethodInfo) -> Held {
    if method.family.is_explicit() { Held::Exactly } else { Held::Closely }
}

fn table(rows: &[Row]) -> String {
    let mut table = HEADER.to_owned();
    for row in rows {
        let counts: Vec<String> = row.counts.iter().map(u64::to_string).collect();
        writeln!(table, "{},{}", row.name, counts.join(",")).expect("text can be written");
    }
    table
}

/// Whether a line of the golden table says the same.
fn is_golden(row: &Row, line: &str) -> bool {
    let Some(golden) = line.strip_prefix(&format!("{},", row.name)) else { return false };
    let golden: Vec<u64> = golden.split(',').map(|n| n.parse().expect("a count")).collect();
    row.counts.len() == golden.len()
        && row.counts.iter().zip(golden).all(|(&found, golden)| row.held.holds(found, golden))
}

#[test]
fn methods_do_the_work_that_the_table_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data").join("counters.csv");
    let rows = rows();
    if std::env::var_os("NDE_ACCEPT").is_some() {
        std::fs::write(&path, table(&rows)).expect("the table can be written");
    }
    let golden = std::fs::read_to_string(&path).expect("the golden table");
    let lines: Vec<&str> = golden.lines().skip(1).collect();
    let same = lines.len() == rows.len() && rows.iter().zip(&lines).all(|(row, line)| is_golden(row, line));
    assert!(same, "golden:\n{golden}\nfound:\n{}", table(&rows));
}
