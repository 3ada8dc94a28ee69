//! One method a file: its coefficients in the notation of its paper, its order, its citation.

pub mod bs3;
pub mod dop853;
pub mod dopri5;
pub mod euler;
pub mod heun;
pub mod midpoint;
pub mod rk4;
pub mod rodas4;
pub mod rodas5p;
pub mod rosenbrock23;
pub mod tsit5;
pub mod vern6;
pub mod vern7;
pub mod vern9;

pub use bs3::BS3;
pub use dop853::DOP853;
pub use dopri5::DOPRI5;
pub use euler::EULER;
pub use heun::HEUN;
pub use midpoint::MIDPOINT;
pub use rk4::RK4;
pub use rodas4::RODAS4;
pub use rodas5p::RODAS5P;
pub use rosenbrock23::ROSENBROCK23;
pub use tsit5::TSIT5;
pub use vern6::VERN6;
pub use vern7::VERN7;
pub use vern9::VERN9;
