//! `solve`
