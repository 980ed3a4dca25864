//! Exports and conversions against a stand-in on loopback that behaves, and misbehaves as real
//! servers do. Time is virtual: nobody waits.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail like the test itself")]

mod conversion;
mod downloads;
mod export;
mod hospital;
mod interruption;
mod keys;
mod sign_in;
mod stand_in;
mod support;
