"""Training: the loop, checkpoints, averages of weights, logs, and one step per network."""
