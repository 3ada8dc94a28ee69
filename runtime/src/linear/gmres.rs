//! Restarted GMRES (Saad and Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856), preconditioned from the left so that what it
//! makes small is in the units of the unknowns: P⁻¹ (b − A x) is about the error of x, whatever the units of the rows are.
//!
//! It is measured as √(mean (s_i r_i)²) with weights s of the caller, and the basis is orthogonal in that measure: with
//! S = diag(s) the iteration works on S P⁻¹ A S⁻¹.

use super::sums::product;

/// The vectors of a basis, after which it begins anew from the residual.
const RESTART: usize = 30;

/// The iterations of one solve at most.
const MOST: u32 = 300;

/// A whole basis that leaves more than this part of the residual has stalled.
const STALLED: f64 = 0.9;

/// A vector that keeps less than this of its length was nearly in the basis: it is made orthogonal once more.
const CANCELLED: f64 = 0.1;

/// How many products with the matrix a solve took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Iterations(pub u32);

/// A solve that did not reach its tolerance; the solution is the best that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalled {
    pub iterations: u32,
    /// The weighted and preconditioned residual that remains.
    pub residual: f64,
}

/// When an iterative solve is good enough: √(mean (weights_i r_i)²) ≤ tolerance for r = P⁻¹ (b − A x).
#[derive(Clone, Copy)]
pub struct Goal<'a> {
    /// One for each unknown, positive.
    pub weights: &'a [f64],
    pub tolerance: f64,
}

/// The operators of a system A x = b, each from its first argument to its second.
pub trait Operator {
    /// y = A x.
    fn apply(&mut self, x: &[f64], y: &mut [f64]);

    /// x ← P⁻¹ x.
    fn precondition(&mut self, x: &mut [f64]);
}

/// The buffers of solves.
pub struct Gmres {
    n: usize,
    basis: Vec<f64>,
    /// The upper triangle R of the least-squares problem, by columns of RESTART + 1.
    r: Vec<f64>,
    rotations: [(f64, f64); RESTART],
    rest: [f64; RESTART + 1],
    b: Vec<f64>,
    z: Vec<f64>,
    x: Vec<f64>,
}

impl Gmres {
    /// Buffers for n unknowns.
    pub fn new(n: usize) -> Gmres {
        Gmres {
            n,
            basis: vec![0.0; n * (RESTART + 1)],
            r: vec![0.0; RESTART * (RESTART + 1)],
            rotations: [(0.0, 0.0); RESTART],
            rest: [0.0; RESTART + 1],
            b: vec![0.0; n],
            z: vec![0.0; n],
            x: vec![0.0; n],
        }
    }

    /// Solves A x = b in place, from zero; where P⁻¹ b is small already, it is the solution.
    ///
    /// # Errors
    /// The goal was not reached; `b` then has the best solution so far.
    pub fn solve(
        &mut self,
        a: &mut impl Operator,
        b: &mut [f64],
        goal: &Goal,
    ) -> Result<Iterations, Stalled> {
        let enough = goal.tolerance * (self.n as f64).sqrt();
        self.b.copy_from_slice(b);
        self.x.fill(0.0);
        a.precondition(b);
        self.basis[..self.n].copy_from_slice(b);
        let mut residual = self.weigh(goal);
        let mut iterations = 0;
        if residual <= enough {
            return Ok(Iterations(iterations));
        }
        loop {
            let columns = self.round(a, goal, residual, enough, &mut iterations);
            self.improve(goal, columns);
            // Where the last direction is one that A does not see, nothing is known of what remains.
            let pivot = self.r[(columns - 1) * (RESTART + 2)];
            if self.rest[columns].abs() <= enough && pivot != 0.0 {
                b.copy_from_slice(&self.x);
                return Ok(Iterations(iterations));
            }
            let before = residual;
            residual = self.residual(a, goal);
            let stalled = residual >= before || (columns == RESTART && residual > STALLED * before);
            if residual > enough && (stalled || iterations >= MOST) {
                b.copy_from_slice(&self.x);
                return Err(Stalled { iterations, residual: residual / (self.n as f64).sqrt() });
            }
        }
    }

    /// The first vector of the basis times the weights, and its length: infinite where a value is not a number.
    fn weigh(&mut self, goal: &Goal) -> f64 {
        let first = &mut self.basis[..self.n];
        for i in 0..first.len() {
            first[i] *= goal.weights[i];
        }
        let length = product(first, first).sqrt();
        if length.is_nan() { f64::INFINITY } else { length }
    }

