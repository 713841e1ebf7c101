"""Morphable face models behind one interface, one loader a file."""
