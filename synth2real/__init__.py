"""Synthetic renders made realistic, with geometry labels: a GAN held to the geometry by frozen reconstructors."""

__version__ = "0.1.0"
