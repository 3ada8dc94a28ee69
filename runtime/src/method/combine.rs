//! Sums of scaled vectors, the inner loop of every Runge–Kutta method that is not compiled as a whole.

/// out = base + Σ w v.
pub fn combine<'a>(base: &[f64], terms: impl Iterator<Item = (f64, &'a [f64])>, out: &mut [f64]) {
    out.copy_from_slice(base);
    accumulate(terms, out);
}

/// out += Σ w v, four terms in one pass; terms of weight zero are left out.
pub fn accumulate<'a>(terms: impl Iterator<Item = (f64, &'a [f64])>, out: &mut [f64]) {
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
fn block<const K: usize>(terms: [(f64, &[f64]); K], out: &mut [f64]) {
    let n = out.len();
    let terms = terms.map(|(w, v)| (w, &v[..n]));
    for i in 0..n {
        let mut sum = 0.0;
        for (w, v) in terms {
            sum += w * v[i];
        }
        out[i] += sum;
    }
}

/// y += a x.
pub fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}
