//! HealthDCAT-AP descriptions computed from dataset versions.
