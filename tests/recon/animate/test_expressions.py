from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from recon.animate.actor import Pose
from recon.animate.expressions import (
    EASED,
    SWEEP,
    active_units,
    asked_for,
    folder_frames,
    smoothed,
    sweep,
    toward,
    video_frames,
)
from recon.animate.pictures import strip_of, write_mp4
from recon.errors import UserError
from recon.faces import load
from recon.fitting.model_fit import rotation_of

MODEL = load("default")
REST = Pose(np.zeros(len(MODEL.expression_names)), np.zeros(3), np.eye(3))


def test_an_expression_is_made_and_unmade() -> None:
    start = Pose(MODEL.coefficients({"jawOpen": 0.4}).double().numpy(), np.zeros(3), rotation_of(np.array([0, 0.3, 0])))
    poses = toward(MODEL, start, {"mouthSmile": 0.8}, 12.0).poses
    assert len(poses) == 2 * EASED + 1
    for end in (poses[0], poses[-1]):
        np.testing.assert_allclose(end.expression, start.expression, atol=1e-12)
        assert not end.jaw.any() and end.rotation is start.rotation
    told = MODEL.activations(poses[EASED].expression)
    assert told == pytest.approx({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8})
    assert np.degrees(poses[EASED].jaw[0]) == pytest.approx(12)
    steps = [float(np.abs(b.expression - a.expression).max()) for a, b in pairwise(poses)]
    assert steps[0] < steps[EASED // 2] > steps[EASED - 1]  # slow at the ends


def test_a_sweep_comes_to_rest_between_its_expressions() -> None:
    poses = sweep(MODEL, REST).poses
    assert len(poses) == len(SWEEP) * (2 * EASED + 1)
    still = [number for number, pose in enumerate(poses) if np.abs(pose.expression).max() < 1e-12]
    assert len(still) == 2 * len(SWEEP)
    seen = {name for pose in poses for name in MODEL.activations(pose.expression)}
    assert {"mouthSmileLeft", "browInnerUp", "jawOpen", "eyeBlinkRight"} <= seen


def test_smoothing_leaves_still_heads_still_and_rotations_rotations() -> None:
    still = smoothed([REST] * 3)
    assert all(np.array_equal(pose.rotation, np.eye(3)) for pose in still) and len(still) == 3
    turns = [Pose(np.full(2, float(n)), np.zeros(3), rotation_of(np.array([0, 0.2 * n, 0]))) for n in range(3)]
    middle = smoothed(turns)
    assert [float(pose.expression[0]) for pose in middle] == [0.25, 1.0, 1.75]
    np.testing.assert_allclose(middle[1].rotation, turns[1].rotation, atol=1e-12)
    np.testing.assert_allclose(middle[0].rotation @ middle[0].rotation.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["jawOpen"], "give NAME=VALUE"),
        (["jawOpen=wide"], "give NAME=VALUE"),
        (["jaw=50"], "degrees"),
        (["jaw=nan"], "degrees"),
        (["jawOpn=1"], "did you mean 'jawOpen'"),
        (["jawOpen=2"], "beyond"),
        (["jawOpen=nan"], "beyond"),
    ],
)
def test_what_is_no_expression_is_refused(words: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        active_units(MODEL, asked_for(words)[0])


def test_a_video_is_read_as_it_was_written(tmp_path: Path) -> None:
    frames = [np.full((64, 96, 3), (40 * n, 200 - 40 * n, 90), np.uint8) for n in range(5)]
    write_mp4(tmp_path / "five.mp4", frames, 12.0)
    read, fps = video_frames(tmp_path / "five.mp4")
    assert len(read) == 5 and fps == pytest.approx(12)
    for frame, (_, image) in zip(frames, read, strict=True):
        assert np.abs(np.asarray(image).mean((0, 1)) - frame.mean((0, 1))).max() < 6
    (tmp_path / "none.mp4").write_bytes(b"no video")
    for name, said in (("gone.mp4", "no such video"), ("none.mp4", "is no video")):
        with pytest.raises(UserError, match=said):
            video_frames(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no images"):
        folder_frames(tmp_path / "empty")


def test_a_strip_holds_the_first_and_the_last_frame() -> None:
    frames = [np.full((2, 3, 3), n, np.uint8) for n in range(30)]
    strip = strip_of(frames)
    assert strip.shape == (6, 12, 3) and strip[0, 0, 0] == 0 and strip[-1, -1, 0] == 29
    assert strip_of(frames[:1]).shape == (2, 12, 3)
