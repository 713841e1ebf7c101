"""Losses: one a file, function first."""
