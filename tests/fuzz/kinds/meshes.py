"""Meshes and scans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recon.evaluate.readers import now, textured_mesh, vrml
from recon.reconstruction.viewer import read_mesh as read_for_view
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import PLACES, RNG, TRIANGLES, Seed, made, npy, png


def _meshes() -> list[Seed]:
    import trimesh
    from trimesh.visual import TextureVisuals

    places, triangles = PLACES[:8], TRIANGLES
    painted = TextureVisuals(uv=RNG.random((8, 2)), image=Image.new("RGB", (16, 16), "brown"))
    colours = np.full((8, 4), (200, 160, 140, 255), np.uint8)
    textured = trimesh.Trimesh(places, triangles, visual=painted, process=False)
    plain = trimesh.Trimesh(places, triangles, vertex_colors=colours, process=False)

    def write(folder: Path, mesh: Any, name: str, target: str = "", **options: Any) -> Path:
        mesh.export(folder / name, **options)
        return folder / (target or name)

    def named(folder: Path) -> Path:
        """A PLY with the name of its picture and a place in it at each corner, as MeshLab writes."""
        head = (
            f"ply\nformat ascii 1.0\ncomment TextureFile a.png\nelement vertex {len(places)}\nproperty float x\n"
            f"property float y\nproperty float z\nelement face {len(triangles)}\n"
            "property list uchar int vertex_indices\nproperty list uchar float texcoord\nend_header\n"
        )
        rows = [f"{x} {y} {z}" for x, y, z in places] + [f"3 {a} {b} {c} 6 0 0 1 0 .5 1" for a, b, c in triangles]
        (folder / "a.png").write_bytes(png())
        (folder / "a.ply").write_text(head + "\n".join(rows) + "\n")
        return folder / "a.ply"

    return made(
        named,
        lambda folder: write(folder, textured, "a.obj"),
        lambda folder: write(folder, textured, "a.obj", "material.mtl"),
        lambda folder: write(folder, textured, "a.obj", "material_0.png"),
        lambda folder: write(folder, plain, "a.obj"),
        lambda folder: write(folder, textured, "a.glb"),
        lambda folder: write(folder, plain, "a.glb"),
        lambda folder: write(folder, plain, "a.ply"),
        lambda folder: write(folder, plain, "a.ply", encoding="ascii"),
    )


def _mesh(file: Path) -> None:
    places = [one for one in sorted(file.parent.iterdir()) if one.suffix in textured_mesh.MESHES]
    textured_mesh.read_mesh(places[0])


def _viewed(file: Path) -> None:
    read_for_view(next(one for one in sorted(file.parent.iterdir()) if one.suffix in textured_mesh.MESHES))


def _scans() -> list[Seed]:
    """BU-3DFE's three files, each spoilt in turn; the eyes are 90 mm apart."""
    points = np.concatenate([[[-45.0, 0, 0], [45, 0, 0], [0, 0, 0]], PLACES[:5]])
    text = ", ".join(" ".join(f"{x:.3f}" for x in row) for row in points)
    uv = ", ".join(f"{u:.3f} {v:.3f}" for u, v in RNG.random((8, 2)))
    corners = ", ".join(f"{a}, {b}, {c}, -1" for a, b, c in TRIANGLES)
    wrl = (
        '#VRML V2.0 utf8\nShape { texture ImageTexture { url "C:\\x\\a.bmp" }\n'
        f" coord Coordinate {{ point [ {text} ] }}"
        f" coordIndex [ {corners} ] texCoord TextureCoordinate {{ point [ {uv} ] }} texCoordIndex [ {corners} ] }}\n"
    )
    bnd = "\n".join(f"{k} {(-45, 45)[k // 8 % 2] if k < 16 else 0} 0 0" for k in range(83))
    files = {"a.wrl": wrl.encode(), "a.bnd": bnd.encode(), "a.bmp": png(20)}
    return [Seed(name, files) for name in files]


def _scan(file: Path) -> None:
    vrml.read_wrl_scan(file.with_name("a.wrl"), file.with_name("a.bnd"))


def _made_meshes() -> list[Seed]:
    return [
        Seed(
            "A/selfie/a.npy",
            {"A/selfie/a.npy": npy(np.ones((7, 3))), "A/selfie/a.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"},
        ),
        Seed(
            "A/selfie/a.obj",
            {"A/selfie/a.npy": npy(np.ones((7, 3))), "A/selfie/a.obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"},
        ),
    ]


def _made(file: Path) -> None:
    now.Picture(Path("x"), "A", "selfie", "a.jpg").made(file.parents[2])


READERS = (
    Reader("meshes", _mesh, _meshes),
    Reader("meshes to view", _viewed, _meshes),
    Reader("meshes to score", _made, _made_meshes),
    Reader("VRML scans", _scan, _scans),
)
