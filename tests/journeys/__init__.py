"""Whole stories through the real application."""
