"""`recon view`: a result in the browser, through viser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, positional


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes.

    result  a face's folder that `recon reconstruct` wrote, or a mesh file
    port    of the local page
    """

    result: Path = positional("RESULT")
    port: int = bounded(8080, 1, 65535)


def run(options: Options) -> None:
    from recon.reconstruction.viewer import read_mesh, show

    show(read_mesh(options.result), options.port)
