"""One file a command of `recon`, each with `add_arguments(parser)` and `run(args)`; no logic."""
