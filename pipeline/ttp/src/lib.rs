//! The trusted third party: id rows to link rows.
