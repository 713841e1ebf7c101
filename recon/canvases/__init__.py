"""Real photos from which the face is removed, ready for another, drawn one: see `recon.synthesis.canvas`."""
