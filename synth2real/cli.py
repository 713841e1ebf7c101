"""The `synth2real` command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from recon.cli import Command, run_program

COMMANDS = {
    "generate": Command("synth2real.commands.generate", "make a dataset of realistic faces with geometry labels"),
    "render": Command("synth2real.commands.render", "make a dataset of renders with exact labels"),
    "select": Command("synth2real.commands.select", "take a part of a dataset, by yaw, drift, age, glasses, ..."),
    "verify": Command("synth2real.commands.verify", "read a dataset whole and make a sample of it again"),
    "publish": Command("synth2real.commands.publish", "bring a dataset or a network to the Hub"),
    "evaluate": Command("synth2real.commands.evaluate", "score generators: realism and geometry, side by side"),
    "train": Command("synth2real.commands.train", "train the generator on your photos"),
    "feedback": Command("synth2real.commands.feedback", "retrain networks on the generator's images, beside renders"),
    "match": Command("synth2real.commands.match", "write a scene config that follows your photos"),
    "canvases": Command("synth2real.commands.canvases", "take the faces out of photos, to draw others there"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `synth2real`; returns the exit code."""
    about = "Realistic face datasets with geometry labels."
    return run_program("synth2real", about, COMMANDS, argv)


if __name__ == "__main__":
    sys.exit(main())
