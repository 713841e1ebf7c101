"""What a run was begun with: kept in its folder, compared when it goes on, and hashed into its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from recon.configuration import flat, read_yaml, to_plain, write_config
from recon.errors import UserError
from recon.files import whole_file
from recon.train.checkpoint import checkpoints

FREE = ("workers", "log_every", "evaluate_every", "checkpoint_every")  # may change between two sittings


def keep_settings(config: Any, inputs: Mapping[str, str], run_dir: Path) -> str:
    """Write `experiment.yaml` (the resolved config) and `inputs.yaml` into the run's folder.

    Args:
        config: a dataclass with all that decides the result. inputs: digests of what the files hold that it names.
    Returns:
        The hash of both, without what may change between two sittings.
    Raises:
        UserError: the run was begun with something else; it names the first key that differs.
    """
    experiment, held = run_dir / "experiment.yaml", run_dir / "inputs.yaml"
    if checkpoints(run_dir):
        if not experiment.is_file():
            raise UserError(f"{run_dir} holds checkpoints without their {experiment.name}: name another --out")
        _compare(flat(read_yaml(experiment)), flat(to_plain(config)), run_dir, "")
        _compare(read_yaml(held) if held.is_file() else {}, dict(inputs), run_dir, "the content of ")
    write_config(config, experiment)
    with whole_file(held) as temporary:
        temporary.write_text(yaml.safe_dump(dict(inputs)))
    return settings_hash(config, inputs)


def settings_hash(config: Any, inputs: Mapping[str, str]) -> str:
    """16 hexadecimal digits that are the same for the same experiment on the same data."""
    plain = {key: value for key, value in to_plain(config).items() if key not in FREE}
    return hashlib.sha256(json.dumps([plain, dict(inputs)], sort_keys=True).encode()).hexdigest()[:16]


def _compare(before: dict[str, Any], now: dict[str, Any], run_dir: Path, what: str) -> None:
    for key in sorted(before.keys() | now.keys()):
        if key not in FREE and before.get(key) != now.get(key):
            raise UserError(
                f"the run in {run_dir} was begun with {what}{key} = {before.get(key)}, not {now.get(key)}: "
                "give it as before, or another --out"
            )
