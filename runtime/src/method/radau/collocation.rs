//! A collocation method in the form that its stages are solved in, and its polynomial.
//!
//! With p the polynomial of degree s that is 0 at 0 and Z_i at the nodes c_i, the stages are h f(t + c_i h, u + Z_i) = M p′(c_i),
//! and p′(c_i) = (A⁻¹ Z)_i. T⁻¹ A⁻¹ T = Λ is block diagonal: γ, then [[α, −β], [β, α]] for each pair α ± iβ.

/// A method of S stages.
pub struct Collocation<const S: usize> {
    /// The nodes; the last one is 1.
    pub c: [f64; S],
    /// 1/(c_i Π_{k≠i} (c_i − c_k)).
    pub scales: [f64; S],
    /// The real eigenvalue of A⁻¹.
    pub γ: f64,
    /// Its complex eigenvalues α + iβ, one of each pair.
    pub pairs: &'static [(f64, f64)],
    /// T, row by row.
    pub t: [[f64; S]; S],
    /// T⁻¹.
    pub inverse: [[f64; S]; S],
    /// The weights of Z_i in the last four coefficients of p before Legendre polynomials on [0, 1].
    pub last: [[f64; S]; 4],
}

impl<const S: usize> Collocation<S> {
    /// The weights of Z_i in p(θ): L_i(θ) = θ Π_{k≠i} (θ − c_k) / (c_i Π_{k≠i} (c_i − c_k)).
    pub fn weights(&self, θ: f64) -> [f64; S] {
        // The products of the factors before and after each one: θ may be a node.
        let mut weights = [θ; S];
        let (mut before, mut after) = (1.0, 1.0);
        for i in 0..S {
            weights[i] *= before * self.scales[i];
            before *= θ - self.c[i];
        }
        for i in (0..S).rev() {
            weights[i] *= after;
            after *= θ - self.c[i];
        }
        weights
    }

    /// The weights of Z_i in p′(0), L_i′(0).
    pub fn slopes(&self) -> [f64; S] {
        let mut slopes = self.scales;
        for i in 0..S {
            for k in (0..S).filter(|&k| k != i) {
                slopes[i] *= -self.c[k];
            }
        }
        slopes
    }

    /// Λ w.
    #[inline(always)]
    pub fn scaled(&self, w: &[f64; S]) -> [f64; S] {
        let mut y = [self.γ * w[0]; S];
        for (k, &(α, β)) in self.pairs.iter().enumerate() {
            let (re, im) = (w[2 * k + 1], w[2 * k + 2]);
            (y[2 * k + 1], y[2 * k + 2]) = (α * re - β * im, β * re + α * im);
        }
        y
    }

    /// Λᵀ w.
    #[inline(always)]
    pub fn scaled_transposed(&self, w: &[f64; S]) -> [f64; S] {
        let mut y = [self.γ * w[0]; S];
        for (k, &(α, β)) in self.pairs.iter().enumerate() {
            let (re, im) = (w[2 * k + 1], w[2 * k + 2]);
            (y[2 * k + 1], y[2 * k + 2]) = (α * re + β * im, α * im - β * re);
        }
        y
    }
}

/// m x.
#[inline(always)]
pub fn product<const S: usize>(m: &[[f64; S]; S], x: &[f64; S]) -> [f64; S] {
    let mut y = [0.0; S];
    for i in 0..S {
        for j in 0..S {
            y[i] += m[i][j] * x[j];
        }
    }
    y
}

/// mᵀ x.
#[inline(always)]
pub fn transposed_product<const S: usize>(m: &[[f64; S]; S], x: &[f64; S]) -> [f64; S] {
    let mut y = [0.0; S];
    for j in 0..S {
        for i in 0..S {
            y[i] += m[j][i] * x[j];
        }
    }
    y
}

/// The entries c of S vectors of n that lie one after the other.
#[inline(always)]
pub fn gather<const S: usize>(x: &[f64], n: usize, c: usize) -> [f64; S] {
    let mut y = [0.0; S];
    for i in 0..S {
        y[i] = x[i * n + c];
    }
    y
}

