//! From syntax to a checked model.
