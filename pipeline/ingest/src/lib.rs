//! Payload and link rows to dataset versions in the lake.
