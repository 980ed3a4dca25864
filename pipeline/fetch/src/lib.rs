//! What a holder fetches over HTTP.
