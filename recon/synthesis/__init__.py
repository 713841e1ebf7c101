"""Draw a scene, render it with labels, read and write shards."""
