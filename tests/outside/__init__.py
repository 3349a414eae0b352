"""Calling up other sites."""
