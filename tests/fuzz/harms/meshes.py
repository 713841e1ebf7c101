"""Made to harm: meshes."""

from __future__ import annotations

import json
import struct
from typing import Any

from tests.fuzz.harms.arrays import HUGE


def glbs() -> dict[str, bytes]:
    def glb(content: Any, body: bytes = bytes(64)) -> bytes:
        text = json.dumps(content).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(body), b"BIN\x00") + body
        return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks

    def scene(count: int, image: dict[str, Any] | None = None, **accessor: Any) -> dict[str, Any]:
        one = {"componentType": 5126, "count": count, "type": "VEC3", **accessor}
        return {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "material": 0}]}],
            "accessors": [one, {**one, "type": "VEC2"}],
            "bufferViews": [{"buffer": 0, "byteLength": 64}],
            "buffers": [{"byteLength": 64}],
            "images": [image or {"uri": "../../../../../../etc/hostname"}],
            "textures": [{"source": 0}],
            "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        }

    loop = scene(3, bufferView=0) | {"nodes": [{"children": [0]}]}
    many = scene(3, bufferView=0) | {"nodes": [{"mesh": 0}] * 2000, "scenes": [{"nodes": list(range(2000))}]}
    return {
        "an accessor of billions": glb(scene(10**9)),
        "an accessor of millions": glb(scene(6 * 10**7)),
        "an accessor of terabytes": glb(scene(HUGE)),
        "a view of billions": glb(scene(10**9, bufferView=0)),
        "an image elsewhere": glb(scene(3, bufferView=0)),
        "a buffer elsewhere": glb(scene(3, bufferView=0) | {"buffers": [{"uri": "/etc/hostname", "byteLength": 64}]}),
        "a node within itself": glb(loop),
        "many nodes": glb(many),
        "deep": b"glTF" + struct.pack("<IIII", 2, 60_020, 60_000, 0x4E4F534A) + b"[" * 60_000,
    }


def objs() -> dict[str, bytes]:
    texts = {
        "corners at -1": "v 0 0 0\nv 1 0 0\nv 0 1 0\nf -1 -2 -3\n",
        "corners beyond": "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 1000000000\n",
        "a corner at 0": "v 0 0 0\nf 0 0 0\n",
        "no numbers": "v nan inf -inf 1 0 0\nv 1e400 0 0 1 0 0\nv 0 1 0 1 0 0\nf 1 2 3\n",
        "a material elsewhere": "mtllib ../../../../../../etc/hostname\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
        "itself as material": "mtllib a.obj\nusemtl a\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n",
        "a large polygon": "v 0 0 0\n" * 2000 + "f " + " ".join(str(k + 1) for k in range(2000)) + "\n",
        "many groups": "v 0 0 0\nv 1 0 0\nv 0 1 0\n" + "".join(f"g a{k}\nusemtl m{k}\nf 1 2 3\n" for k in range(3000)),
        "long": "v 0 0 0 " + "1 " * 200_000 + "\nf 1 1 1\n",
    }
    return {name: text.encode() for name, text in texts.items()}


def plys() -> dict[str, bytes]:
    def ply(kind: str, elements: str, body: bytes) -> bytes:
        return f"ply\nformat {kind} 1.0\n{elements}end_header\n".encode() + body

    xyz = "property float x\nproperty float y\nproperty float z\n"
    faces = "element face 1\nproperty list uchar int vertex_indices\n"
    wide = "element face 1\nproperty list uint int vertex_indices\n"
    binary, three, places = "binary_little_endian", f"element vertex 3\n{xyz}", bytes(36)
    row, lines = b"\x03" + struct.pack("<3i", 0, 1, 2), b"0 0 0\n" * 3 + b"3 0 1 2\n"
    elsewhere = f"comment TextureFile ../../etc/hostname\n{three}{faces}"
    return {
        "vertices of terabytes": ply(binary, f"element vertex {HUGE}\n{xyz}{faces}", places + row),
        "ascii terabytes": ply("ascii", f"element vertex {HUGE}\n{xyz}{faces}", lines),
        "less than no vertices": ply(binary, f"element vertex -3\n{xyz}{faces}", places + row),
        "corners beyond": ply(binary, three + faces, places + b"\x03" + b"\x7f" * 12),
        "corners below": ply(binary, three + faces, places + b"\x03" + b"\xff" * 12),
        "lists of billions": ply(binary, three + wide, places + b"\xff\xff\xff\x7f" + bytes(12)),
        "a texture elsewhere": ply("ascii", elsewhere, lines),
    }
