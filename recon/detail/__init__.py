"""Fine relief from a photo on a smooth mesh (Sela et al. 2017, section 4.2 and supplement B.2)."""
