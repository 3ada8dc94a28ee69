//! The registry of elementary functions.

use super::arith::{Arith, Native};
use super::scalar::Scalar;
use super::{activation, exponential, hyperbolic, inverse_hyperbolic, inverse_trigonometric};
use super::{logarithm, normal, piecewise, power, trigonometric};

/// A function of one to three numbers. Its discriminant is its place in [`FUNCTIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Elementary {
    Abs,
    Sign,
    Sqrt,
    Cbrt,
    Exp,
    Expm1,
    Rbf,
    Log,
    Log1p,
    Log2,
    Log10,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Sech2,
    Asinh,
    Acosh,
    Atanh,
    Sigmoid,
    Silu,
    Softplus,
    Erf,
    Erfc,
    NormalCumulative,
    NormalDensity,
    Gelu,
    Gamma,
    Lgamma,
    Digamma,
    Floor,
    Ceil,
    Round,
    Step,
    Relu,
    Pow,
    Hypot,
    Atan2,
    Min,
    Max,
    Mod,
    Polygamma,
    Clamp,
}

/// How a function is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As the operations that [`Elementary::emit`] builds.
    Inlined,
    /// By a scalar call for each lane.
    Native(Native),
}

/// What is known of a function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name in the language.
    pub name: &'static str,
    pub elementary: Elementary,
    /// The number of arguments.
    pub arity: usize,
    pub kind: Kind,
    /// A bound of the error in units of the last place, held by the tests; 0 for exact functions. `lgamma` and the
    /// polygammas have it away from their roots.
    pub max_ulp: f64,
}

const fn inlined(name: &'static str, elementary: Elementary, arity: usize, max_ulp: f64) -> Function {
    Function { name, elementary, arity, kind: Kind::Inlined, max_ulp }
}

const fn native(
    name: &'static str,
    elementary: Elementary,
    arity: usize,
    native: Native,
    max_ulp: f64,
) -> Function {
    Function { name, elementary, arity, kind: Kind::Native(native), max_ulp }
}

/// Every elementary function, in the order of [`Elementary`].
pub const FUNCTIONS: &[Function] = &[
    inlined("abs", Elementary::Abs, 1, 0.0),
    inlined("sign", Elementary::Sign, 1, 0.0),
    inlined("sqrt", Elementary::Sqrt, 1, 0.5),
    inlined("cbrt", Elementary::Cbrt, 1, 1.5),
    inlined("exp", Elementary::Exp, 1, 1.5),
    inlined("expm1", Elementary::Expm1, 1, 1.5),
    inlined("rbf", Elementary::Rbf, 1, 1.5),
    inlined("log", Elementary::Log, 1, 1.5),
    inlined("log1p", Elementary::Log1p, 1, 1.5),
    inlined("log2", Elementary::Log2, 1, 1.5),
    inlined("log10", Elementary::Log10, 1, 1.5),
    inlined("sin", Elementary::Sin, 1, 1.5),
    inlined("cos", Elementary::Cos, 1, 1.5),
    inlined("tan", Elementary::Tan, 1, 1.5),
    inlined("asin", Elementary::Asin, 1, 1.5),
    inlined("acos", Elementary::Acos, 1, 1.5),
    inlined("atan", Elementary::Atan, 1, 1.5),
    inlined("sinh", Elementary::Sinh, 1, 1.5),
    inlined("cosh", Elementary::Cosh, 1, 1.5),
    inlined("tanh", Elementary::Tanh, 1, 1.5),
    inlined("sech2", Elementary::Sech2, 1, 4.5),
    inlined("asinh", Elementary::Asinh, 1, 1.5),
    inlined("acosh", Elementary::Acosh, 1, 1.5),
    inlined("atanh", Elementary::Atanh, 1, 1.5),
    inlined("sigmoid", Elementary::Sigmoid, 1, 1.5),
    inlined("silu", Elementary::Silu, 1, 1.5),
    inlined("softplus", Elementary::Softplus, 1, 1.5),
    inlined("erf", Elementary::Erf, 1, 1.5),
    inlined("erfc", Elementary::Erfc, 1, 1.5),
    inlined("normal_cumulative", Elementary::NormalCumulative, 1, 1.5),
    inlined("normal_density", Elementary::NormalDensity, 1, 1.5),
    inlined("gelu", Elementary::Gelu, 1, 1.5),
    native("gamma", Elementary::Gamma, 1, Native::Gamma, 1.5),
    native("lgamma", Elementary::Lgamma, 1, Native::Lgamma, 4.5),
    native("digamma", Elementary::Digamma, 1, Native::Digamma, 4.5),
    inlined("floor", Elementary::Floor, 1, 0.0),
    inlined("ceil", Elementary::Ceil, 1, 0.0),
    inlined("round", Elementary::Round, 1, 0.0),
    inlined("step", Elementary::Step, 1, 0.0),
    inlined("relu", Elementary::Relu, 1, 0.0),
    inlined("pow", Elementary::Pow, 2, 1.5),
    inlined("hypot", Elementary::Hypot, 2, 1.5),
    inlined("atan2", Elementary::Atan2, 2, 1.5),
    inlined("min", Elementary::Min, 2, 0.0),
    inlined("max", Elementary::Max, 2, 0.0),
    inlined("mod", Elementary::Mod, 2, 0.0),
    native("polygamma", Elementary::Polygamma, 2, Native::Polygamma, 4.5),
    inlined("clamp", Elementary::Clamp, 3, 0.0),
];

