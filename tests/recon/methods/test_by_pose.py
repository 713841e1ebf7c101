import numpy as np
import pytest
import torch
from torch import Tensor

from recon.evaluate.metrics.depth import depth_errors
from recon.faces import load
from recon.methods.base import FaceGeometry, FaceMaps
from recon.methods.by_pose import ByPose, poses_deg
from recon.reconstruction.networks import bundled_files, bundled_network
from recon.synthesis.pose import head_rotation
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from tests.fakes import MapsReconstructor, of_maps

SIZE = 24
PITCH, ROLL = 12.0, 8.0  # degrees
CORRESPONDENCE = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))


def head(yaw_deg: float) -> Tensor:
    """(3, SIZE, SIZE) mm: where the places of CORRESPONDENCE are on a head that is turned and tilted."""
    low, high = load("default").canonical_box_mm
    places = low + CORRESPONDENCE.permute(1, 2, 0) * (high - low)
    return (1.3 * places @ torch.from_numpy(head_rotation(yaw_deg, PITCH, ROLL)).T + 5.0).permute(2, 0, 1)


class Frontal(MapsReconstructor):
    """Its positions are the image's colours, twice. Notes how many images it is asked about."""

    asked = 0

    def predict(self, image: Tensor) -> FaceGeometry:
        self.asked += len(image)
        return of_maps(torch.full_like(image[:, :1], 0.9), 2 * image, image + 1)


class Turned(MapsReconstructor):
    """Reads the yaw in degrees off an image's first pixel; sees no face where its second is below 0."""

    size = 256  # type: ignore[assignment]

    def predict(self, image: Tensor) -> FaceGeometry:
        count = len(image)
        position = torch.stack([head(float(yaw)) for yaw in image.detach()[:, 0, 0, 0]]) + 0 * image
        seen = (image.detach()[:, :1, :1, 1:2] >= 0).float().expand(-1, 1, SIZE, SIZE)
        amodal, classes = torch.full_like(seen, 0.5), torch.rand(count, 12, SIZE, SIZE)
        correspondence = CORRESPONDENCE.expand(count, -1, -1, -1)
        return FaceGeometry(FaceMaps(seen, position, correspondence, amodal, classes), ambiguity="affine")


def images(*yaws_deg: float) -> Tensor:
    made = torch.rand(len(yaws_deg), 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    made[:, 0, 0, 0] = torch.tensor(yaws_deg)
    return made


def test_poses_are_told_and_not_of_too_little_of_a_face() -> None:
    wanted = (0.0, -30.0, 44.0, 90.0)
    answer = Turned().predict(images(*wanted))
    np.testing.assert_allclose(poses_deg(answer), [(yaw, PITCH, ROLL) for yaw in wanted], atol=1e-3)
    assert np.isnan(poses_deg(of_maps(answer.mask * 0, answer.position_mm, answer.correspondence))).all()


def test_each_image_of_a_batch_is_answered_by_the_one_for_its_pose() -> None:
    image, frontal = images(-60.0, 10.0, 50.0, -20.0), Frontal()
    pair, turned = ByPose(frontal, Turned(), 25.0).predict(image), Turned().predict(image)
    for i, other in enumerate((turned, None, turned, None)):
        wanted = Frontal().predict(image[i : i + 1]) if other is None else other
        row = 0 if other is None else i
        for name in ("mask", "position_mm", "correspondence"):
            assert torch.equal(getattr(pair, name)[i], getattr(wanted, name)[row])
    assert frontal.asked == 2 and pair.ambiguity == "affine"


def test_classes_stay_and_what_is_seen_of_a_face_is_part_of_it() -> None:
    image = images(-60.0, 10.0)
    torch.manual_seed(2)
    maps = ByPose(Frontal(), Turned(), 25.0).predict(image).maps
    torch.manual_seed(2)
    alone = Turned().predict(image).maps
    assert maps is not None and alone is not None and maps.amodal_mask is not None
    assert torch.equal(maps.classes, alone.classes)
    assert torch.allclose(maps.amodal_mask[1], torch.tensor(0.9)) and torch.allclose(maps.amodal_mask, maps.mask)


def test_the_limits_themselves_are_frontal_and_no_face_is_not() -> None:
    pair, none = ByPose(Frontal(), Turned(), 25.0, 18.0), float("nan")
    within, beyond = [(25, 40, -18), (-25, -40, 18)], [(25.01, 0, 0), (-25.01, 0, 0), (0, 0, 18.01), (0, 0, -90)]
    answers = pair.is_frontal(np.array([*within, *beyond, (none, none, none)]))
    assert answers.tolist() == [True, True, *5 * [False]]
    frontal, image = Frontal(), images(24.99, 25.01, 0.0)
    image[2, 0, 0, 1] = -1.0  # where nothing is seen
    ByPose(frontal, Turned(), 25.0).predict(image)
    assert frontal.asked == 1


def test_a_head_that_lies_on_its_side_is_the_turned_ones() -> None:
    frontal = Frontal()
    ByPose(frontal, Turned(), 25.0, ROLL - 0.01).predict(images(0.0))
    assert frontal.asked == 0
    ByPose(frontal, Turned(), 25.0, ROLL + 0.01).predict(images(0.0))
    assert frontal.asked == 1


def test_gradients_reach_every_image_of_a_batch() -> None:
    image = images(-60.0, 10.0).requires_grad_()
    ByPose(Frontal(), Turned(), 25.0).predict(image).position_mm.sum().backward()
    assert image.grad is not None and torch.all(image.grad[1] == 2)  # the turned one's are 0 by its make


def test_it_asks_for_the_larger_images_and_is_frozen_where_both_are() -> None:
    assert ByPose(Frontal(), Turned()).size == ByPose(Turned(), Frontal()).size == 256
    assert not ByPose(Frontal(), Turned().freeze()).frozen
    both = ByPose(Frontal().freeze(), Turned().freeze())
    assert both.frozen and not both.train().training


@pytest.fixture(scope="module")
def drawn() -> dict[float, Record]:
    """Yaw -> a record of a head so turned."""
    model, scenes = load("default"), {}
    for yaw in (8.0, 65.0):
        config = SceneConfig(yaw_max_deg=90, balance={"yaw_deg": {f"{yaw}:{yaw + 1}": 1.0}})  # type: ignore[arg-type]
        scenes[yaw] = render_record(model, draw_scene(model, 12, 0, config), 256)
    return scenes


def test_the_bundled_pair_answers_as_the_better_one_of_drawn_heads(drawn: dict[float, Record]) -> None:
    pair = bundled_network()
    assert isinstance(pair, ByPose) and len(bundled_files()) == 2
    for yaw, record in drawn.items():
        image = torch.from_numpy(record.rgb).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            found, frontal, turned = (network.predict(image) for network in (pair, pair.frontal, pair.turned))
        better, other = (frontal, turned) if yaw < 30 else (turned, frontal)
        torch.testing.assert_close(found.position_mm, better.position_mm, atol=1e-2, rtol=0)
        assert error_mm(better, record) < error_mm(other, record)
        assert poses_deg(found)[0, 0] == pytest.approx(yaw, abs=8)


def error_mm(geometry: FaceGeometry, record: Record) -> float:
    found = geometry.mask[0, 0].numpy()[record.mask] > 0.5
    return depth_errors(geometry.position_mm[0, 2].numpy()[record.mask], record.depth_mm[record.mask], found).mean_mm
