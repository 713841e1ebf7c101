"""One file per subcommand of `synth2real`, each with `add_arguments(parser)` and `run(args)`."""
