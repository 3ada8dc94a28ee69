//! Sums of scaled vectors, the inner loop of every Runge–Kutta method that is not compiled as a whole.

/// Vectors of more entries than this are summed by [`add_terms`].
pub const SHORT: usize = 8;

/// out += c Σ w_j v_j for the vectors v_j that lie one after the other in `vectors`; there may be more than weights.
pub fn add_sum(c: f64, weights: &[f64], vectors: &[f64], out: &mut [f64]) {
    match out.len() {
        0 => {}
        1 => short::<1>(c, weights, vectors, out),
        2 => short::<2>(c, weights, vectors, out),
        3 => short::<3>(c, weights, vectors, out),
        4 => short::<4>(c, weights, vectors, out),
        5 => short::<5>(c, weights, vectors, out),
        6 => short::<6>(c, weights, vectors, out),
        7 => short::<7>(c, weights, vectors, out),
        8 => short::<8>(c, weights, vectors, out),
        n => add_terms(weights.iter().zip(vectors.chunks_exact(n)).map(|(w, v)| (c * w, v)), out),
    }
}

/// y += a x.
pub fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// Vectors of few entries: the sum stays in registers.
#[inline]
fn short<const N: usize>(c: f64, weights: &[f64], vectors: &[f64], out: &mut [f64]) {
    let mut sum = [0.0; N];
    for (w, v) in weights.iter().zip(vectors.as_chunks::<N>().0) {
        for i in 0..N {
            sum[i] += w * v[i];
        }
    }
    for i in 0..N {
        out[i] += c * sum[i];
    }
}

/// out += Σ w v, four terms in one pass, terms of weight zero left out.
pub fn add_terms<'a>(terms: impl Iterator<Item = (f64, &'a [f64])>, out: &mut [f64]) {
    let mut terms = terms.filter(|(w, _)| *w != 0.0);
    while let Some(a) = terms.next() {
        let Some(b) = terms.next() else { return block([a], out) };
        let Some(c) = terms.next() else { return block([a, b], out) };
        let Some(d) = terms.next() else { return block([a, b, c], out) };
        block([a, b, c, d], out);
    }
}

/// Adds K terms in one pass.
#[inline]
fn block<const K: usize>(mut terms: [(f64, &[f64]); K], out: &mut [f64]) {
    let n = out.len();
    // Not by `map`, which is called for each array.
    for (_, v) in &mut terms {
        *v = &v[..n];
    }
    for i in 0..n {
        let mut sum = 0.0;
        for (w, v) in terms {
            sum += w * v[i];
        }
        out[i] += sum;
    }
}
