//! The three stages of keyed HMAC and the custody of their keys.
