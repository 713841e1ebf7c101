"""The protocols on networks whose answers are known: one that looks up the truth, one that adds noise, a blind one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor

from recon.errors import UserError
from recon.evaluate.protocols.photos import POINTS, Photo, evaluate_photos, load_photos, locate
from recon.evaluate.protocols.renders import drawn_records, evaluate_records
from recon.evaluate.protocols.scan import Scan, evaluate_scan, load_scan, render_views
from recon.evaluate.report import Report
from recon.faces import load
from recon.methods.base import FaceGeometry, Reconstructor
from recon.synthesis.record import Record
from tests.fakes import MapsReconstructor, of_maps

SIZE = 64
EVAL = Path(__file__).parents[4] / "shared" / "eval"


class Oracle(MapsReconstructor):
    """Answers prepared truths, in the order in which it is asked."""

    def __init__(
        self, truths: list[tuple[np.ndarray, np.ndarray, np.ndarray]], scale: float = 1.0, noise_mm: float = 0.0
    ):
        super().__init__()
        self.truths, self.scale, self.noise_mm, self.asked = truths, scale, noise_mm, 0

    def predict(self, image: Tensor) -> FaceGeometry:
        chosen = self.truths[self.asked : self.asked + len(image)]
        self.asked += len(image)
        mask, position, places = (torch.as_tensor(np.nan_to_num(np.stack(maps))) for maps in zip(*chosen, strict=True))
        noise = torch.randn(position.shape, generator=torch.manual_seed(0)) * self.noise_mm
        position = self.scale * (position + noise)
        return of_maps(mask[:, None].float(), position.permute(0, 3, 1, 2), places.permute(0, 3, 1, 2))


class Blind(MapsReconstructor):
    """Sees no face anywhere."""

    def predict(self, image: Tensor) -> FaceGeometry:
        return of_maps(torch.zeros_like(image[:, :1]), torch.zeros_like(image), torch.zeros_like(image))


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(drawn_records(load("default"), 6, SIZE, seed=5))


def truths(records: list[Record]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    return [(record.mask, record.position_mm, record.correspondence) for record in records]


def score(network: Reconstructor, records: list[Record]) -> Report:
    return evaluate_records(network, records, load("default").canonical_box_mm.numpy(), batch_size=4)


def test_the_truth_up_to_scale_scores_nothing_wrong(records: list[Record]) -> None:
    report = score(Oracle(truths(records), scale=0.37), records)
    assert len(report.per_image) == 6 and [image["index"] for image in report.per_image] == list(range(6))
    for image in report.per_image:
        assert image["depth_p90"] < 1e-3 and image["correspondence_p90_mm"] < 1e-3
        assert image["mask_iou"] == 1 and image["coverage"] == 1
        assert image["normal_deg"] < 12, "finite differences at 64 px against the smooth normals"


def test_noise_is_measured_as_what_it_is(records: list[Record]) -> None:
    report = score(Oracle(truths(records), noise_mm=2.0), records)
    expected = 2 * np.sqrt(2 / np.pi)  # mean of the absolute value of a normal deviate
    assert np.mean([image["depth_mean_mm"] for image in report.per_image]) == pytest.approx(expected, rel=0.05)


def test_a_network_that_sees_no_face_is_charged_the_worst(records: list[Record]) -> None:
    report = score(Blind(), records)
    for image in report.per_image:
        assert image["depth_mean"] == pytest.approx(100) and image["coverage"] == 0 and image["mask_iou"] == 0


def test_the_network_is_left_in_the_mode_it_was_in(records: list[Record]) -> None:
    network = Blind().train()
    score(network, records)
    assert network.training


def test_locate_finds_a_place_between_pixels() -> None:
    row, column = np.mgrid[0:40, 0:40] + 0.5
    places = np.stack([column / 40, row / 40, np.full_like(row, 0.5)])
    mask = np.ones((40, 40), bool)
    found = locate(places, mask, np.array([17.3 / 40, 22.8 / 40, 0.5]), np.array([150.0, 190.0, 100.0]))
    np.testing.assert_allclose(found, (17.3, 22.8), atol=1e-6)
    assert locate(places, ~mask, np.array([0.5, 0.5, 0.5]), np.ones(3)) is None


def test_photos_are_scored_against_their_points(records: list[Record]) -> None:
    photos = [
        Photo(str(i), record.rgb, {point: record.landmarks_px[point].astype(float) for point in POINTS})
        for i, record in enumerate(records)
    ]
    exact = evaluate_photos(Oracle(truths(records)), photos, load("default"))
    in_view = [
        image["errors"][point]
        for image, record in zip(exact.per_image, records, strict=True)
        for point in POINTS
        if record.landmarks_visible[point]
    ]
    assert len(in_view) > 40 and np.median(in_view) < 1.5, "a third of a pixel of 64"
    blind = evaluate_photos(Blind(), photos, load("default"))
    assert all(set(image["errors"].values()) == {100.0} and not image["detected"] for image in blind.per_image)


@pytest.fixture(scope="module")
def mean_scan() -> Scan:
    """The default mean head itself, turned, as if it were a scan."""
    model = load("default")
    turn = Rotation.from_euler("xyz", (10, -8, 3), degrees=True).as_matrix()
    vertices = model.mean.numpy().astype(np.float64) @ turn.T + (3, 40, -7)
    uv = np.nan_to_num(model.uv.numpy())
    texture = np.full((8, 8, 3), 180, np.uint8)
    return Scan(vertices, model.triangles.numpy(), uv, texture, vertices[model.landmarks.numpy()])


def test_the_mean_face_scanned_is_the_mean_face(mean_scan: Scan) -> None:
    model = load("default")
    views = render_views(mean_scan, model, SIZE)
    assert len(views) == 12 and len({(view.yaw_deg, view.light) for view in views}) == 12
    for view in views:
        assert view.scored.sum() > 300
        assert np.abs(view.z_mm - view.mean_z_mm)[view.scored].max() < 0.05
        assert view.rgb.shape == (SIZE, SIZE, 3)
    left, right = (np.where(view.scored, view.z_mm, -np.inf).argmax() % SIZE for view in (views[0], views[-1]))
    assert right < SIZE / 2 < left, "at yaw -40 the face looks to the left of the image: its right cheek comes nearest"


def test_scan_report_gives_the_ratio_to_the_mean_face(mean_scan: Scan) -> None:
    model = load("default")
    bent = mean_scan.vertices.copy()
    bent[:, 2] += 6 * np.sin(bent[:, 0] / 15)  # a face that the mean is not
    scan = Scan(bent, mean_scan.triangles, mean_scan.uv, mean_scan.texture, bent[model.landmarks.numpy()])
    views = render_views(scan, model, SIZE)
    empty = np.zeros((SIZE, SIZE, 2))
    maps = [
        (view.scored, np.concatenate([empty, view.z_mm[..., None]], 2).astype(np.float32), np.zeros((SIZE, SIZE, 3)))
        for view in views
    ]
    report = evaluate_scan(Oracle(maps, scale=2.0), scan, model, SIZE)
    assert report.rows[-1][:2] == ("all", "all")
    assert all(
        image["network_mm"] < 1e-2 < image["mean_face_mm"] and image["ratio"] < 0.01 for image in report.per_image
    )


def test_folders_without_what_is_needed_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scan"):
        load_scan(tmp_path)
    with pytest.raises(UserError, match=r"no \.jpg"):
        load_photos(tmp_path, 64)
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "a.pts").write_text("1 2\n3 4\n")
    with pytest.raises(UserError, match="189"):
        load_photos(tmp_path, 64)


@pytest.mark.skipif(not EVAL.is_dir(), reason=f"the evaluation data is not at {EVAL}")
def test_the_real_scan_and_photos_load_and_are_framed_like_the_renders() -> None:
    views = render_views(load_scan(EVAL / "james"), load("default"), SIZE)
    assert all(view.scored.sum() > 500 for view in views)
    photos = load_photos(EVAL / "london_dev", SIZE)
    assert len(photos) == 50
    for photo in photos:
        eyes = [np.mean([photo.points[a], photo.points[b]], axis=0) for a, b in ((36, 39), (42, 45))]
        assert 0.23 < (eyes[1] - eyes[0])[0] / SIZE < 0.31
        assert abs(np.mean(eyes, axis=0)[0] / SIZE - 0.5) < 0.03
