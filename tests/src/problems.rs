//! Right-hand sides in plain Rust with known solutions, for the tests of methods.

use nde::dynamics::{Dynamics, Interval, SecondOrder};
use nde::linear::{Matrix, Pattern};
use nde::method::{Family, MethodInfo};

/// u1′ = p1 u1 cos t + u2²(1 + t)² − 1, u2′ = −p2 u2² + (u1 e^(−sin t) − 1) u2: for p = (1, 1) and u(0) = (1, 1) the
/// solution is (e^(sin t), 1/(1 + t)). Nonlinear, coupled and not autonomous, with exact derivatives.
pub struct Coupled {
    pub p: [f64; 2],
}

impl Coupled {
    pub const STANDARD: Coupled = Coupled { p: [1.0, 1.0] };

    pub fn exact(t: f64) -> [f64; 2] {
        [t.sin().exp(), 1.0 / (1.0 + t)]
    }

    /// The Jacobian, row by row.
    fn entries(&self, t: f64, u: &[f64]) -> [[f64; 2]; 2] {
        let (s, e) = ((1.0 + t).powi(2), (-t.sin()).exp());
        [[self.p[0] * t.cos(), 2.0 * u[1] * s], [e * u[1], -2.0 * self.p[1] * u[1] + u[0] * e - 1.0]]
    }
}

impl Dynamics for Coupled {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        du[0] = self.p[0] * u[0] * t.cos() + (u[1] * (1.0 + t)).powi(2) - 1.0;
        du[1] = -self.p[1] * u[1] * u[1] + (u[0] * (-t.sin()).exp() - 1.0) * u[1];
    }

    fn jacobian(&self, _: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        let j = self.entries(t, u);
        values.copy_from_slice(&[j[0][0], j[1][0], j[0][1], j[1][1]]);
    }

    fn time_derivative(&self, _: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        ft[0] = -self.p[0] * u[0] * t.sin() + 2.0 * u[1] * u[1] * (1.0 + t);
        ft[1] = -u[0] * t.cos() * (-t.sin()).exp() * u[1];
    }

    fn parameter_count(&self) -> usize {
        2
    }

    fn parameter_jvp(&self, _: &Interval, t: f64, u: &[f64], ṗ: &[f64], du: &mut [f64]) {
        du[0] += u[0] * t.cos() * ṗ[0];
        du[1] -= u[1] * u[1] * ṗ[1];
    }

    fn parameter_pullback(&self, _: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        p̄[0] += u[0] * t.cos() * λ[0];
        p̄[1] -= u[1] * u[1] * λ[1];
    }
}

/// x′ = v, v′ = p1 (cos²t − sin t) x + p2 (1 − x e^(−sin t)) x: for p = (1, 1), x(0) = 1 and v(0) = 1 the solution is
/// (e^(sin t), cos t e^(sin t)). Of second order, nonlinear and not autonomous, with exact derivatives.
pub struct Swing {
    p: [f64; 2],
    split: SecondOrder,
}

impl Swing {
    pub fn new(p: [f64; 2]) -> Swing {
        Swing { p, split: SecondOrder { pairs: vec![(0, 1)], ..SecondOrder::default() } }
    }

    pub fn exact(t: f64) -> [f64; 2] {
        [t.sin().exp(), t.cos() * t.sin().exp()]
    }

    /// What p1 and p2 multiply.
    fn terms(t: f64, x: f64) -> [f64; 2] {
        [(t.cos().powi(2) - t.sin()) * x, (1.0 - x * (-t.sin()).exp()) * x]
    }

    /// ∂a/∂x.
    fn slope(&self, t: f64, x: f64) -> f64 {
        self.p[0] * (t.cos().powi(2) - t.sin()) + self.p[1] * (1.0 - 2.0 * x * (-t.sin()).exp())
    }
}

impl Dynamics for Swing {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        let [first, second] = Swing::terms(t, u[0]);
        du[0] = u[1];
        du[1] = self.p[0] * first + self.p[1] * second;
    }

    fn jacobian(&self, _: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        values.copy_from_slice(&[0.0, self.slope(t, u[0]), 1.0, 0.0]);
    }

    fn parameter_count(&self) -> usize {
        2
    }

    fn parameter_jvp(&self, _: &Interval, t: f64, u: &[f64], ṗ: &[f64], du: &mut [f64]) {
        let [first, second] = Swing::terms(t, u[0]);
        du[1] += first * ṗ[0] + second * ṗ[1];
    }

    fn parameter_pullback(&self, _: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        let [first, second] = Swing::terms(t, u[0]);
        p̄[0] += first * λ[1];
        p̄[1] += second * λ[1];
    }

    fn second_order(&self) -> Option<&SecondOrder> {
        Some(&self.split)
    }
}

/// A problem of two unknowns and two parameters whose solution from (1, 1) at t = 0 is known for p = (1, 1).
pub struct Known {
    pub with: fn([f64; 2]) -> Box<dyn Dynamics>,
    pub exact: fn(f64) -> [f64; 2],
}

impl Known {
    /// One that the method can solve.
    pub fn of(method: &MethodInfo) -> Known {
        match method.family {
            Family::SecondOrder => Known { with: |p| Box::new(Swing::new(p)), exact: Swing::exact },
            _ => Known { with: |p| Box::new(Coupled { p }), exact: Coupled::exact },
        }
    }

    /// With p = (1, 1).
    pub fn standard(&self) -> Box<dyn Dynamics> {
        (self.with)([1.0, 1.0])
    }
}

