from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from recon.errors import UserError
from recon.evaluate.protocols import now
from recon.evaluate.readers.now import Picture
from recon.evaluate.scan import Scan
from recon.evaluate.sitting import Light, sit
from recon.faces import load
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.network import Deca
from recon.methods.pretrained import save_weights
from recon.photos.framing import BOX_EYES
from tests.recon.evaluate.small_sets import Head, seven_of, write_now, write_obj


@pytest.fixture(scope="module")
def heads() -> list[Head]:
    return [Head(1), Head(2)]


def write_made(folder: Path, head: Head, person: str, name: str, unit: float) -> None:
    """A mesh of another unit, with its landmarks."""
    place = folder / person / "multiview_neutral" / name
    made = Head.__new__(Head)
    made.__dict__.update(head.__dict__, vertices=head.vertices * unit + 5)
    write_obj(place.with_suffix(".obj"), made, texture=None)
    np.savetxt(place.with_suffix(".txt"), seven_of(head.landmarks) * unit + 5)


def test_meshes_of_any_program(tmp_path: Path, heads: list[Head]) -> None:
    for person, head in zip(("FaMoS_1_TA", "FaMoS_2_TA"), heads, strict=True):
        write_now(tmp_path, head, person)
        write_made(
            tmp_path / "made", heads[0], person, "IMG_1", 1 / 10
        )  # right for the first, another's for the second
    result = now.run(now.Settings(tmp_path, meshes=tmp_path / "made", graded=0))
    first, second = result.values
    assert first["median"] < 0.01 < 0.3 < second["median"] < 3
    figures = {(figure.group, figure.name): figure for figure in result.figures}
    told = figures["all photos", "mean"]
    assert told.n == 2 and first["mean"] < told.value < second["mean"] and told.low is not None
    assert figures["multiview neutral", "made"].value == 100 and not result.weights
    (tmp_path / "made/FaMoS_2_TA/multiview_neutral/IMG_1.obj").unlink()
    result = now.run(now.Settings(tmp_path, meshes=tmp_path / "made", graded=0))
    assert "1 photos have no mesh" in result.notes[0] and np.isnan(result.values[1]["median"])
    with pytest.raises(UserError, match="no mesh for any photo"):
        now.run(now.Settings(tmp_path, meshes=tmp_path, graded=0))


def test_the_heap_is_of_all_photos_and_the_interval_over_people() -> None:
    photos = [Picture(Path(), person, "selfie", f"{k}.jpg") for k, person in enumerate("aab")]
    distances = [np.array([1.0, 2.0]), np.array([3.0]), np.array([10.0, 10.0, 10.0, 10.0])]
    figures = {figure.name: figure for figure in now.figures(zip(photos, distances, strict=True))}
    heap = np.concatenate(distances)
    assert figures["median"].value == 10 and figures["mean"].value == pytest.approx(heap.mean())
    assert figures["std"].value == pytest.approx(heap.std()) and figures["mean"].n == 2
    assert (figures["mean"].low, figures["mean"].high) == (2.0, 10.0), "of one person or the other alone"


def test_the_bundled_network_makes_the_mesh(tmp_path: Path, heads: list[Head]) -> None:
    head = heads[0]
    write_now(tmp_path, head, name="IMG_1.png")
    scan = Scan(head.vertices, head.triangles.astype(np.int32), head.uv, np.asarray(head.texture), head.landmarks)
    sitting = sit(scan, load("default"), 192)
    placed = sitting.placed(np.eye(3))
    place = Path("FaMoS_1_TA/multiview_neutral/IMG_1.png")
    rgb = sitting.picture(placed, Light((0.0, 0.0, 1.0), 0.85, 0.15))
    Image.fromarray(rgb).save(tmp_path / "iphone_pictures" / place)
    side = 0.27 * 192 / 0.42  # of a box whose eyes lie where the frame has them
    left, top = 96 - BOX_EYES[0] * side, 0.47 * 192 - BOX_EYES[1] * side
    box = {"left": left, "top": top, "right": left + side, "bottom": top + side}
    np.save(tmp_path / "detected_face" / place.with_suffix(".npy"), box, allow_pickle=True)  # type: ignore[arg-type]
    result = now.run(now.Settings(tmp_path, graded=0))
    assert 0.2 < result.values[0]["median"] < 8
    assert list(result.weights) == ["pix2vertex.safetensors", "wild.safetensors"]


def test_a_network_that_knows_expression_and_pose_answers_at_rest(tmp_path: Path, heads: list[Head]) -> None:
    """A mouth wide open and a turned head in its answer change nothing: the mesh is that of its shape codes."""
    write_now(tmp_path, heads[0], name="IMG_1.png")
    place = Path("FaMoS_1_TA/multiview_neutral/IMG_1.png")
    Image.new("RGB", (96, 96), (150, 120, 100)).save(tmp_path / "iphone_pictures" / place)
    box = {"left": 20.0, "top": 20.0, "right": 76.0, "bottom": 76.0}
    np.save(tmp_path / "detected_face" / place.with_suffix(".npy"), box, allow_pickle=True)  # type: ignore[arg-type]
    network = Deca(DecaConfig(48, "resnet18", "group", features=16, texture_px=16))
    torch.nn.init.zeros_(network.encoder.head.weight)
    medians = []
    for amount in (0.0, 1.0):
        with torch.no_grad():
            moved = {"expression": amount, "pose": 2 * amount}
            told = [torch.full((n,), moved.get(name, 0.0)) for name, n in network.counts.items()]
            network.encoder.head.bias.copy_(torch.cat(told))
        save_weights(tmp_path / "net.safetensors", network)
        result = now.run(now.Settings(tmp_path, network=tmp_path / "net.safetensors", graded=0))
        medians.append(result.values[0]["median"])
    assert medians[0] == pytest.approx(medians[1], rel=1e-6) and 0.3 < medians[0] < 4
