"""Measure a photo folder and write a scene whose draws follow it."""
