"""DECA's second stage: wrinkles as a displacement over the texture, that change with the expression."""
