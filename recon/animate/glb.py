"""A moved person as one glTF binary: a textured mesh with a morph target a unit, and their weights over time."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from recon.animate.actor import Actor, Pose
from recon.files import whole_file
from recon.geometry.surfaces import vertex_normals

FLOAT, UNSIGNED = 5126, 5125  # glTF's component types
VERTICES, INDICES = 34962, 34963  # its buffer targets
LEAST_WEIGHT = 0.05  # units that no frame moves further are left out
MM_A_METRE = 1000.0


def write_glb(path: Path, actor: Actor, poses: Sequence[Pose], fps: float) -> tuple[str, ...]:
    """Write the rest shape, targets and weights; -> the targets' names.

    A target is what a unit fully active does to the person's own mesh, relief included; the jaw's joint has one at the
    greatest opening of the frames. Positions in metres about the face's middle. glTF adds targets linearly, so frames
    in which relief or jaw depend on several units at once are near to, not the same as, the pictures'.
    """
    rest = Pose(np.zeros_like(actor.pose.expression), np.zeros(3), np.eye(3))
    base = actor.mesh(rest)
    middle = (base.max(0) + base.min(0)) / 2
    names, goals, weights = targets_of(actor, poses)
    normals = normals_of(base, actor.triangles)
    blob = Blob()
    attributes = {
        "POSITION": blob.add((base - middle) / MM_A_METRE, VERTICES, bounded=True),
        "NORMAL": blob.add(normals, VERTICES),
        "TEXCOORD_0": blob.add(actor.uv * (1, -1) + (0, 1), VERTICES),
        "COLOR_0": blob.add(np.repeat(actor.shade[:, None] ** 2.2, 3, 1), VERTICES),  # linear, times the texture
    }
    targets = []
    for goal in goals:
        moved = actor.mesh(goal)
        turned = normals_of(moved, actor.triangles)
        shift = blob.add((moved - base) / MM_A_METRE, VERTICES, bounded=True)
        targets.append({"POSITION": shift, "NORMAL": blob.add(turned - normals, VERTICES)})
    primitive = {"attributes": attributes, "indices": blob.indices(actor.triangles), "material": 0, "targets": targets}
    times = blob.add(np.arange(len(poses))[:, None] / fps, None, bounded=True)
    amounts = blob.add(weights.reshape(-1, 1), None)
    image = blob.image(actor.texture)
    document = {
        "asset": {"version": "2.0", "generator": "recon animate"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "face"}],
        "meshes": [{"primitives": [primitive], "weights": [0.0] * len(names), "extras": {"targetNames": list(names)}}],
        "materials": [
            {
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.7,
                }
            }
        ],
        "textures": [{"source": 0}],
        "images": [{"bufferView": image, "mimeType": "image/png"}],
        "animations": [
            {
                "samplers": [{"input": times, "output": amounts, "interpolation": "LINEAR"}],
                "channels": [{"sampler": 0, "target": {"node": 0, "path": "weights"}}],
            }
        ],
        **blob.tables(),
    }
    write_binary(path, document, bytes(blob.data))
    return names


def targets_of(actor: Actor, poses: Sequence[Pose]) -> tuple[tuple[str, ...], list[Pose], np.ndarray]:
    """Names, poses and weights (frames, targets) of the units that the frames use; at least one."""
    model = actor.model
    used = [model.activations(pose.expression) for pose in poses]
    peak = {name: max(abs(one.get(name, 0.0)) for one in used) for name in model.expression_names}
    names = [name for name, most in peak.items() if most > LEAST_WEIGHT] or [max(peak, key=lambda name: peak[name])]
    still = np.zeros(3)
    goals = [Pose(model.coefficients({name: 1.0}).double().numpy(), still, np.eye(3)) for name in names]
    weights = np.array([[one.get(name, 0.0) for name in names] for one in used])
    jaws = np.stack([pose.jaw for pose in poses])
    furthest = jaws[np.linalg.norm(jaws, axis=1).argmax()]
    if np.linalg.norm(furthest) > 0:
        names.append("jaw")
        goals.append(Pose(np.zeros_like(actor.pose.expression), furthest, np.eye(3)))
        weights = np.column_stack([weights, jaws @ furthest / (furthest @ furthest)])
    return tuple(names), goals, weights


def normals_of(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(m, 3) unit."""
    return vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()


class Blob:
    """glTF's one buffer, its views and accessors."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add(self, values: np.ndarray, target: int | None, bounded: bool = False) -> int:
        """Floats (n, c) as an accessor's number; bounded: with least and greatest, which glTF wants of some."""
        values = np.ascontiguousarray(values, np.float32)
        kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}[values.shape[1]]
        about = {"bufferView": self._view(values.tobytes(), target), "componentType": FLOAT, "count": len(values)}
        limits = {"min": values.min(0).tolist(), "max": values.max(0).tolist()} if bounded else {}
        self.accessors.append({**about, "type": kind, **limits})
        return len(self.accessors) - 1

    def indices(self, triangles: np.ndarray) -> int:
        """Triangles (f, 3)."""
        flat = np.ascontiguousarray(triangles, np.uint32).reshape(-1)
        view = self._view(flat.tobytes(), INDICES)
        about = {"bufferView": view, "componentType": UNSIGNED, "count": len(flat), "type": "SCALAR"}
        self.accessors.append(about)
        return len(self.accessors) - 1

    def image(self, pixels: np.ndarray) -> int:
        """A PNG's view."""
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        return self._view(stream.getvalue(), None)

    def tables(self) -> dict[str, Any]:
        """What of the document tells about the buffer."""
        return {
            "buffers": [{"byteLength": len(self.data)}],
            "bufferViews": self.views,
            "accessors": self.accessors,
        }

    def _view(self, content: bytes, target: int | None) -> int:
        self.data += b"\0" * (-len(self.data) % 4)
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": len(content)}
        self.views.append(view if target is None else {**view, "target": target})
        self.data += content
        return len(self.views) - 1


def write_binary(path: Path, document: dict[str, Any], data: bytes) -> None:
    """A glTF 2.0 binary: header, JSON and buffer, each padded to four bytes."""
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data += b"\0" * (-len(data) % 4)
    with whole_file(path) as temporary:
        temporary.write_bytes(
            b"glTF"
            + struct.pack("<II", 2, 12 + 8 + len(text) + 8 + len(data))
            + struct.pack("<I4s", len(text), b"JSON")
            + text
            + struct.pack("<I4s", len(data), b"BIN\0")
            + data
        )
