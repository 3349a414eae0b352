"""Tests of tables, transactions and migrations, on every database."""