    /// S P⁻¹ (b − A x) as the first vector of the basis, and its length.
    fn residual(&mut self, a: &mut impl Operator, goal: &Goal) -> f64 {
        let first = &mut self.basis[..self.n];
        a.apply(&self.x, first);
        for i in 0..first.len() {
            first[i] = self.b[i] - first[i];
        }
        a.precondition(first);
        self.weigh(goal)
    }

    /// Builds a basis from the residual in its first vector; how many columns R then has.
    fn round(
        &mut self,
        a: &mut impl Operator,
        goal: &Goal,
        residual: f64,
        enough: f64,
        iterations: &mut u32,
    ) -> usize {
        scale(&mut self.basis[..self.n], 1.0 / residual);
        self.rest.fill(0.0);
        self.rest[0] = residual;
        for k in 0..RESTART {
            *iterations += 1;
            self.extend(a, goal, k);
            self.rotate(k);
            if self.rest[k + 1].abs() <= enough || self.r[k + 1 + k * (RESTART + 1)] == 0.0 {
                return k + 1;
            }
        }
        RESTART
    }

    /// The vector k + 1 of the basis, and column k of the Hessenberg matrix in R.
    fn extend(&mut self, a: &mut impl Operator, goal: &Goal, k: usize) {
        let n = self.n;
        let (done, rest) = self.basis.split_at_mut((k + 1) * n);
        let (last, new) = (&done[k * n..], &mut rest[..n]);
        for i in 0..n {
            self.z[i] = last[i] / goal.weights[i];
        }
        a.apply(&self.z, new);
        a.precondition(new);
        for i in 0..n {
            new[i] *= goal.weights[i];
        }
        let column = &mut self.r[k * (RESTART + 1)..][..k + 2];
        column.fill(0.0);
        let mut length = product(new, new).sqrt();
        for _ in 0..2 {
            let before = length;
            let mut h = [0.0; RESTART];
            let (fours, rest) = done.split_at((k + 1) / 4 * 4 * n);
            for (four, h) in fours.chunks_exact(4 * n).zip(h.chunks_exact_mut(4)) {
                products(four, new, h);
            }
            for (v, h) in rest.chunks_exact(n).zip(&mut h[(k + 1) / 4 * 4..]) {
                *h = product(v, new);
            }
            for (four, h) in fours.chunks_exact(4 * n).zip(h.chunks_exact(4)) {
                subtract(four, h, new);
            }
            for (v, h) in rest.chunks_exact(n).zip(&h[(k + 1) / 4 * 4..]) {
                for i in 0..n {
                    new[i] -= h * v[i];
                }
            }
            let square = product(new, new);
            (0..=k).for_each(|j| column[j] += h[j]);
            length = square.sqrt();
            if length > CANCELLED * before {
                break;
            }
        }
        column[k + 1] = length;
        if length > 0.0 {
            scale(new, 1.0 / length);
        }
    }

    /// Givens rotations that keep R triangular.
    fn rotate(&mut self, k: usize) {
        let column = &mut self.r[k * (RESTART + 1)..][..k + 2];
        for j in 0..k {
            let ((c, s), (x, y)) = (self.rotations[j], (column[j], column[j + 1]));
            (column[j], column[j + 1]) = (c * x + s * y, c * y - s * x);
        }
        let length = column[k].hypot(column[k + 1]);
        let (c, s) = if length > 0.0 { (column[k] / length, column[k + 1] / length) } else { (1.0, 0.0) };
        self.rotations[k] = (c, s);
        column[k] = length;
        (self.rest[k], self.rest[k + 1]) = (c * self.rest[k], -s * self.rest[k]);
    }

    /// x += S⁻¹ V y with R y = rest.
    fn improve(&mut self, goal: &Goal, columns: usize) {
        let (n, height) = (self.n, RESTART + 1);
        self.z.fill(0.0);
        for k in (0..columns).rev() {
            let pivot = self.r[k + k * height];
            // A direction that A does not see adds nothing.
            let y = if pivot == 0.0 { 0.0 } else { self.rest[k] / pivot };
            for j in 0..k {
                self.rest[j] -= self.r[j + k * height] * y;
            }
            let v = &self.basis[k * n..][..n];
            for i in 0..n {
                self.z[i] += y * v[i];
            }
        }
        for i in 0..n {
            self.x[i] += self.z[i] / goal.weights[i];
        }
    }
}

