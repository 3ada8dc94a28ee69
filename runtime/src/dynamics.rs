//! `dynamics`
