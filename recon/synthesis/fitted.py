"""Photos with a mesh fitted to each, as 300W-LP and AFLW2000-3D are used for PRNet: a source kept as arrays.

One .npz a photo: rgb (S, S, 3) uint8; vertices_px (n, 3) float32, where the photo shows each vertex (u rightward, v
downward, pixel centres at +0.5) and its depth toward the viewer in the same unit; model, the face model's name. Nothing
is compressed with loss: labels that were kept as JPEG have ruined retraining.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recon.arrays import read_npz
from recon.errors import UserError
from recon.faces import load
from recon.faces.model import NASION, FaceModel
from recon.files import whole_file
from recon.render.differentiable.raster import fragments
from recon.synthesis.record import Record, record_with

FAR_MM = 2.0**17  # from the camera, of the nasion: a scaled orthographic fit becomes a camera that records can have
NEEDED = ("rgb", "vertices_px", "model")
Kept = tuple[np.ndarray, np.ndarray, str, np.ndarray]
"""rgb (S, S, 3) uint8, vertices_px (n, 3) float32, the model's name, nasion_px (2,)."""


def write_fitted(file: Path, rgb: np.ndarray, vertices_px: np.ndarray, model: FaceModel) -> None:
    """Keep one photo, cropped to its face, with the model's vertices in its pixels; see above."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[0] != rgb.shape[1] or rgb.shape[2] != 3:
        raise ValueError(f"the photo must be a square of uint8 RGB, not {rgb.dtype} {rgb.shape}")
    if vertices_px.shape != (len(model.mean), 3) or not np.isfinite(vertices_px).all():
        raise ValueError(f"{vertices_px.shape} are not the places of {len(model.mean)} vertices")
    kept = dict(zip((*NEEDED, "nasion_px"), laid_at_nasion(rgb, vertices_px, model), strict=True))
    with whole_file(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **kept)


def laid_at_nasion(rgb: np.ndarray, vertices_px: np.ndarray, model: FaceModel) -> Kept:
    """What is kept of a photo: its depth is 0 at the nasion, as in records."""
    nasion = vertices_px[int(model.landmarks[NASION])]
    return rgb, (vertices_px - (0, 0, nasion[2])).astype(np.float32), model.name, nasion[:2]


@dataclass(frozen=True)
class Fitted:
    """The photos of a folder of such files, by name. Its records hold an image, the mesh and a camera so far away that
    its rays are parallel, one millimetre a pixel; where asked for, also landmarks, mask and regions, as the mesh alone
    shows them, without hair or things before it; all else is empty."""

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
        return fitted_record(*read_one(self.files[number]), number, names)

    def key(self) -> dict[str, Any]:
        """As `Source` says: the checksums that the files hold of their arrays."""
        sums = []
        for file in self.files:
            try:
                with zipfile.ZipFile(file) as stored:
                    sums.append([file.name, [one.CRC for one in stored.infolist()]])
            except Exception as error:  # a spoilt archive may end in any
                raise _broken(file, error) from None
        return {"kind": "fitted", "photos": sums}

    def people(self) -> np.ndarray:
        """As `Source` says: nothing tells that two photos show one person."""
        return np.arange(len(self))


def read_one(file: Path) -> Kept:
    """What `write_fitted` kept.

    Raises:
        UserError: the file is broken.
    """
    try:
        stored = read_npz(file, (*NEEDED, "nasion_px"))
        rgb, places, model, nasion = (stored[name] for name in (*NEEDED, "nasion_px"))
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape != (len(rgb), len(rgb), 3) or not len(rgb):
            raise ValueError(f"its rgb is {rgb.dtype} {rgb.shape}")
        if places.dtype.kind != "f" or places.ndim != 2 or places.shape[1] != 3 or not np.isfinite(places).all():
            raise ValueError(f"its vertices_px are {places.dtype} {places.shape}, or no numbers")
        if nasion.dtype.kind != "f" or nasion.shape != (2,) or not np.isfinite(nasion).all() or model.shape:
            raise ValueError("its nasion_px or model is another thing")
    except (OSError, ValueError) as error:
        raise _broken(file, error) from None
    return rgb, places, str(model), nasion


def fitted_record(
    rgb: np.ndarray, places: np.ndarray, model: str, nasion: np.ndarray, number: int, names: Collection[str]
) -> Record:
    """The record of what `write_fitted` keeps, as `Fitted` says."""
    middle = len(rgb) / 2
    z = places[:, 2].astype(np.float64)
    across = (places[:, :2].astype(np.float64) - middle) * (1 - z / FAR_MM)[:, None] * (1, -1)
    origin = np.array([nasion[0] - middle, middle - nasion[1], -FAR_MM])
    vertices = np.column_stack([across - origin[:2], z])
    told = told_by_mesh(places, model, len(rgb), names)
    return record_with(
        **told,
        index=number,
        model=model,
        rgb=rgb,
        vertices_mm=vertices.astype(np.float32) if "vertices_mm" in names else np.empty(0, np.float32),
        focal_px=FAR_MM,
        centre_px=np.full(2, middle, np.float32),
        origin_mm=origin.astype(np.float32),
    )


def _broken(file: Path, error: Exception) -> UserError:
    return UserError(f"{file} is no fitted photo ({error}): write it again")


def told_by_mesh(places: np.ndarray, name: str, side: int, names: Collection[str]) -> dict[str, np.ndarray]:
    """Those of landmarks_px, mask and region that are in `names`, as a mesh (n, 3) px of the model `name` tells them.

    Raises:
        UserError: the model is not to be had by its name alone.
    """
    wanted = {"landmarks_px", "mask", "region"} & set(names)
    if not wanted:
        return {}
    model = load(name)
    found = {"landmarks_px": places[model.landmarks.numpy(), :2].astype(np.float32)}
    if wanted - found.keys():
        seen = fragments(torch.from_numpy(places).float()[None], model.triangles, side)
        nearest = seen.corners.gather(1, seen.weights.argmax(1, keepdim=True))[:, 0]
        for label, values in (("mask", model.face[seen.triangles]), ("region", model.region[nearest])):
            flat = torch.zeros(side**2, dtype=values.dtype).index_copy(0, seen.pixels, values)
            found[label] = flat.view(side, side).numpy()
    return {label: values for label, values in found.items() if label in wanted}