/// The products of four vectors, one after the other in `v`, with x.
fn products(v: &[f64], x: &[f64], sums: &mut [f64]) {
    let n = x.len();
    let (a, b, c, d) = (&v[..n], &v[n..2 * n], &v[2 * n..3 * n], &v[3 * n..4 * n]);
    let (even, mut s) = (n / 2 * 2, [[0.0; 2]; 4]);
    let mut i = 0;
    while i < even {
        for m in 0..2 {
            s[0][m] += a[i + m] * x[i + m];
            s[1][m] += b[i + m] * x[i + m];
            s[2][m] += c[i + m] * x[i + m];
            s[3][m] += d[i + m] * x[i + m];
        }
        i += 2;
    }
    for j in 0..4 {
        let last = if even < n { v[j * n + even] * x[even] } else { 0.0 };
        sums[j] = s[j][0] + s[j][1] + last;
    }
}

/// x −= Σ h_j v_j over four vectors, one after the other in `v`.
fn subtract(v: &[f64], h: &[f64], x: &mut [f64]) {
    let n = x.len();
    let (a, b, c, d) = (&v[..n], &v[n..2 * n], &v[2 * n..3 * n], &v[3 * n..4 * n]);
    for i in 0..n {
        x[i] -= (h[0] * a[i] + h[1] * b[i]) + (h[2] * c[i] + h[3] * d[i]);
    }
}

fn scale(v: &mut [f64], a: f64) {
    for i in 0..v.len() {
        v[i] *= a;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dense operator without structure, preconditioned by its diagonal.
    struct Dense {
        n: usize,
        diagonal: f64,
    }

    impl Dense {
        fn entry(&self, i: usize, j: usize) -> f64 {
            let beside = (1.7 * (i * i) as f64 + 3.1 * j as f64).sin();
            if i == j { self.diagonal + i as f64 } else { beside }
        }
    }

    impl Operator for Dense {
        fn apply(&mut self, x: &[f64], y: &mut [f64]) {
            (0..self.n).for_each(|i| y[i] = (0..self.n).map(|j| self.entry(i, j) * x[j]).sum());
        }

        fn precondition(&mut self, x: &mut [f64]) {
            (0..self.n).for_each(|i| x[i] /= self.diagonal + i as f64);
        }
    }

    fn solve(n: usize, diagonal: f64, tolerance: f64) -> (Result<Iterations, Stalled>, f64) {
        let mut a = Dense { n, diagonal };
        let b: Vec<f64> = (0..n).map(|i| 1.0 + (i as f64).cos()).collect();
        let weights: Vec<f64> = (0..n).map(|i| 10f64.powi(i as i32 % 5)).collect();
        let mut x = b.clone();
        let result = Gmres::new(n).solve(&mut a, &mut x, &Goal { weights: &weights, tolerance });
        let mut product = vec![0.0; n];
        a.apply(&x, &mut product);
        let mut rest: Vec<f64> = (0..n).map(|i| b[i] - product[i]).collect();
        a.precondition(&mut rest);
        let square: f64 = (0..n).map(|i| (weights[i] * rest[i]).powi(2)).sum();
        (result, (square / n as f64).sqrt())
    }

    #[test]
    fn the_weighted_residual_reaches_its_tolerance() {
        for (n, diagonal) in [(1, 3.0), (7, 10.0), (100, 60.0), (200, 150.0)] {
            for tolerance in [1.0, 1e-3, 1e-9] {
                let (result, residual) = solve(n, diagonal, tolerance);
                assert!(
                    result.unwrap().0 <= 100 && residual <= 1.001 * tolerance,
                    "{n} {tolerance} {residual:e}"
                );
            }
        }
        assert_eq!(solve(20, 30.0, 1e9).0, Ok(Iterations(0)));
    }

    /// Moves every unknown on by one, around: no basis of fewer vectors than unknowns comes any nearer.
    struct Around;

    impl Operator for Around {
        fn apply(&mut self, x: &[f64], y: &mut [f64]) {
            (0..x.len()).for_each(|i| y[(i + 1) % x.len()] = x[i]);
        }

        fn precondition(&mut self, _: &mut [f64]) {}
    }

    #[test]
    fn a_system_that_is_too_hard_stalls() {
        let n = 300;
        let goal = Goal { weights: &vec![1.0; n], tolerance: 1e-9 };
        let mut b = vec![0.0; n];
        b[0] = 1.0;
        let stalled = Gmres::new(n).solve(&mut Around, &mut b, &goal).unwrap_err();
        assert_eq!(stalled.iterations, RESTART as u32);
        assert!((stalled.residual - (1.0 / n as f64).sqrt()).abs() < 1e-12);
        b.fill(f64::NAN);
        assert!(Gmres::new(n).solve(&mut Around, &mut b, &goal).is_err());
    }
}
