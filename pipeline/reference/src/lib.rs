//! Reference data as versioned public datasets.
