"""One file a command of `recon`; no logic. `Options` are its own, `settings` the dataclass whose keys it takes beside
them, `run` what it does: that imports what the work needs, so that a help need not wait for torch."""
