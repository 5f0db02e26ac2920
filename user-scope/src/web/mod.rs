//! From a request to a caller.
