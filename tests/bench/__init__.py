"""Tests of what the benchmarks load."""
