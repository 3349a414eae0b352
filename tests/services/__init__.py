"""Tests of the use cases, on a real database and a real index."""
