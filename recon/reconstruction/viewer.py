"""A mesh in the browser, through viser."""

from __future__ import annotations

import time
from pathlib import Path

import trimesh

from recon.errors import UserError
from recon.geometry.mesh_files import load_mesh


def read_mesh(place: Path) -> trimesh.Trimesh:
    """The mesh file `place`, or the one in the folder `place`."""
    files = sorted(place.glob("mesh.*[ybj]")) + sorted(place.glob("mesh.stl")) if place.is_dir() else [place]
    if not files or not files[0].is_file():
        raise UserError(f"{place} holds no mesh.obj, .ply, .glb or .stl: give a face's folder of `recon reconstruct`")
    return load_mesh(files[0])


def show(mesh: trimesh.Trimesh, port: int) -> None:
    """Serve the mesh on a local page until interrupted."""
    try:
        import viser  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise UserError("viewing needs viser: pip install 'synth2real[viewer]'") from None
    server = viser.ViserServer(port=port)
    server.scene.set_up_direction("+y")
    mesh.apply_translation(-mesh.bounds.mean(0))
    mesh.apply_scale(1.0 / mesh.extents.max())
    server.scene.add_mesh_trimesh("/face", mesh)
    print(f"http://localhost:{port} shows it; Ctrl-C ends it", flush=True)
    while True:
        time.sleep(1.0)
