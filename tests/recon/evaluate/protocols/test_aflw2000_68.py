from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.evaluate.landmark_photos import FoundPoints, find_points
from recon.evaluate.protocols import aflw2000_68
from recon.evaluate.protocols.aflw2000_68 import by_yaw, errors, score_photo
from recon.evaluate.protocols.dense_nme import true_places
from recon.faces import load
from recon.methods.base import FaceGeometry, FaceLandmarks
from recon.photos.aflw2000 import read_fitted
from recon.photos.framing import from_landmarks
from recon.synthesis.record import Record
from tests.fakes import MapsReconstructor
from tests.recon.photos.test_aflw2000 import write_fitted


class Points(MapsReconstructor):
    """Answers the same 68 pixels always."""

    def __init__(self, pixels: np.ndarray) -> None:
        super().__init__()
        self.pixels = torch.from_numpy(pixels).float()

    def predict(self, image: torch.Tensor) -> FaceGeometry:
        pixels = self.pixels.expand(len(image), 68, 2)
        return FaceGeometry(landmarks=FaceLandmarks(pixels, torch.ones(pixels.shape[:2])))


def a_face() -> np.ndarray:
    """(68, 3) the mean face's landmarks, 3 px a mm, in the middle of 450 px."""
    model = load("default")
    marks = model.mean[model.landmarks].double().numpy()
    return marks * (2, -2, 2) + (225, 200, 0)


def test_the_errors_by_hand_and_by_a_slow_loop() -> None:
    true = np.zeros((68, 3))
    true[:, 0], true[:, 1] = np.linspace(0, 40, 68), np.linspace(0, 90, 68)  # box of 40 by 90: 60
    assert errors(true + (3, 4, 100), true, "scale") == pytest.approx((100 * 5 / 60, 100 * 5 / 60))
    found = true + np.random.default_rng(0).normal(size=(68, 3))
    flat = solid = 0.0
    shift = sum(true[k, 2] - found[k, 2] for k in range(68)) / 68
    for k in range(68):
        x, y, z = found[k] - true[k]
        flat += (x**2 + y**2) ** 0.5 / 68 / 60 * 100
        solid += (x**2 + y**2 + (z + shift) ** 2) ** 0.5 / 68 / 60 * 100
    assert errors(found, true, "scale") == pytest.approx((flat, solid))
    assert np.isnan(errors(np.full((68, 3), np.nan), true, "scale")[1])


def test_points_of_the_frame_come_back_to_the_photo(tmp_path: Path) -> None:
    true = a_face()
    write_fitted(tmp_path / "a.jpg", true)
    framing = from_landmarks(true)
    inside = framing.to_photo(128).inverse()(true[:, :2])
    (found,) = find_points(Points(inside), [(tmp_path / "a.jpg", framing)])
    assert found.points is not None
    np.testing.assert_allclose(found.points[:, :2], true[:, :2], atol=1e-3)
    value = score_photo(found, read_fitted(tmp_path / "a.jpg"))
    assert value["nme_2d"] < 1e-3 and np.isnan(value["nme_3d"]) and value["found"]
    lost = score_photo(FoundPoints(None, "scale"), read_fitted(tmp_path / "a.jpg"))
    assert lost["nme_2d"] == lost["nme_3d"] == 100 and not lost["found"]


def test_rows_are_by_yaw_and_their_mean_weighs_each_range_alike() -> None:
    values = [
        {"yaw_deg": yaw, "nme_2d": error, "nme_3d": np.nan}
        for yaw, error in ((0, 1.0), (-30, 3.0), (31, 4.0), (-60, 6.0), (75, 11.0), (95, 100.0))
    ]
    rows = {figure.group: figure.value for figure in by_yaw(values)}
    assert rows == {
        "yaw 0 to 30": 2.0,
        "yaw 30 to 60": 5.0,
        "yaw 60 to 90": 11.0,
        "mean of the ranges": 6.0,
        "all photos": pytest.approx(125 / 6),
    }


def test_the_bundled_network_on_photos_laid_out_as_the_set_is(tmp_path: Path, records: list[Record]) -> None:
    model = load("default")
    for record in records[:3]:
        points = true_places(record)[model.landmarks.numpy()]
        photo = tmp_path / f"image{record.index:05d}.jpg"
        write_fitted(photo, 7 * points, yaw=0.6 * record.index)
        Image.fromarray(record.rgb).resize((448, 448), Image.Resampling.BICUBIC).save(photo, quality=95)
    result = aflw2000_68.run(aflw2000_68.Settings(tmp_path, each=1, graded=3))
    assert [value["photo"] for value in result.values] == ["image00000.jpg", "image00001.jpg", "image00002.jpg"]
    assert all(0.5 < value["nme_2d"] < 12 and 0.5 < value["nme_3d"] < 15 for value in result.values)
    assert result.pictures["ced"].ndim == 3 and result.self_grade is not None
    result.write(tmp_path / "out", "aflw", [])
    assert (tmp_path / "out/aflw.ced.png").is_file()
