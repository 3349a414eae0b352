"""Attacks, each with a control that the check would catch."""
