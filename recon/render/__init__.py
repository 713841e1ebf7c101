"""Rasteriser with exact labels, and shading."""
