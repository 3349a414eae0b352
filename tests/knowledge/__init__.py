"""Tests; folders mirror the source."""
