//! Sums of scaled vectors, the inner loop of every Runge–Kutta method that is not compiled as a whole.

/// The most terms a sum may have; vern9's dense output needs 26.
const MOST: usize = 32;

/// A sum Σ w_i v_i in the making: terms of weight zero are left out.
pub struct Sum<'a> {
    weights: [f64; MOST],
    vectors: [&'a [f64]; MOST],
    terms: usize,
}

impl<'a> Sum<'a> {
    /// The empty sum.
    pub fn new() -> Sum<'a> {
        Sum { weights: [0.0; MOST], vectors: [&[]; MOST], terms: 0 }
    }

    /// Adds the term w v.
    pub fn add(&mut self, w: f64, v: &'a [f64]) {
        if w != 0.0 {
            self.weights[self.terms] = w;
            self.vectors[self.terms] = v;
            self.terms += 1;
        }
    }

    /// out = base + Σ w_i v_i.
    pub fn onto(&self, base: &[f64], out: &mut [f64]) {
        out.copy_from_slice(base);
        self.add_to(out);
    }

    /// out += Σ w_i v_i.
    pub fn add_to(&self, out: &mut [f64]) {
        let mut at = 0;
        while self.terms - at >= 4 {
            self.block::<4>(at, out);
            at += 4;
        }
        match self.terms - at {
            3 => self.block::<3>(at, out),
            2 => self.block::<2>(at, out),
            1 => self.block::<1>(at, out),
            _ => {}
        }
    }

    /// Adds the terms from `at` on, K of them in one pass.
    fn block<const K: usize>(&self, at: usize, out: &mut [f64]) {
        let n = out.len();
        let v: [&[f64]; K] = std::array::from_fn(|k| &self.vectors[at + k][..n]);
        let w: [f64; K] = std::array::from_fn(|k| self.weights[at + k]);
        for i in 0..n {
            let mut sum = 0.0;
            for k in 0..K {
                sum += w[k] * v[k][i];
            }
            out[i] += sum;
        }
    }
}
