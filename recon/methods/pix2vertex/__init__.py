"""pix2vertex (Sela et al. 2017): an image to position, correspondence and mask maps."""
