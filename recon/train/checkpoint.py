"""Checkpoints: everything that an exact resume needs, written whole, read without arbitrary pickle."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from recon.arrays import refuse_packed
from recon.errors import UserError
from recon.files import whole_file
from recon.train.state import State

KEPT = 2
DIGEST = hashlib.sha256().digest_size


def save_checkpoint(run_dir: Path, state: State, rng_states: list[dict[str, Any]]) -> Path:
    """Write `run_dir/checkpoints/step_<step>.pt` and drop all but the last two.

    `rng_states` holds one entry for each process (`recon.train.state.rng_state`). Behind torch's bytes, where torch
    does not look, stands their SHA-256: torch checks no sum, and a zip's own ones leave out what lies between entries.
    """
    path = _folder(run_dir) / f"step_{state.step:08d}.pt"
    contents: dict[str, Any] = {
        kind: {name: part.state_dict() for name, part in parts.items()} for kind, parts in state.parts().items()
    }
    buffer = io.BytesIO()  # torch's own file writer hides which OSError it met
    torch.save({"step": state.step, "rng": rng_states, **contents}, buffer)
    buffer.write(_digest(buffer.getbuffer()))
    with whole_file(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())
    for old in checkpoints(run_dir)[:-KEPT]:
        old.unlink()
    return path


def load_checkpoint(path: Path, state: State) -> list[dict[str, Any]]:
    """Fill `state` from `path` and return the random states, one for each process."""
    contents = _read(path)
    try:
        for kind, parts in state.parts().items():
            if contents[kind].keys() != parts.keys():
                raise KeyError(f"{kind}: {sorted(contents[kind])} instead of {sorted(parts)}")
            for name, part in parts.items():
                part.load_state_dict(contents[kind][name])
        state.step = contents["step"]
        return contents["rng"]
    except (KeyError, ValueError, RuntimeError, TypeError, AttributeError, IndexError) as error:
        reason = (str(error).strip("'\"").splitlines() or [type(error).__name__])[-1].strip()
        raise UserError(
            f"the checkpoint {path} does not fit this configuration ({reason}): "
            "give the configuration that it was written with, or another --out"
        ) from None


def checkpoints(run_dir: Path) -> list[Path]:
    """The run's checkpoints, oldest first."""
    return sorted(_folder(run_dir).glob("step_*.pt"))


def _folder(run_dir: Path) -> Path:
    return Path(run_dir) / "checkpoints"


def _digest(content: memoryview) -> bytes:
    return hashlib.sha256(content).digest()


def _read(path: Path) -> dict[str, Any]:
    mend = f"the checkpoint {path} is broken: delete it"
    others = [other for other in sorted(path.parent.glob("step_*.pt")) if other < path]
    mend += f", and training resumes from {others[-1].name}" if others else ", and training starts anew"
    try:
        refuse_packed(path)
        stored = memoryview(path.read_bytes())
        whole = stored[-DIGEST:] == _digest(stored[:-DIGEST])
        contents = torch.load(io.BytesIO(stored), map_location="cpu", weights_only=True) if whole else None
    except (Exception, MemoryError):  # a spoilt pickle may end in any
        raise UserError(mend) from None
    if not isinstance(contents, dict) or not {"step", "rng"} <= contents.keys():
        raise UserError(mend)
    return contents
