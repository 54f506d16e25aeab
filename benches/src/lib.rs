//! End-to-end benchmarks
