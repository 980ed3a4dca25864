//! The rules of the authority as data, with their sources.
