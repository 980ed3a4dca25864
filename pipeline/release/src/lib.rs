//! A protected cube and its approvals to a sealed release package.
