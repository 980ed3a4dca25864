//! The `hda` command.
fn main() {}
