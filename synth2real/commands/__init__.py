"""One file a command of `synth2real`; no logic (see `recon.commands`)."""