/// Writes the entries c of S vectors.
#[inline(always)]
pub fn scatter<const S: usize>(y: [f64; S], x: &mut [f64], n: usize, c: usize) {
    for i in 0..S {
        x[i * n + c] = y[i];
    }
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use super::super::coefficients::{RADAU5, RADAU9, RADAU13};
    use super::*;

    /// A⁻¹ = T Λ T⁻¹ takes the values of a polynomial without a constant term to those of its derivative, and A back (C(s));
    /// the last row of A integrates polynomials of degree 2s − 2 (B(2s − 1)); the nodes are the roots that define the method. T
    /// magnifies its rounding up to a thousand times.
    fn check<const S: usize>(method: &Collocation<S>) {
        let unit: [[f64; S]; S] = from_fn(|i| product(&method.inverse, &from_fn(|k| method.t[k][i])));
        let identity = |i, j| if i == j { 1.0 } else { 0.0 };
        (0..S).for_each(|i| (0..S).for_each(|j| assert!((unit[i][j] - identity(i, j)).abs() < 1e-13)));
        let derivative =
            |values: [f64; S]| product(&method.t, &method.scaled(&product(&method.inverse, &values)));
        for k in 1..=S as i32 {
            let found = derivative(method.c.map(|c| c.powi(k)));
            for i in 0..S {
                let exact = f64::from(k) * method.c[i].powi(k - 1);
                assert!((found[i] - exact).abs() < 1e-11, "A⁻¹ c^{k}: {} {exact}", found[i]);
            }
        }
        for k in 1..2 * S as i32 {
            let values = integral(method, method.c.map(|c| c.powi(k - 1)));
            assert!((values[S - 1] - 1.0 / f64::from(k)).abs() < 1e-13, "Σ b c^{}: {}", k - 1, values[S - 1]);
            for i in (0..S).filter(|_| k <= S as i32) {
                assert!((values[i] - method.c[i].powi(k) / f64::from(k)).abs() < 1e-13);
            }
        }
        let beyond = integral(method, method.c.map(|c| c.powi(2 * S as i32 - 1)))[S - 1];
        assert!((beyond - 0.5 / S as f64).abs() > 1e-9);
        for c in method.c {
            assert!((legendre(S, 2.0 * c - 1.0) - legendre(S - 1, 2.0 * c - 1.0)).abs() < 1e-14);
        }
    }

    /// A values, by Λ⁻¹.
    fn integral<const S: usize>(method: &Collocation<S>, values: [f64; S]) -> [f64; S] {
        let w = product(&method.inverse, &values);
        let mut y = [w[0] / method.γ; S];
        for (k, &(α, β)) in method.pairs.iter().enumerate() {
            let (re, im, size) = (w[2 * k + 1], w[2 * k + 2], α * α + β * β);
            (y[2 * k + 1], y[2 * k + 2]) = ((α * re + β * im) / size, (α * im - β * re) / size);
        }
        product(&method.t, &y)
    }

    fn legendre(n: usize, x: f64) -> f64 {
        let (mut before, mut this) = (1.0, x);
        for k in 1..n {
            let k = k as f64;
            (before, this) = (this, ((2.0 * k + 1.0) * x * this - k * before) / (k + 1.0));
        }
        this
    }

    #[test]
    fn the_methods_are_radau_iia() {
        check(&RADAU5);
        check(&RADAU9);
        check(&RADAU13);
    }

    #[test]
    fn the_polynomial_goes_through_its_values() {
        for i in 0..5 {
            let weights = RADAU9.weights(RADAU9.c[i]);
            (0..5).for_each(|j| assert!((weights[j] - if i == j { 1.0 } else { 0.0 }).abs() < 1e-12));
        }
        let (values, weights) = (RADAU9.c.map(|c| c * (2.0 - c).powi(4)), RADAU9.weights(1.7));
        let read: f64 = (0..5).map(|i| weights[i] * values[i]).sum();
        assert!((read - 1.7 * 0.3_f64.powi(4)).abs() < 1e-11);
        let slope: f64 = (0..5).map(|i| RADAU9.slopes()[i] * values[i]).sum();
        assert!((slope - 16.0).abs() < 1e-11);
        // Polynomials of degree 2 to 5 without their constants.
        let legendre: [fn(f64) -> f64; 4] = [
            |x| (6.0 * x - 6.0) * x,
            |x| ((20.0 * x - 30.0) * x + 12.0) * x,
            |x| (((70.0 * x - 140.0) * x + 90.0) * x - 20.0) * x,
            |x| ((((252.0 * x - 630.0) * x + 560.0) * x - 210.0) * x + 30.0) * x,
        ];
        for (k, polynomial) in legendre.iter().enumerate() {
            for (l, weights) in RADAU9.last.iter().enumerate() {
                let read: f64 = (0..5).map(|i| weights[i] * polynomial(RADAU9.c[i])).sum();
                assert!((read - if k == l { 1.0 } else { 0.0 }).abs() < 1e-12, "{k} {l} {read}");
            }
        }
    }
}
