"""`recon view`: a result in the browser, through viser."""

from __future__ import annotations

import argparse
from pathlib import Path

from recon.ranges import refuse_beyond
from recon.reconstruction.viewer import read_mesh, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("result", type=Path, help="a face's folder that `recon reconstruct` wrote, or a mesh file")
    parser.add_argument("--port", type=int, default=8080, metavar="N", help="of the local page (default: 8080)")


def run(args: argparse.Namespace) -> None:
    refuse_beyond("port", args.port, 1, 65535)
    show(read_mesh(args.result), args.port)
