//! `method`
