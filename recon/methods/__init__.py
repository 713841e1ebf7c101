"""Reconstructors behind one interface; a method is one folder here and one line of the registry."""
