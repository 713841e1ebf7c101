"""How good a reconstructor is: metrics (one a file), alignments, and protocols with their numbers frozen under one
name."""
