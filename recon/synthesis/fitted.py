"""Photos with a mesh fitted to each, as 300W-LP and AFLW2000-3D are used for PRNet: a source kept as arrays.

One .npz a photo: rgb (S, S, 3) uint8; vertices_px (n, 3) float32, where the photo shows each vertex (u rightward, v
downward, pixel centres at +0.5) and its depth toward the viewer in the same unit; model, the face model's name. Nothing
is compressed with loss: labels that were kept as JPEG have ruined retraining.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from recon.errors import UserError
from recon.faces.model import NASION, FaceModel
from recon.files import whole_file
from recon.synthesis.record import Record

FAR_MM = 2.0**17  # from the camera, of the nasion: a scaled orthographic fit becomes a camera that records can have
NEEDED = ("rgb", "vertices_px", "model")


def write_fitted(file: Path, rgb: np.ndarray, vertices_px: np.ndarray, model: FaceModel) -> None:
    """Keep one photo, cropped to its face, with the model's vertices in its pixels; see above."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[0] != rgb.shape[1] or rgb.shape[2] != 3:
        raise ValueError(f"the photo must be a square of uint8 RGB, not {rgb.dtype} {rgb.shape}")
    if vertices_px.shape != (len(model.mean), 3) or not np.isfinite(vertices_px).all():
        raise ValueError(f"{vertices_px.shape} are not the places of {len(model.mean)} vertices")
    nasion = vertices_px[int(model.landmarks[NASION])]
    places = (vertices_px - (0, 0, nasion[2])).astype(np.float32)  # depth is 0 at the nasion, as in records
    with whole_file(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, rgb=rgb, vertices_px=places, model=np.array(model.name), nasion_px=nasion[:2])


@dataclass(frozen=True)
class Fitted:
    """The photos of a folder of such files, by name. Its records hold an image, the mesh and a camera so far away that
    its rays are parallel, one millimetre a pixel; all else is empty."""

    files: tuple[Path, ...]

    @classmethod
    def at(cls, folder: Path) -> Fitted:
        """Raises: UserError, where there are none."""
        files = tuple(sorted(folder.glob("*.npz")))
        if not files:
            raise UserError(f"{folder} holds no fitted photos (.npz): give a folder of them")
        return cls(files)

    def __len__(self) -> int:
        return len(self.files)

    def record(self, number: int, names: Collection[str]) -> Record:
        """As `Source` says.

        Raises:
            UserError: the file is broken.
        """
        file = self.files[number]
        try:
            with np.load(file, allow_pickle=False) as stored:
                rgb, places, model, nasion = (stored[name] for name in (*NEEDED, "nasion_px"))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise UserError(f"{file} is no fitted photo ({error}): write it again") from None
        middle = len(rgb) / 2
        z = places[:, 2].astype(np.float64)
        across = (places[:, :2].astype(np.float64) - middle) * (1 - z / FAR_MM)[:, None] * (1, -1)
        origin = np.array([nasion[0] - middle, middle - nasion[1], -FAR_MM])
        vertices = np.column_stack([across - origin[:2], z])
        nothing = {one.name: np.empty(0, np.float32) for one in fields(Record)}
        return Record(**{
            **nothing,
            "seed": 0,
            "index": number,
            "model": str(model),
            "scene": "{}",
            "rgb": rgb,
            "vertices_mm": vertices.astype(np.float32) if "vertices_mm" in names else np.empty(0, np.float32),
            "focal_px": FAR_MM,
            "centre_px": np.full(2, middle, np.float32),
            "origin_mm": origin.astype(np.float32),
        })  # fmt: skip

    def key(self) -> dict[str, Any]:
        """As `Source` says: the checksums that the files hold of their arrays."""
        sums = []
        for file in self.files:
            with zipfile.ZipFile(file) as stored:
                sums.append([file.name, [one.CRC for one in stored.infolist()]])
        return {"kind": "fitted", "photos": sums}
