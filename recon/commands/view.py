"""`recon view`: a result in the browser, through viser."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import trimesh

from recon.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", type=Path, help="a face's folder that `recon reconstruct` wrote, or a mesh file")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="of the local page (default: 8080)")


def run(args: argparse.Namespace) -> None:
    mesh = load_mesh(args.result)
    try:
        import viser  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise UserError("viewing needs viser: pip install 'synth2real[viewer]'") from None
    server = viser.ViserServer(port=args.port)
    server.scene.set_up_direction("+y")
    mesh.apply_translation(-mesh.bounds.mean(0))
    mesh.apply_scale(1.0 / mesh.extents.max())
    server.scene.add_mesh_trimesh("/face", mesh)
    print(f"http://localhost:{args.port} shows {args.result}; Ctrl-C ends it")
    while True:
        time.sleep(1.0)


def load_mesh(place: Path) -> trimesh.Trimesh:
    """The mesh file `place`, or the one in the folder `place`."""
    files = sorted(place.glob("mesh.*[ybj]")) + sorted(place.glob("mesh.stl")) if place.is_dir() else [place]
    if not files or not files[0].is_file():
        raise UserError(f"{place} holds no mesh.obj, .ply, .glb or .stl: give a face's folder of `recon reconstruct`")
    try:
        return trimesh.load(files[0], force="mesh")  # type: ignore[return-value]
    except Exception as error:  # trimesh's readers raise almost anything on a broken file
        raise UserError(f"{files[0]} can't be read as a mesh ({type(error).__name__})") from None
