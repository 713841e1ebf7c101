"""What ships with the project and serves where a command is given nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from recon import assets

Look = Literal["translated", "canvas", "render"]  # a GAN's image of drawn rooms; faces in real photos; a render
RENDER_PX = 256  # side of renders
BUNDLED_PX = 128  # what the bundled generator was trained at
SIDES_PX = (32, 1024)  # least and greatest side of a dataset's images


def generator_weights() -> Path:
    """The generator that `generate` translates with."""
    return assets.path("weights/generator.safetensors")


def network_weights() -> Path:
    """The frozen network of L_Geom in training, and what measures photos."""
    return assets.path("weights/pix2vertex.safetensors")


def judge_weights() -> tuple[Path, Path]:
    """The two judges of each image's drift in `generate`: in no generator's loss."""
    return assets.path("weights/judge.safetensors"), assets.path("weights/judge2.safetensors")


def scene_config(look: Look = "translated") -> Path:
    """What is drawn: faces as the bundled generator knows them, or faces in real photos."""
    return assets.config_path("scenes/canvas.yaml" if look == "canvas" else "synth2real/scene.yaml")
