//! Modes: the numbers that stand for the jumps of a right-hand side within a step, and when they change.

/// What kind of number a mode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 1 while its root function is positive, 0 while it is negative.
    Truth,
    /// The integer k while its root function is between k and k + 1.
    Level,
}

/// A side to which a root function leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Above,
    Below,
}

impl Shape {
    /// The mode where the root function is g; at an end, the one it begins there for an integer, 0 for a truth.
    #[inline]
    pub fn of(self, g: f64) -> f64 {
        match self {
            Shape::Truth => f64::from(u8::from(g > 0.0)),
            Shape::Level => g.floor(),
        }
    }

    /// Whether a root function that is g has left its mode. Nothing leaves a mode for what is not a number.
    #[inline]
    pub fn leaves(self, g: f64, mode: f64) -> Option<Side> {
        match self {
            Shape::Truth if mode > 0.5 => (g < 0.0).then_some(Side::Below),
            Shape::Truth => (g > 0.0).then_some(Side::Above),
            Shape::Level if g > mode + 1.0 => Some(Side::Above),
            Shape::Level if g < mode => Some(Side::Below),
            // Before it was a number, there was no mode to be in.
            Shape::Level => (mode.is_nan() && !g.is_nan()).then_some(Side::Above),
        }
    }

    /// Where the root function is between one mode and another, for the side of its mode that it leaves to.
    #[inline]
    pub fn end(self, mode: f64, side: Side) -> f64 {
        match (self, side) {
            (Shape::Truth, _) => 0.0,
            (Shape::Level, Side::Above) => mode + 1.0,
            (Shape::Level, Side::Below) => mode,
        }
    }

    /// Whether g is at an end of a mode, so that only where it goes from there decides.
    #[inline]
    pub fn is_end(self, g: f64) -> bool {
        match self {
            Shape::Truth => g == 0.0,
            Shape::Level => g == g.floor(),
        }
    }

    /// The mode of a function that is at an end and goes on to `ahead`.
    #[inline]
    pub fn towards(self, g: f64, ahead: f64) -> f64 {
        match self {
            Shape::Truth => self.of(ahead),
            Shape::Level if ahead < g => g - 1.0,
            Shape::Level => g,
        }
    }
}
