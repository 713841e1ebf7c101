"""A face model's template laid onto a network's maps (Sela et al. 2017, 4.1 and supplement B.1)."""
