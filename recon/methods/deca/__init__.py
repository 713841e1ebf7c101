"""DECA: a face model's parameters, light and detail from one image (Feng et al., 2021)."""
