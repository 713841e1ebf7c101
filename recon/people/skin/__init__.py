"""Skin's colours, wrinkles and relief."""
