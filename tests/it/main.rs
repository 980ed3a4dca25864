//! Whole journeys through the command, as its users make them.

mod architecture;
mod cli;
mod extraction;
mod interruption;
mod journey;
mod leaks;
mod portal;
mod support;
