"""Advice on the words of a record."""
