//! What the phases complain into, and its rendering.
