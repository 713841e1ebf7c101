"""Hair, brows, lashes and beards as strands, and the paint beneath them."""
