//! Functions that no library rounds correctly, in 128 bits.

use astro_float::{BigFloat, Consts, RoundingMode, Sign};

use crate::emit::elementary::Elementary;

const BITS: usize = 128;
const ROUND: RoundingMode = RoundingMode::None;

/// Evaluates them, with the constants that have been computed before.
pub struct Reference {
    constants: Consts,
}

impl Reference {
    pub fn new() -> Self {
        Reference { constants: Consts::new().expect("constants of multiprecision arithmetic") }
    }

    /// The error of a function at x in units of the last place; `None` where it has no value here.
    pub fn error(&mut self, elementary: Elementary, x: f64) -> Option<f64> {
        if !x.is_finite() || x == 0.0 {
            return None;
        }
        let exact = self.value(elementary, x)?;
        Some(error(elementary.evaluate(&[x]), &exact))
    }

    fn value(&mut self, elementary: Elementary, x: f64) -> Option<BigFloat> {
        let argument = number(x);
        Some(match elementary {
            Elementary::Sigmoid => self.sigmoid(x),
            Elementary::Sech2 => self.sech2(x),
            Elementary::Silu => mul(&argument, &self.sigmoid(x)),
            Elementary::Softplus => self.softplus(x),
            Elementary::Rbf => self.exp(&mul(&argument, &argument).neg()),
            Elementary::NormalDensity => self.density(&argument),
            Elementary::NormalCumulative => self.cumulative(x),
            Elementary::Gelu => mul(&argument, &self.cumulative(x)),
            _ => return None,
        })
    }

    fn exp(&mut self, x: &BigFloat) -> BigFloat {
        // The exponent's range ends near exp(±1.4e9); all that matters is far inside.
        if x.cmp(&number(-1e6)).is_some_and(|order| order < 0) {
            return number(0.0);
        }
        if approximate(x).abs() < 1e-40 {
            return number(1.0);
        }
        x.exp(BITS, ROUND, &mut self.constants)
    }

    fn sigmoid(&mut self, x: f64) -> BigFloat {
        let small = self.exp(&number(-x.abs()));
        let top = if x > 0.0 { number(1.0) } else { small.clone() };
        div(&top, &add(&number(1.0), &small))
    }

    /// 4e/(1 + e)², e = exp(−2|x|)
    fn sech2(&mut self, x: f64) -> BigFloat {
        let e = self.exp(&mul(&number(x.abs()), &number(-2.0)));
        let sum = add(&number(1.0), &e);
        div(&mul(&number(4.0), &e), &mul(&sum, &sum))
    }

    fn softplus(&mut self, x: f64) -> BigFloat {
        let small = self.exp(&number(-x.abs()));
        let logarithm = if x.abs() > 50.0 {
            // s − s²/2 + s³/3 leaves less than 2⁻²⁰⁰
            let series = [-0.25, 1.0 / 3.0, -0.5, 1.0]
                .iter()
                .fold(number(0.0), |sum, &c| add(&mul(&sum, &small), &number(c)));
            mul(&series, &small)
        } else {
            add(&number(1.0), &small).ln(BITS, ROUND, &mut self.constants)
        };
        add(&number(x.max(0.0)), &logarithm)
    }

    /// exp(−x²/2)/√(2π)
    fn density(&mut self, x: &BigFloat) -> BigFloat {
        let exponent = mul(&mul(x, x), &number(-0.5));
        let two_pi = mul(&number(2.0), &self.constants.pi(BITS, ROUND));
        div(&self.exp(&exponent), &two_pi.sqrt(BITS, ROUND))
    }

    /// Φ(x): near 0 by ½ + φ(x)·(x + x³/3 + x⁵/15 + …), farther out by Laplace's continued fraction.
    fn cumulative(&mut self, x: f64) -> BigFloat {
        let argument = number(x);
        let density = self.density(&argument);
        if x.abs() < 4.0 {
            let square = mul(&argument, &argument);
            let (mut term, mut sum) = (argument.clone(), argument);
            // x²ᵏ/(2k + 1)!! is below 2⁻¹³⁰ at |x| = 4 after 90 terms, and sooner inside.
            for k in 1..20 + (18.0 * x.abs()) as u32 {
                term = div(&mul(&term, &square), &number(2.0 * f64::from(k) + 1.0));
                sum = add(&sum, &term);
            }
            return add(&number(0.5), &mul(&density, &sum));
        }
        let size = number(x.abs());
        let fraction =
            (1..300).rev().fold(size.clone(), |below, k| add(&size, &div(&number(f64::from(k)), &below)));
        let tail = div(&density, &fraction);
        if x < 0.0 { tail } else { add(&number(1.0), &tail.neg()) }
    }
}

fn number(x: f64) -> BigFloat {
    if x.is_subnormal() {
        // The conversion takes the mantissa of a subnormal number as normalised.
        return mul(&number(x * 2f64.powi(300)), &number(2f64.powi(-300)));
    }
    BigFloat::from_f64(x, BITS)
}

fn add(x: &BigFloat, y: &BigFloat) -> BigFloat {
    x.add(y, BITS, ROUND)
}

fn mul(x: &BigFloat, y: &BigFloat) -> BigFloat {
    x.mul(y, BITS, ROUND)
}

fn div(x: &BigFloat, y: &BigFloat) -> BigFloat {
    x.div(y, BITS, ROUND)
}

/// |value − exact| in units of the last place of `value`.
fn error(value: f64, exact: &BigFloat) -> f64 {
    if !value.is_finite() {
        // Right where the exact value rounds beyond the largest number.
        let overflows = approximate(exact).abs() >= f64::MAX;
        return if overflows && !value.is_nan() { 0.0 } else { f64::INFINITY };
    }
    let spacing = (value.abs().next_up() - value.abs()).min(f64::MAX);
    let difference = number(value).sub(exact, BITS, ROUND);
    approximate(&div(&difference, &number(spacing))).abs()
}

/// The leading 64 bits as a double.
fn approximate(x: &BigFloat) -> f64 {
    match x.as_raw_parts() {
        Some((words, _, sign, exponent, _)) if !x.is_zero() => {
            let leading = words[words.len() - 1] as f64 * 2f64.powi(-64);
            let exponent = exponent.clamp(-2000, 2000);
            let half = exponent / 2;
            let magnitude = leading * 2f64.powi(half) * 2f64.powi(exponent - half);
            if sign == Sign::Neg { -magnitude } else { magnitude }
        }
        Some(_) => 0.0,
        None => f64::NAN,
    }
}