/// Robertson's reaction as three equations, or with the third as the algebraic 0 = y1 + y2 + y3 − 1.
pub struct Robertson {
    pub mass: Option<Matrix>,
}

impl Robertson {
    pub fn equations() -> Robertson {
        Robertson { mass: None }
    }

    pub fn algebraic() -> Robertson {
        Robertson { mass: Some(Matrix::Diagonal(vec![1.0, 1.0, 0.0])) }
    }
}

impl Dynamics for Robertson {
    fn dim(&self) -> usize {
        3
    }

    fn rhs(&self, _: &Interval, _: f64, y: &[f64], dy: &mut [f64]) {
        let (a, b, c) = (0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]);
        dy[0] = b - a;
        dy[1] = a - b - c;
        dy[2] = if self.mass.is_some() { y[0] + y[1] + y[2] - 1.0 } else { c };
    }

    fn jacobian(&self, _: &Interval, _: f64, y: &[f64], values: &mut [f64]) {
        let last = if self.mass.is_some() { [1.0, 1.0, 1.0] } else { [0.0, 6e7 * y[1], 0.0] };
        values.copy_from_slice(&[
            -0.04,
            0.04,
            last[0],
            1e4 * y[2],
            -1e4 * y[2] - 6e7 * y[1],
            last[1],
            1e4 * y[1],
            -1e4 * y[1],
            last[2],
        ]);
    }

    fn time_derivative(&self, _: &Interval, _: f64, _: &[f64], ft: &mut [f64]) {
        ft.fill(0.0);
    }

    fn mass(&self) -> Option<&Matrix> {
        self.mass.as_ref()
    }

    fn algebraic(&self) -> &[bool] {
        if self.mass.is_some() { &[false, false, true] } else { &[] }
    }
}

/// The restricted three-body problem of Arenstorf's orbit, (x, y, x′, y′).
pub fn arenstorf(_: f64, u: &[f64], du: &mut [f64]) {
    let μ = 0.012277471;
    let ν = 1.0 - μ;
    let cubed = |r2: f64| r2 * r2.sqrt();
    let d1 = cubed((u[0] + μ).powi(2) + u[1] * u[1]);
    let d2 = cubed((u[0] - ν).powi(2) + u[1] * u[1]);
    du[0] = u[2];
    du[1] = u[3];
    du[2] = u[0] + 2.0 * u[3] - ν * (u[0] + μ) / d1 - μ * (u[0] - ν) / d2;
    du[3] = u[1] - 2.0 * u[2] - ν * u[1] / d1 - μ * u[1] / d2;
}

/// Lorenz's attractor.
pub fn lorenz(_: f64, u: &[f64], du: &mut [f64]) {
    du[0] = 10.0 * (u[1] - u[0]);
    du[1] = u[0] * (28.0 - u[2]) - u[1];
    du[2] = u[0] * u[1] - 8.0 / 3.0 * u[2];
}

/// The Pleiades: seven bodies of masses 1 to 7 in the plane, (x, y, x′, y′).
pub fn pleiades(_: f64, u: &[f64], du: &mut [f64]) {
    du[..14].copy_from_slice(&u[14..]);
    du[14..].fill(0.0);
    for i in 0..7 {
        for j in 0..i {
            let (x, y) = (u[j] - u[i], u[7 + j] - u[7 + i]);
            let r2 = x * x + y * y;
            let w = 1.0 / (r2 * r2.sqrt());
            let (mi, mj) = ((i + 1) as f64, (j + 1) as f64);
            du[14 + i] += mj * w * x;
            du[21 + i] += mj * w * y;
            du[14 + j] -= mi * w * x;
            du[21 + j] -= mi * w * y;
        }
    }
}

/// The Pleiades' places and velocities at t = 0.
pub const PLEIADES_START: [f64; 28] = [
    3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0, 3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.75,
    -1.5, 0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0,
];

/// Diffusion on a ring of n points, with the sparse Jacobian of three entries a column.
pub struct Ring {
    pub n: usize,
}

impl Ring {
    /// The cosine of one period round the ring, and the rate at which it decays.
    pub fn mode(&self) -> (Vec<f64>, f64) {
        let angle = std::f64::consts::TAU / self.n as f64;
        let rate = (self.n * self.n) as f64 * (2.0 - 2.0 * angle.cos());
        ((0..self.n).map(|i| (angle * i as f64).cos()).collect(), rate)
    }
}

impl Dynamics for Ring {
    fn dim(&self) -> usize {
        self.n
    }

    fn rhs(&self, _: &Interval, _: f64, u: &[f64], du: &mut [f64]) {
        let n = self.n;
        for i in 0..n {
            du[i] = (n * n) as f64 * (u[(i + n - 1) % n] - 2.0 * u[i] + u[(i + 1) % n]);
        }
    }

    fn pattern(&self) -> Pattern {
        let n = self.n;
        let mut rows = Vec::new();
        for j in 0..n {
            let mut column = [(j + n - 1) % n, j, (j + 1) % n];
            column.sort_unstable();
            rows.extend(column);
        }
        Pattern::Sparse { n, starts: (0..=n).map(|j| 3 * j).collect(), rows }
    }

    fn jacobian(&self, _: &Interval, _: f64, _: &[f64], values: &mut [f64]) {
        let w = (self.n * self.n) as f64;
        self.pattern().each(|slot, i, j| values[slot] = if i == j { -2.0 * w } else { w });
    }

    fn time_derivative(&self, _: &Interval, _: f64, _: &[f64], ft: &mut [f64]) {
        ft.fill(0.0);
    }
}
