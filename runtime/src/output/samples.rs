//! Reports that the formats' tests print.

use super::*;

pub fn solve(model: &str, columns: Vec<Column>) -> TaskResult {
    TaskResult {
        number: 1,
        work: Work::Solve,
        model: model.into(),
        doc: None,
        status: "finished",
        table: Table { columns },
        events: Vec::new(),
        stats: vec![
            ("steps", Number::Count(45)),
            ("rejected", Number::Count(3)),
            ("solve_s", Number::Real(1.25e-4)),
        ],
        method: "tsit5".into(),
        reason: "the method the file names".into(),
        linear: None,
        notes: Vec::new(),
        error: None,
        plot: Vec::new(),
        out: None,
    }
}

pub fn column(name: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Column {
    let unit = (!unit.is_empty()).then(|| unit.to_string());
    Column { name: name.into(), unit, doc: None, values: values.into_iter().collect() }
}

/// `count` equispaced values from 0 to `end`.
pub fn times(count: u32, end: f64) -> Vec<f64> {
    (0..count).map(|i| end * f64::from(i) / f64::from(count - 1)).collect()
}

/// A ball that falls on the ground twice.
pub fn ball() -> TaskResult {
    let t = times(5, 2.0);
    let columns = vec![
        column("t", "s", t),
        column("h", "m", [1.0, 0.25, 0.0, 0.16, 0.0]),
        column("v", "m/s", [0.0, -4.5, 3.6, -1.0, 2.25]),
        column("resting", "", [0.0; 5]),
    ];
    let firing = |t, n| EventRecord { name: "bounce".into(), t, values: vec![("n".into(), n)] };
    TaskResult {
        doc: Some("Bouncing ball".into()),
        events: vec![firing(0.4515, 1.0), firing(1.174, 2.0)],
        notes: vec!["`tsit5` does not know the option `linear`".into()],
        ..solve("BouncingBall", columns)
    }
}

pub fn failed() -> TaskResult {
    TaskResult {
        number: 2,
        status: "step_too_small",
        error: Some(TaskError {
            code: "R0007".into(),
            message: "step size fell below 1e-14 at t = 3.207".into(),
            help: Some("try `rodas5p`".into()),
            t: Some(3.207),
            name: Some("y2".into()),
            line: Some(7),
        }),
        stats: Vec::new(),
        ..solve("Rober", vec![column("t", "", [0.0]), column("y2", "", [f64::NAN])])
    }
}

pub fn fit() -> TaskResult {
    let weights = Value::Array(vec![0.5, -1.5, f64::INFINITY]);
    let fit = FitResult {
        loss: 0.2709,
        initial_loss: 4324.598,
        parameters: vec![("α".into(), Value::Scalar(1.900569)), ("f".into(), weights)],
        iterations: 100,
        gradient: "adjoint".into(),
    };
    TaskResult { work: Work::Fit(fit), status: "converged", ..solve("LotkaVolterra", Vec::new()) }
}

pub fn sweep() -> TaskResult {
    let columns = vec![
        column("t", "", [1.0, 1.0, 1.0]),
        column("ρ", "", [0.0, 2.0, 1.0]),
        column("x", "", [0.5, 2.5, 1.5]),
    ];
    let work = Work::Sweep(SweepResult { members: 3, ..SweepResult::default() });
    TaskResult { number: 2, work, ..solve("Lorenz", columns) }
}
