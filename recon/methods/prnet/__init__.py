"""PRNet (Feng et al., 2018): the complete face regressed as a UV position map."""
