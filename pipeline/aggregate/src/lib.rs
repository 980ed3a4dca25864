//! A plan over a dataset version to a raw cube, with DataFusion.
