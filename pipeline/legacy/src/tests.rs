//! Whole messages and tables, of invented persons, and what becomes of them.

mod hostile;
mod messages;
mod tables;
mod twins;
