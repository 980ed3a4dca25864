//! What a batch is worth.
