"""Tests of the pure workflow."""
