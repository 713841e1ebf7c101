"""What a drawn person looks like: each kind of thing with its drawing, geometry and paint together."""
