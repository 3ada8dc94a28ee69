//! The history of a backward differentiation formula: backward differences D_j = ∇^j u at equal spacing, in the memory z.
//!
//! z = (D_0 = u, D_1 … D_7, order of the next step, spacing h_D, steps since either changed, order of the last step). A step
//! of another size first takes the differences of the same polynomial at its own spacing: D′ = T(h/h_D) D, where T is R(ρ) U of
//! L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1–22, section 2.3.

/// The highest order.
pub const MOST_ORDER: usize = 5;

/// D_0 … D_{k+2} at the highest order.
const COLUMNS: usize = MOST_ORDER + 3;

/// The places of the scalars behind the differences.
const ORDER: usize = 0;
const SPACING: usize = 1;
const EQUAL: usize = 2;
const USED: usize = 3;
const SCALARS: usize = 4;

/// γ_j = Σ_{i=1..j} 1/i, the weights of the differences in h u′.
pub const GAMMA: [f64; MOST_ORDER + 1] = [0.0, 1.0, 1.0 + 1.0 / 2.0, 11.0 / 6.0, 25.0 / 12.0, 137.0 / 60.0];

/// κ_k, by which the numerical differentiation formulas differ from the backward ones.
const KAPPA: [f64; MOST_ORDER + 1] = [0.0, -0.1850, -1.0 / 9.0, -0.0823, -0.0415, 0.0];

/// α_k = (1 − κ_k) γ_k: the formula is M (Σ γ_j D_j + α_k d) = h f for the correction d of the predicted value.
pub fn alpha(k: usize) -> f64 {
    (1.0 - KAPPA[k]) * GAMMA[k]
}

/// The error of a step of order k in units of D_{k+1}, which is d: κ_k γ_k + 1/(k + 1).
pub fn error_constant(k: usize) -> f64 {
    KAPPA[k] * GAMMA[k] + 1.0 / (k + 1) as f64
}

/// The length of z for n unknowns.
pub fn memory(n: usize) -> usize {
    COLUMNS * n + SCALARS
}

/// What z says beside its differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Past {
    /// The order of the next step.
    pub order: usize,
    /// The signed spacing h_D.
    pub spacing: f64,
    /// The steps since the order or the spacing changed.
    pub equal: u32,
    /// The order of the step that led here; 0 after a start.
    pub used: usize,
}

impl Past {
    /// Of a memory of n unknowns.
    pub fn of(n: usize, z: &[f64]) -> Past {
        let s = &z[COLUMNS * n..];
        Past { order: s[ORDER] as usize, spacing: s[SPACING], equal: s[EQUAL] as u32, used: s[USED] as usize }
    }

    pub fn store(self, n: usize, z: &mut [f64]) {
        let s = &mut z[COLUMNS * n..];
        s[ORDER] = self.order as f64;
        s[SPACING] = self.spacing;
        s[EQUAL] = f64::from(self.equal);
        s[USED] = self.used as f64;
    }
}

/// D_j of a memory of n unknowns.
pub fn column(n: usize, z: &[f64], j: usize) -> &[f64] {
    &z[j * n..(j + 1) * n]
}

/// T(ρ): the differences 1 to k at ρ times the spacing, as rows over those at the old one.
pub type Spacing = [[f64; MOST_ORDER]; MOST_ORDER];

/// T(ρ) for order k. It is triangular: a difference holds those of its own and of higher orders.
pub fn respaced(k: usize, ρ: f64) -> Spacing {
    let mut rows = [[0.0; MOST_ORDER]; MOST_ORDER];
    for (l, row) in rows.iter_mut().enumerate().take(k) {
        // D′_l = Σ_j (−1)^j C(l, j) p(−jρ), with p(−jρ) = Σ_i D_i Π_{m=1..i} (m − 1 − jρ)/m.
        let l = l + 1;
        let mut sign_binomial = 1.0;
        for j in 1..=l {
            sign_binomial *= -((l + 1 - j) as f64) / j as f64;
            let mut r = sign_binomial;
            for i in 1..=k {
                r *= ((i - 1) as f64 - ρ * j as f64) / i as f64;
                if i >= l {
                    row[i - 1] += r;
                }
            }
        }
    }
    rows
}

/// Writes D′_1 … D′_K into `next`, y⁰ = u + Σ D′_j, and g = Σ γ_j D′_j / h.
pub fn predict(
    k: usize,
    spacing: Option<&Spacing>,
    h: f64,
    z: &[f64],
    next: &mut [f64],
    y0: &mut [f64],
    g: &mut [f64],
) {
    match k {
        1 => predict_of::<1>(spacing, h, z, next, y0, g),
        2 => predict_of::<2>(spacing, h, z, next, y0, g),
        3 => predict_of::<3>(spacing, h, z, next, y0, g),
        4 => predict_of::<4>(spacing, h, z, next, y0, g),
        _ => predict_of::<MOST_ORDER>(spacing, h, z, next, y0, g),
    }
}

