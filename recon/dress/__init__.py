"""What is laid over a drawn head: hair, beards, glasses, headwear and things, as parts for the renderer."""
