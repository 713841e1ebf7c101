"""The translator: generator, discriminators, the adversarial loss and L_Geom, one step, training."""
