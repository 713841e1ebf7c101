"""The ablations' files: one setting apart from their baseline, and small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recon.configuration import to_plain
from recon.train.experiment import read_experiment

FOLDER = Path(__file__).parents[3] / "configs/recon/ablations"
APART = {
    "prnet_face_alike": ("prnet_mask", "losses.ratios"),
    "prnet_no_mask": ("prnet_mask", "losses.ratios"),
    "vrn_sigma_2": ("vrn_guided", "network.sigma_px"),
    "vrn_frontal": ("vrn_plain", "network.aligned"),
    "vrn_plain": ("vrn_guided", "network.variant"),
    "normals_off": ("joint", "losses.normals"),
    "separate": ("joint", "network.outputs"),
}


def flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {key: value}
    return {k: v for name, one in value.items() for k, v in flat(one, f"{key}.{name}" if key else name).items()}


@pytest.mark.parametrize("name", APART)
def test_an_ablation_is_one_setting_apart(name: str) -> None:
    baseline, key = APART[name]
    one, other = (flat(to_plain(read_experiment(FOLDER / f"{file}.yaml"))) for file in (name, baseline))
    assert [k for k in one if one[k] != other[k]] == [key] and one.keys() == other.keys()
