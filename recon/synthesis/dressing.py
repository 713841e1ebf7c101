"""What is laid over a drawn head: hair, glasses, headwear and things before the face, as parts for the renderer."""

from __future__ import annotations

from torch import Tensor

from recon.faces.model import FaceModel
from recon.render.parts import Part
from recon.synthesis.scene import Scene


def dress(model: FaceModel, scene: Scene, shape: Tensor) -> list[Part]:
    """The parts of a scene on the drawn head `shape` (n, 3) mm, in the head's frame."""
    return []
