//! What the process of any party needs: its folder, its answers, its clock, how it starts and ends.
//!
//! The command `hda` is every party's; `hda-ttp` is the third party's alone. What both do alike
//! stands here, so that it is written once and the small one need not link the large one. It knows
//! no step of the line.

pub mod clock;
pub mod confirm;
pub mod folder;
pub mod key_ledger;
pub mod outcome;
pub mod passphrase;
pub mod process;
