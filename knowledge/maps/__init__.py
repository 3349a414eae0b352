"""Shapes of countries for pictures."""