fn predict_of<const K: usize>(
    spacing: Option<&Spacing>,
    h: f64,
    z: &[f64],
    next: &mut [f64],
    y0: &mut [f64],
    g: &mut [f64],
) {
    let n = y0.len();
    let (u, old) = (&z[..n], &z[n..(K + 1) * n]);
    let (next, g) = (&mut next[n..(K + 1) * n], &mut g[..n]);
    let mut weights = [0.0; K];
    (0..K).for_each(|j| weights[j] = GAMMA[j + 1] / h);
    for i in 0..n {
        let mut d = [0.0; K];
        for j in 0..K {
            d[j] = old[j * n + i];
        }
        if let Some(rows) = spacing {
            for l in 0..K {
                let mut sum = 0.0;
                for j in l..K {
                    sum += rows[l][j] * d[j];
                }
                d[l] = sum;
            }
        }
        let (mut sum, mut slope) = (0.0, 0.0);
        for j in (0..K).rev() {
            sum += d[j];
            slope += weights[j] * d[j];
            next[j * n + i] = d[j];
        }
        y0[i] = u[i] + sum;
        g[i] = slope;
    }
}

/// From D′_1 … D′_k and the correction d in column k + 1 of `next`: the differences at the new point.
pub fn update(n: usize, k: usize, z: &[f64], next: &mut [f64]) {
    match k {
        1 => update_of::<1>(n, z, next),
        2 => update_of::<2>(n, z, next),
        3 => update_of::<3>(n, z, next),
        4 => update_of::<4>(n, z, next),
        _ => update_of::<MOST_ORDER>(n, z, next),
    }
}

fn update_of<const K: usize>(n: usize, z: &[f64], next: &mut [f64]) {
    let (u, before) = (&z[..n], column(n, z, K + 1));
    let next = &mut next[..COLUMNS * n];
    for i in 0..n {
        let mut sum = next[(K + 1) * n + i];
        next[(K + 2) * n + i] = sum - before[i];
        for j in (1..=K).rev() {
            sum += next[j * n + i];
            next[j * n + i] = sum;
        }
        next[i] = u[i] + sum;
    }
    // What no step of this order reads is nothing: the memory is a function of the one before.
    next[(K + 3) * n..].fill(0.0);
}

/// The weight of D_j in the polynomial through the new point and those before it, at t + θh: Π_{i=0..j−1} (θ − 1 + i)/(i + 1).
pub fn dense_weights(k: usize, θ: f64) -> [f64; MOST_ORDER + 1] {
    let mut weights = [1.0; MOST_ORDER + 1];
    for j in 1..=k {
        weights[j] = weights[j - 1] * (θ - 1.0 + (j - 1) as f64) / j as f64;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The differences 0 to k of values at equal spacing, the last one first.
    fn differences(mut values: Vec<f64>) -> Vec<f64> {
        let mut found = Vec::new();
        while !values.is_empty() {
            found.push(values[0]);
            values = values.windows(2).map(|pair| pair[0] - pair[1]).collect();
        }
        found
    }

    /// A polynomial of degree 5.
    fn p(t: f64) -> f64 {
        (((0.3 * t - 1.0) * t + 0.7) * t + 2.0) * t * t - t + 4.0
    }

    #[test]
    fn differences_at_another_spacing_are_those_of_the_same_polynomial() {
        for (ρ, tiny) in [(0.37, 1e-13), (1.0, 1e-14), (2.5, 1e-10)] {
            let at = |h: f64| differences((0..=5).map(|j| p(1.0 - h * f64::from(j))).collect());
            let (old, new, rows) = (at(0.2), at(0.2 * ρ), respaced(5, ρ));
            for l in 1..=5 {
                let found: f64 = (1..=5).map(|i| rows[l - 1][i - 1] * old[i]).sum();
                assert!((found - new[l]).abs() < tiny, "D_{l} at {ρ}: {found} {}", new[l]);
            }
        }
    }

    #[test]
    fn a_polynomial_is_predicted_and_read_back() {
        let h = 0.2;
        let mut z = differences((0..=5).map(|j| p(1.0 - h * f64::from(j))).collect());
        z.resize(memory(1), 0.0);
        let (mut next, mut y0, mut g) = (z.clone(), [0.0], [0.0]);
        predict(5, None, h, &z, &mut next, &mut y0, &mut g);
        assert!((y0[0] - p(1.0 + h)).abs() < 1e-13);
        next[6] = 0.0;
        update(1, 5, &z, &mut next);
        let expected = differences((0..=5).map(|j| p(1.0 + h - h * f64::from(j))).collect());
        (0..=5).for_each(|j| assert!((next[j] - expected[j]).abs() < 1e-13));
        for θ in [0.0, 0.3, 1.0] {
            let weights = dense_weights(5, θ);
            let u: f64 = (0..=5).map(|j| weights[j] * next[j]).sum();
            assert!((u - p(1.0 + θ * h)).abs() < 1e-13);
        }
    }
}
