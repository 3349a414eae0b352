"""Benchmarks and what they load. Each prints ratios against real peers; nothing here is part of the site."""
