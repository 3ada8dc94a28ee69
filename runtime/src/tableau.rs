//! The shapes of the coefficient tables that the Runge–Kutta and Rosenbrock engines read.

/// An explicit Runge–Kutta method: g_i = u + h Σ_{j<i} a_ij k_j, k_i = f(t + c_i h, g_i).
///
/// Every table is written "first same as last": row S of a is b, so that g_S is the new point and k_S the first stage
/// of the next step. Rows after it are stages that the dense output alone reads.
pub struct Tableau {
    pub name: &'static str,
    pub order: u32,
    /// S, the stages of a step, the one at the new point included.
    pub stages: usize,
    /// Rows 2, 3, … of a; row i has i − 1 entries.
    pub a: &'static [&'static [f64]],
    /// c_i = Σ_j a_ij, one for each stage.
    pub c: &'static [f64],
    pub error: Estimate,
    /// The weights b_i(θ) of k_i in u(t + θh) = u + h Σ b_i(θ) k_i.
    pub dense: Interpolant,
    /// The method is stable for h λ in (−real_stability, 0).
    pub real_stability: f64,
}

impl Tableau {
    /// The weights b of the step.
    pub fn b(&self) -> &'static [f64] {
        self.a[self.stages - 2]
    }

    /// The stages of a step and of its dense output together.
    pub fn total(&self) -> usize {
        self.a.len() + 1
    }

    /// The k for which the error estimate is O(h^k).
    pub fn error_order(&self) -> u32 {
        match self.error {
            Estimate::None => self.order,
            Estimate::Embedded { order, .. } | Estimate::Combined { order, .. } => order,
        }
    }

    /// Whether the estimate needs the stage at the new point, which is then computed before the step is judged.
    pub fn estimate_reads_last(&self) -> bool {
        match self.error {
            Estimate::Embedded { weights, .. } => weights[self.stages - 1] != 0.0,
            _ => false,
        }
    }
}

/// How a step's error is estimated from its stages; each weight list has S entries.
pub enum Estimate {
    /// Not at all: such a method runs with fixed steps.
    None,
    /// e = h Σ w_i k_i, of size O(h^order).
    Embedded { order: u32, weights: &'static [f64] },
    /// Hairer's for dop853: |h| ‖e5‖² / √(‖e5‖² + 0.01 ‖e3‖²).
    Combined { order: u32, fifth: &'static [f64], third: &'static [f64] },
}

/// Polynomials w_i(θ) = Σ_j weights[i][j] θ^(j+1), one for each stage.
pub struct Interpolant {
    /// The interpolation error within a step is O(h^(order + 1)).
    pub order: u32,
    pub weights: &'static [&'static [f64]],
}

/// The most stages a dense output may read; vern9's reads 26.
const MOST_STAGES: usize = 32;

impl Interpolant {
    /// w_i(θ) for all stages at once, followed by zeros.
    pub fn weights_at(&self, θ: f64) -> [f64; MOST_STAGES] {
        let mut weights = [0.0; MOST_STAGES];
        (0..self.weights.len()).for_each(|i| weights[i] = self.weight(i, θ));
        weights
    }

    /// w_i(θ).
    pub fn weight(&self, i: usize, θ: f64) -> f64 {
        θ * self.weights[i].iter().rev().fold(0.0, |sum, w| sum * θ + w)
    }
}

/// A Rosenbrock method in the variables U_i of Hairer and Wanner (Solving ODEs II, IV.7, eq. 7.25):
///
/// (M/(γh) − J) U_i = f(t + α_i h, u + Σ a_ij U_j) + M Σ (c_ij/h) U_j + h d_i ∂f/∂t, u1 = u + Σ m_i U_i.
pub struct Linear {
    pub name: &'static str,
    pub order: u32,
    /// The k for which Σ e_i U_i is O(h^k).
    pub error_order: u32,
    pub gamma: f64,
    /// Rows 2, 3, … of a and of c; row i has i − 1 entries.
    pub a: &'static [&'static [f64]],
    pub c: &'static [&'static [f64]],
    pub alpha: &'static [f64],
    pub d: &'static [f64],
    pub m: &'static [f64],
    pub error: &'static [f64],
    /// How often the estimate is counted: the errors of steps add up where nothing damps them, as in oscillations, and the global
    /// error of such problems is to stay within some ten times the tolerance.
    pub margin: f64,
    /// The weights p_i(θ) of U_i in u(t + θh) = u + Σ p_i(θ) U_i.
    pub dense: Interpolant,
}

