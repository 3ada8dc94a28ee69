//! The work that an accuracy needs, between the points that were measured.

/// One solve: its tolerance, its error, and its least time.
#[derive(Clone, Copy)]
pub struct Point {
    pub rtol: f64,
    pub error: f64,
    pub seconds: f64,
}

/// What a contestant did on one problem.
pub struct Curve {
    pub name: String,
    pub points: Vec<Point>,
}

impl Curve {
    /// The least time of an error of at most `accuracy`: of the points below it, and of the line, in logarithms, from one
    /// below to the next above it.
    pub fn time_at(&self, accuracy: f64) -> Option<f64> {
        let mut points = self.points.clone();
        points.sort_by(|a, b| a.error.total_cmp(&b.error));
        let reached = points.iter().filter(|p| p.error <= accuracy).map(|p| p.seconds);
        let between = points.windows(2).filter(|pair| pair[0].error <= accuracy && accuracy < pair[1].error);
        let on_line = between.map(|pair| {
            let log = |of: fn(&Point) -> f64| [of(&pair[0]).ln(), of(&pair[1]).ln()];
            let (x, y) = (log(|p| p.error.max(f64::MIN_POSITIVE)), log(|p| p.seconds));
            (y[0] + (y[1] - y[0]) * (accuracy.ln() - x[0]) / (x[1] - x[0])).exp()
        });
        reached.chain(on_line).min_by(f64::total_cmp)
    }
}

/// The fastest of some curves at an accuracy, and its time.
pub fn best<'c>(curves: impl Iterator<Item = &'c Curve>, accuracy: f64) -> Option<(&'c str, f64)> {
    let times = curves.filter_map(|curve| Some((curve.name.as_str(), curve.time_at(accuracy)?)));
    times.min_by(|a, b| a.1.total_cmp(&b.1))
}
