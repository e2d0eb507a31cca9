"""Measurements of a book at work, each beside a plainer way of doing the same: `python -m benchmarks`."""
