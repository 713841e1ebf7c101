from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recon.errors import UserError
from recon.evaluate.protocols import renders
from recon.evaluate.protocols.renders import score_records
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.synthesis.record import Record
from tests.recon.evaluate.known_answers import Blind, Oracle, truths


def score(network: Reconstructor, records: list[Record]) -> list[dict[str, Any]]:
    return score_records(network, records, load("default").canonical_box_mm.numpy(), batch_size=4)


def test_the_truth_up_to_scale_scores_nothing_wrong(records: list[Record]) -> None:
    values = score(Oracle(truths(records), scale=0.37), records)
    assert [image["index"] for image in values] == list(range(6))
    for image in values:
        assert image["depth_p90"] < 1e-3 and image["correspondence_p90_mm"] < 1e-3
        assert image["mask_iou"] == 1 and image["coverage"] == 1
        assert image["normal_deg"] < 12, "finite differences at 64 px against the smooth normals"


def test_noise_is_measured_as_what_it_is(records: list[Record]) -> None:
    values = score(Oracle(truths(records), noise_mm=2.0), records)
    expected = 2 * np.sqrt(2 / np.pi)  # mean of the absolute value of a normal deviate
    assert np.mean([image["depth_mean_mm"] for image in values]) == pytest.approx(expected, rel=0.05)


def test_a_network_that_sees_no_face_is_charged_the_worst(records: list[Record]) -> None:
    for image in score(Blind(), records):
        assert image["depth_mean"] == pytest.approx(100) and image["coverage"] == 0 and image["mask_iou"] == 0


def test_the_network_is_left_in_the_mode_it_was_in(records: list[Record]) -> None:
    network = Blind().train()
    score(network, records)
    assert network.training


def test_the_bundled_network_is_scored_with_its_interval_and_digest() -> None:
    scene = Path("configs/scenes/painted.yaml")
    result = renders.run(renders.Settings(count=4, scene=scene))
    assert [figure.name for figure in result.figures] == list(renders.MEASURES)
    assert all(figure.n == 4 and figure.low <= figure.value <= figure.high for figure in result.figures)
    assert list(result.weights) == ["pix2vertex.safetensors", "wild.safetensors"] and len(result.values) == 4
    assert result.settings["scene"] == str(scene) and "painted" in result.title


@pytest.mark.parametrize("wrong", [{"count": 0}, {"size": 8}])
def test_settings_that_measure_nothing_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError, match="or more"):
        renders.run(renders.Settings(**wrong))