impl Elementary {
    /// The function of that name in the language.
    pub fn find(name: &str) -> Option<Elementary> {
        FUNCTIONS.iter().find(|function| function.name == name).map(|function| function.elementary)
    }

    pub fn function(self) -> &'static Function {
        &FUNCTIONS[self as usize]
    }

    /// The value at `args`, [`Function::arity`] of them.
    pub fn evaluate(self, args: &[f64]) -> f64 {
        self.emit(&mut Scalar, args)
    }

    /// Builds the function of `args`, [`Function::arity`] of them.
    pub fn emit<A: Arith>(self, a: &mut A, args: &[A::F]) -> A::F {
        match *args {
            [x] => self.emit_unary(a, x),
            [x, y] => self.emit_binary(a, x, y),
            [x, y, z] => self.emit_ternary(a, x, y, z),
            _ => panic!("`{}` of {} arguments", self.function().name, args.len()),
        }
    }

    fn emit_unary<A: Arith>(self, a: &mut A, x: A::F) -> A::F {
        match self {
            Elementary::Abs => a.abs(x),
            Elementary::Sign => piecewise::sign(a, x),
            Elementary::Sqrt => a.sqrt(x),
            Elementary::Cbrt => power::cbrt(a, x),
            Elementary::Exp => exponential::exp(a, x),
            Elementary::Expm1 => exponential::expm1(a, x),
            Elementary::Rbf => exponential::rbf(a, x),
            Elementary::Log => logarithm::log(a, x),
            Elementary::Log1p => logarithm::log1p(a, x),
            Elementary::Log2 => logarithm::log2(a, x),
            Elementary::Log10 => logarithm::log10(a, x),
            Elementary::Sin => trigonometric::sin(a, x),
            Elementary::Cos => trigonometric::cos(a, x),
            Elementary::Tan => trigonometric::tan(a, x),
            Elementary::Asin => inverse_trigonometric::asin(a, x),
            Elementary::Acos => inverse_trigonometric::acos(a, x),
            Elementary::Atan => inverse_trigonometric::atan(a, x),
            Elementary::Sinh => hyperbolic::sinh(a, x),
            Elementary::Cosh => hyperbolic::cosh(a, x),
            Elementary::Tanh => hyperbolic::tanh(a, x),
            Elementary::Sech2 => hyperbolic::sech2(a, x),
            Elementary::Asinh => inverse_hyperbolic::asinh(a, x),
            Elementary::Acosh => inverse_hyperbolic::acosh(a, x),
            Elementary::Atanh => inverse_hyperbolic::atanh(a, x),
            Elementary::Sigmoid => activation::sigmoid(a, x),
            Elementary::Silu => activation::silu(a, x),
            Elementary::Softplus => activation::softplus(a, x),
            Elementary::Erf => normal::erf(a, x),
            Elementary::Erfc => normal::erfc(a, x),
            Elementary::NormalCumulative => normal::normal_cumulative(a, x),
            Elementary::NormalDensity => normal::normal_density(a, x),
            Elementary::Gelu => normal::gelu(a, x),
            Elementary::Gamma => a.call(Native::Gamma, &[x]),
            Elementary::Lgamma => a.call(Native::Lgamma, &[x]),
            Elementary::Digamma => a.call(Native::Digamma, &[x]),
            Elementary::Floor => a.floor(x),
            Elementary::Ceil => a.ceil(x),
            Elementary::Round => a.round_even(x),
            Elementary::Step => piecewise::step(a, x),
            Elementary::Relu => piecewise::relu(a, x),
            _ => panic!("`{}` takes more than one argument", self.function().name),
        }
    }

    fn emit_binary<A: Arith>(self, a: &mut A, x: A::F, y: A::F) -> A::F {
        match self {
            Elementary::Pow => power::pow(a, x, y),
            Elementary::Hypot => power::hypot(a, x, y),
            Elementary::Atan2 => inverse_trigonometric::atan2(a, x, y),
            Elementary::Min => piecewise::min(a, x, y),
            Elementary::Max => piecewise::max(a, x, y),
            Elementary::Mod => piecewise::modulo(a, x, y),
            Elementary::Polygamma => a.call(Native::Polygamma, &[x, y]),
            _ => panic!("`{}` does not take two arguments", self.function().name),
        }
    }

    fn emit_ternary<A: Arith>(self, a: &mut A, x: A::F, y: A::F, z: A::F) -> A::F {
        match self {
            Elementary::Clamp => piecewise::clamp(a, x, y, z),
            _ => panic!("`{}` does not take three arguments", self.function().name),
        }
    }
}
