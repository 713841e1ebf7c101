"""How good a reconstructor is: metrics (one a file), protocols with their numbers frozen under a name, results."""
