"""What the meshes of all rows of a dataset share, so that they can be used without our code."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recon.faces.model import FaceModel
from recon.files import whole_file

SHARED = ("triangles", "uv", "canonical", "landmarks", "region", "face")


def write_template(out: Path, model: FaceModel) -> None:
    """Write `out/template.npz`: these arrays of the face model."""
    with whole_file(out / "template.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{name: getattr(model, name).numpy() for name in SHARED})