/// A diagonally implicit Runge–Kutta method with an explicit first stage, one γ on the diagonal, and b as its last row:
///
/// M z_i = h f(t + c_i h, g_i), g_i = u + Σ_{j<i} a_ij z_j + γ z_i, u1 = g_s, with z_1 the last stage of the step before.
pub struct Diagonal {
    pub name: &'static str,
    pub order: u32,
    /// The k for which Σ e_i z_i is O(h^k).
    pub error_order: u32,
    pub gamma: f64,
    /// Rows 2, 3, … of a below the diagonal; row i has i − 1 entries.
    pub a: &'static [&'static [f64]],
    /// One time for each stage.
    pub c: &'static [f64],
    /// The weights e_i = b_i − b̂_i of the error estimate.
    pub error: &'static [f64],
    pub filter: Filter,
    /// Rows 2, 3, …: the weights of earlier stages z_j in the value that Newton's iteration for z_i begins with.
    pub predictor: &'static [&'static [f64]],
    /// The weights b_i(θ) of z_i in u(t + θh) = u + Σ b_i(θ) z_i.
    pub dense: Interpolant,
    /// Rows 2, 3, … of the explicit method that advances the rest of f beside the stiff part; it has the same b and c.
    pub explicit: Option<&'static [&'static [f64]]>,
}

/// What becomes of an error estimate e before it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Nothing: the embedded method is stable at infinity too, and a filter would hide the errors of stiff components.
    None,
    /// (I − hγJ)⁻¹ e, for an embedded method that exaggerates stiff components.
    Resolvent,
}

impl Diagonal {
    /// s, the stages of a step.
    pub fn stages(&self) -> usize {
        self.c.len()
    }

    /// The weight b_i, i counted from 0.
    pub fn b(&self, i: usize) -> f64 {
        let last = self.a[self.a.len() - 1];
        last.get(i).copied().unwrap_or(self.gamma)
    }
}

/// A symmetric composition of Störmer–Verlet steps for x′ = v, v′ = a(t, x): one of size w_i h after the other.
pub struct Composition {
    pub name: &'static str,
    pub order: u32,
    /// Their sum is 1.
    pub weights: &'static [f64],
}

/// An explicit Runge–Kutta–Nyström method for x′ = v, v′ = a(t, x):
///
/// x_i = x + c_i h v + h² Σ_{j<i} a_ij k_j, k_i = a(t + c_i h, x_i), v1 = v + h Σ b_i k_i; the last row of a gives x1, so that the
/// last stage is the first one of the next step.
pub struct Nystrom {
    pub name: &'static str,
    pub order: u32,
    /// The k for which both error estimates are O(h^k).
    pub error_order: u32,
    /// Rows 2, 3, … of a; row i has i − 1 entries.
    pub a: &'static [&'static [f64]],
    pub c: &'static [f64],
    /// Those of the velocity.
    pub b: &'static [f64],
    /// The errors are h² Σ e_i k_i and h Σ ė_i k_i.
    pub error_place: &'static [f64],
    pub error_velocity: &'static [f64],
    /// x(t + θh) = x + θhv + h² Σ_i θ² Σ_m `dense_place[i][m]` θ^m k_i.
    pub dense_order: u32,
    pub dense_place: &'static [&'static [f64]],
    /// v(t + θh) = v + θh k_1 + h Σ_i θ² Σ_m `dense_velocity[i][m]` θ^m k_i.
    pub dense_velocity: &'static [&'static [f64]],
}
