"""Photos for the discriminator: which serve, and batches of them."""
