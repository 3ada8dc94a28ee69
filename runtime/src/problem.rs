//! `problem`
