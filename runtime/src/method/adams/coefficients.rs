//! The coefficients of one Adams step, from the sizes of the steps before it.
//!
//! With ψ_i(n) = h_n + … + h_{n−i+1} and the modified differences φ_i(n) = ψ_1(n) ⋯ ψ_{i−1}(n) f[n, …, n−i+1], the
//! polynomial through f at the last k points is P(t_n + θh) = Σ_{i≤k} c_i(θ) β_i φ_i(n), where
//! c_1 = 1, c_{i+1}(θ) = c_i(θ) (θh + ψ_{i−1}(n))/ψ_i(n+1), and β_1 = 1, β_{i+1} = β_i ψ_i(n+1)/ψ_i(n)
//! (Shampine and Gordon, Computer Solution of Ordinary Differential Equations (1975), chapter 5; Hairer, Nørsett and
//! Wanner, Solving ODEs I, III.5). Every factor of c_i is positive, so that nothing cancels for θ in [0, 1].

/// The highest order.
pub const MOST_ORDER: usize = 12;

/// The terms of a step of the highest order: one more is the corrector's.
const TERMS: usize = MOST_ORDER + 1;

/// What a step of one order needs.
pub struct Coefficients {
    /// β_1 … β_k; β_{k+1} is 1 where the last k + 1 steps had one size, and is not read elsewhere.
    pub β: [f64; TERMS],
    /// σ_1 … σ_{k+1}: σ_{i+1} = i! h^i / (ψ_1(n+1) ⋯ ψ_i(n+1)) scales an error to that of steps of one size.
    pub σ: [f64; TERMS],
    /// c_i(θ) = Σ_m `c[i − 1][m]` θ^m.
    c: [[f64; TERMS]; TERMS],
}

impl Coefficients {
    /// Of a step over `h` at order k, after steps over `sizes`, the last one first; k − 1 of them are read.
    pub fn new(k: usize, h: f64, sizes: &[f64]) -> Coefficients {
        let mut made = Coefficients { β: [1.0; TERMS], σ: [1.0; TERMS], c: [[0.0; TERMS]; TERMS] };
        made.c[0][0] = 1.0;
        // ψ_{i−1}(n), and with it ψ_i(n+1).
        let mut before = 0.0;
        for i in 1..=k {
            let ψ = h + before;
            for m in 0..i {
                let c = made.c[i - 1][m] / ψ;
                made.c[i][m] += c * before;
                made.c[i][m + 1] += c * h;
            }
            made.σ[i] = made.σ[i - 1] * (i as f64 * h / ψ);
            if i < k {
                before += sizes[i - 1];
                made.β[i] = made.β[i - 1] * (ψ / before);
            }
        }
        made
    }

    /// g_i(θ) = ∫_0^θ c_i, for i = 1 … k + 1.
    pub fn integrals(&self, k: usize, θ: f64) -> [f64; TERMS] {
        let mut g = [0.0; TERMS];
        for (i, g) in g.iter_mut().enumerate().take(k + 1) {
            *g = (0..=i).rev().fold(0.0, |sum, m| sum * θ + self.c[i][m] / (m + 1) as f64) * θ;
        }
        g
    }
}

/// |γ_i − γ_{i−1}| for i = 1, 2, …, where γ_i are the coefficients of the Adams–Bashforth methods of steps of one size: the
/// constants of the errors at orders 1, 2, …
pub const ERROR: [f64; MOST_ORDER + 1] = [
    0.5,
    0.08333333333333333,
    0.041666666666666664,
    0.02638888888888889,
    0.01875,
    0.014269179894179895,
    0.01136739417989418,
    0.009356536596119929,
    0.00789255401234568,
    0.006785849984634707,
    0.005924056412337663,
    0.005236693257950286,
    0.004677498407042265,
];

/// The predictor of order k with one corrector of order k + 1 is stable for h λ in (−`STABILITY[k − 1]`, 0), found from the
/// roots of its characteristic polynomial.
pub const STABILITY: [f64; MOST_ORDER] =
    [2.0, 2.4, 1.93, 1.41, 1.04, 0.77, 0.58, 0.44, 0.34, 0.26, 0.21, 0.06];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errors_constants_are_differences_of_those_of_steps_of_one_size() {
        let even = Coefficients::new(MOST_ORDER, 1.0, &[1.0; MOST_ORDER]);
        let γ = even.integrals(MOST_ORDER, 1.0);
        assert_eq!(γ[0], 1.0);
        for i in 1..=MOST_ORDER {
            let difference = (γ[i - 1] - γ[i]).abs();
            assert!((difference - ERROR[i - 1]).abs() < 1e-14, "{i}: {difference}");
            assert_eq!((even.β[i], even.σ[i]), (1.0, even.σ[1]));
        }
    }

    /// Of sizes that change by any factors, the polynomial through 1/(1 + t) at the last points is that of Newton.
    #[test]
    fn the_polynomial_passes_through_the_last_points() {
        let (k, h, sizes) = (5, 0.3, [0.1, 0.25, 0.2, 0.4, 0.0, 0.0]);
        let f = |t: f64| 1.0 / (2.0 + t);
        let mut points = vec![0.0];
        sizes[..k - 1].iter().for_each(|size| points.push(points[points.len() - 1] - size));
        // Divided differences, then φ_i.
        let mut table: Vec<f64> = points.iter().map(|&t| f(t)).collect();
        let mut φ = vec![table[0]];
        let mut product = 1.0;
        for i in 1..k {
            for j in 0..k - i {
                table[j] = (table[j] - table[j + 1]) / (points[j] - points[j + i]);
            }
            product *= points[0] - points[i];
            φ.push(product * table[0]);
        }
        let coefficients = Coefficients::new(k, h, &sizes);
        let value = |θ: f64| -> f64 {
            let power = |m: usize| θ.powi(m as i32);
            (0..k)
                .map(|i| {
                    let c: f64 = (0..=i).map(|m| coefficients.c[i][m] * power(m)).sum();
                    c * coefficients.β[i] * φ[i]
                })
                .sum()
        };
        for &t in &points {
            assert!((value(t / h) - f(t)).abs() < 1e-13, "{t}");
        }
    }
}
