"""Bundled files: `data/` and `configs/` of a checkout, or the copies that an installed wheel carries."""

from __future__ import annotations

from pathlib import Path

from recon.errors import UserError

_PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Where the bundled file or folder `data/<name>` lies, in a checkout or in an installed wheel."""
    return _find("data", name)


def config_path(name: str) -> Path:
    """Where the bundled experiment `configs/<name>` lies, such as `recon/pix2vertex.yaml`."""
    return _find("configs", name)


def _find(folder: str, name: str) -> Path:
    # The wheel's copy comes first: next to an installed package, a stray ../data belongs to somebody else.
    candidates = (_PACKAGE / f"_{folder}" / name, _PACKAGE.parent / folder / name)
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise UserError(f"the bundled file {folder}/{name} is missing from this installation: install synth2real again")
