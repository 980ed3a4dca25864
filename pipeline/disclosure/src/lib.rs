//! Statistical disclosure control: raw cube to protected cube.
