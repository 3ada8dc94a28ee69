//! Tests of the elementary functions: each against a reference over its whole range, special values, and polygammas.

mod accuracy;
mod exact;
mod multiprecision;
mod polygamma;
mod sample;
mod slices;
mod special;
mod stdlib;
