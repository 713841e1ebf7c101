"""A few rows as things to turn around: each face's mesh as a GLB that wears its own image, for the Hub's viewer."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from datasets.features import Mesh
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from recon.faces import load
from recon.faces.model import FaceModel
from recon.synthesis.codecs import Codec, Pixels, Scalar
from recon.synthesis.column import Column, Schema
from recon.synthesis.record import Record
from recon.synthesis.schema import RGB, record_from_row
from recon.synthesis.shards import Rows, write_shard
from synth2real.dataset.schema import IMAGE

COUNT = 16  # the first rows, in order: never chosen
MM_A_METRE = 1000


@dataclass(frozen=True)
class GlbCodec(Codec):
    """A binary glTF file, as `datasets.Mesh` reads it."""

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(object)

    @property
    def stored(self) -> str:
        return "GLB"

    def feature(self, shape: tuple[Any, ...]) -> Mesh:
        return Mesh()

    def encode(self, value: bytes) -> dict[str, Any]:
        return {"bytes": value, "path": "face.glb"}

    def decode(self, value: Any) -> bytes:
        if not isinstance(value, Mapping) or not isinstance(value.get("bytes"), bytes):
            raise ValueError("holds no mesh")
        return value["bytes"]


# fmt: off
COLUMNS = (
    Column("index", "index", Scalar("int64", low=0), (), "", "the row's index in the other configurations"),
    Column("image", "image", Pixels(), RGB, "", "the image that the mesh wears"),
    Column("mesh", "mesh", GlbCodec(), (), "m", "the face region in metres, about its middle, the image laid onto it"),
)
# fmt: on


def write_showcase(shards: list[Path], path: Path) -> int:
    """Write the first rows' meshes; the number of rows."""
    return write_shard(path, Schema(COLUMNS), islice(_rows(shards), COUNT))


def face_glb(record: Record, image: np.ndarray, model: FaceModel) -> bytes:
    """The face region of the record's mesh as a GLB that wears `image`, (S, S, 3) uint8, as the camera saw it.

    What the camera did not see wears what was before it.
    """
    triangles = model.triangles.numpy()[model.face.numpy()]
    used, place = np.unique(triangles, return_inverse=True)
    seen = record.vertices_mm[used] + record.origin_mm  # camera frame, z negative before the camera
    pixels = record.focal_px * seen[:, :2] / -seen[:, 2:] * (1, -1) + record.centre_px
    uv = pixels / image.shape[0] * (1, -1) + (0, 1)  # glTF's image begins at the top, trimesh's at the bottom
    metres = (record.vertices_mm[used] - record.vertices_mm[used].mean(0)) / MM_A_METRE
    mesh = trimesh.Trimesh(metres, place.reshape(-1, 3), process=False)
    material = PBRMaterial(baseColorTexture=Image.fromarray(image), metallicFactor=0.0, roughnessFactor=0.8)
    mesh.visual = TextureVisuals(uv=uv, material=material)
    file = io.BytesIO()
    mesh.export(file, file_type="glb")
    return file.getvalue()


def _rows(shards: list[Path]) -> Iterator[Mapping[str, Any]]:
    model = load("default")
    for row in Rows(shards):
        record = record_from_row(row)
        shown = row["image"] if "image" in row else row["render"]
        mesh = GlbCodec().encode(face_glb(record, IMAGE.decode(shown, {}), model))
        yield {"index": row["index"], "image": shown, "mesh": mesh}
