"""Mesh files that anybody may have made: trimesh reads them, once it is sure that they hold what they say.

trimesh allocates whatever a GLB's description asks for, and copies a mesh for each node that shows it; of an OBJ it
makes one mesh for each material.
"""

from __future__ import annotations

import re
import struct
from math import prod
from pathlib import Path
from typing import Any

import trimesh

from recon.errors import UserError
from recon.texts import json_of

SUFFIXES = (".obj", ".ply", ".glb", ".stl")
MOST_PARTS = 512
SMALL_BYTES, MOST_TIMES = 2**24, 8
"""A GLB's numbers may take so many bytes, or so many times its own: nodes may show one mesh several times."""
BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
NUMBERS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def load_mesh(file: Path, **options: Any) -> trimesh.Trimesh:
    """The one mesh of an .obj, .ply, .glb or .stl. options: of `trimesh.load`.

    Raises:
        UserError: it can't be read, or is not what it says.
    """
    try:
        suffix = file.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"it is none of {' '.join(SUFFIXES)}")
        if suffix == ".glb":
            refuse_glb(file.read_bytes())
        if suffix == ".obj":
            _refuse_parts(len(set(re.findall(rb"usemtl ([^\n]*)", file.read_bytes()))))
        return trimesh.load(file, force="mesh", **options)  # type: ignore[return-value]
    except (Exception, MemoryError) as error:  # trimesh's readers raise almost anything on a broken file
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise UserError(f"{file} can't be read as a mesh ({reason}): export it again as .obj, .ply or .glb") from None


def refuse_glb(data: bytes) -> None:
    """Raise ValueError where a GLB (glTF 2.0, section 4.4) says that it holds far more than it does.

    Raises:
        ValueError: a few words say why.
    """
    if len(data) < 20 or data[:4] != b"glTF":
        raise ValueError("it is no whole .glb file")
    _refuse_cut(data)
    length = struct.unpack_from("<I", data, 12)[0]
    try:
        content = json_of(data[20 : 20 + length].decode())
        sizes = [_size(accessor) for accessor in content.get("accessors", [])]
        parts = [
            [sum(sizes[k] for k in _accessors(primitive)) for primitive in mesh["primitives"]]
            for mesh in content.get("meshes", [])
        ]
        nodes = content.get("nodes", [])
        shown = [size for node in nodes if "mesh" in node for size in parts[node["mesh"]]]
        below = [child for node in nodes for child in node.get("children", [])]
        twice = len(below) - len(set(below))
        tops = [node for scene in content.get("scenes", []) for node in scene.get("nodes", [])]
        _ = [nodes[k] for k in (*below, *tops)]  # each is there: trimesh would make room for as many as are named
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"its description is broken, {type(error).__name__} {error}") from None
    if twice:
        raise ValueError("a node of it has several parents")
    _refuse_parts(max(len(shown), sum(map(len, parts))))
    said = sum(sizes) + sum(map(sum, parts)) + sum(shown)
    if said > max(SMALL_BYTES, MOST_TIMES * len(data)):
        raise ValueError(f"its {len(data):,} bytes say that they hold {said:,}")


def _refuse_cut(data: bytes) -> None:
    """Raise ValueError where a chunk is longer than what follows: trimesh would make room for as much as it says."""
    at = 12
    while at + 8 <= len(data):
        at += 8 + struct.unpack_from("<I", data, at)[0]
    if at > len(data):
        raise ValueError("it is no whole .glb file")


def _size(accessor: dict[str, Any]) -> int:
    """Bytes that an accessor takes, wherever they are; without a place they are zeros."""
    count = accessor["count"]
    if not isinstance(count, int) or count < 0:
        raise TypeError("of a count")
    return prod((count, BYTES[accessor["componentType"]], NUMBERS[accessor["type"]]))


def _accessors(primitive: dict[str, Any]) -> list[int]:
    return [*primitive["attributes"].values(), *([primitive["indices"]] if "indices" in primitive else [])]


def _refuse_parts(count: int) -> None:
    if count > MOST_PARTS:
        raise ValueError(f"its {count:,} parts are more than {MOST_PARTS}")
