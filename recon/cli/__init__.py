"""The `recon` command line: which module holds a command.

A command's module has `Options`, a dataclass of what it takes, perhaps `settings`, which gives the dataclass whose keys
it takes beside them, and `run(options)` or `run(options, overrides)`, which imports what the work needs: the list of
commands and each command's help appear at once. `synth2real` has the same (`program.run_program`).
"""

from __future__ import annotations

from collections.abc import Sequence

from recon.cli import interrupts as interrupts  # first of all
from recon.cli.program import Command, run_program
from recon.evaluate.protocols import PROTOCOLS

__all__ = ["COMMANDS", "Command", "main", "run_program"]

COMMANDS = {
    "train": Command("recon.commands.train", "train a network: one file, one experiment"),
    "textures": Command("recon.commands.textures", "read the skin off photos, to train networks with"),
    "learn-textures": Command(
        "recon.commands.learn_textures", "learn skin from photos: what drawn people's is drawn from"
    ),
    "fit": Command("recon.commands.fit", "fit the face model to photos: a dataset to train on"),
    "reconstruct": Command("recon.commands.reconstruct", "turn photos into detailed meshes"),
    "animate": Command("recon.commands.animate", "move the person of a photo: other expressions, another's motion"),
    "view": Command("recon.commands.view", "show a result in the browser (extra: viewer)"),
    **{f"evaluate {name}": Command("recon.commands.evaluate", line, (name,)) for name, line in PROTOCOLS.items()},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `recon`; returns the exit code."""
    return run_program("recon", "Face reconstruction: photos to meshes, and the networks behind them.", COMMANDS, argv)
