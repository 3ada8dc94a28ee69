//! `linear`
