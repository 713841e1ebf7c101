"""Morphable face models behind one interface, one loader a file: `recon.faces.load("default")`."""

from recon.faces.registry import load

__all__ = ["load"]
