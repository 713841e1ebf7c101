from __future__ import annotations

import numpy as np
import pytest

from recon.faces import load
from recon.faces.atlas import Atlas, atlas_of
from recon.faces.atlas_map import atlas_map
from recon.faces.ict import load_ict
from recon.faces.model import FaceModel
from recon.faces.outer import labelled
from recon.faces.symmetry import symmetry_of
from recon.geometry.parameterization import boundary_loops, square_embedding
from tests.recon.faces.test_ict import FOLDER, needs_sample


def doubled_areas(uv: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = uv[triangles].transpose(1, 0, 2)
    return (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]


def distortion(mean: np.ndarray, uv: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Ratio of the greater to the smaller stretch of each triangle (f,), 1 where shapes are kept; its area (f,)."""
    a, b, c = mean[triangles].transpose(1, 0, 2)
    first, second = b - a, c - a
    length = np.linalg.norm(first, axis=1)
    along = (first * second).sum(1) / length
    across = np.linalg.norm(np.cross(first, second), axis=1) / length
    sides = np.stack([np.stack([length, along], 1), np.stack([0 * length, across], 1)], 1)
    flat = uv[triangles]
    jacobian = np.stack([flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]], 2) @ np.linalg.inv(sides)
    stretch = np.linalg.svd(jacobian, compute_uv=False)
    return np.stack([stretch[:, 0] / stretch[:, 1], length * across / 2])


def check_injective(atlas: Atlas) -> None:
    """None flipped, border on the square's border in its order, together its area: each place once."""
    areas = doubled_areas(atlas.uv, atlas.triangles)
    assert (areas > 0).all() and areas.sum() / 2 == pytest.approx(1, abs=1e-9)
    (rim,) = boundary_loops(atlas.triangles)
    on_border = np.isin(atlas.uv[rim], (0.0, 1.0)).any(1)
    steps = np.abs(np.diff(atlas.uv[np.append(rim, rim[0])], axis=0)).sum(1)
    assert on_border.all() and steps.sum() == pytest.approx(4, abs=1e-9)
    assert np.array_equal(atlas.vertices, np.unique(atlas.triangles))


def test_the_atlas_is_injective() -> None:
    check_injective(atlas_of(load("default")))


def test_it_holds_the_complete_face_with_ears_and_neck() -> None:
    model = load("default")
    atlas = atlas_of(model)
    there = np.zeros(len(model.mean), bool)
    there[atlas.vertices] = True
    assert there[model.landmarks.numpy()].all() and there[labelled(model, "ears", "lips", "brows")].all()
    assert there[labelled(model, "skin")].mean() > 0.99
    assert there[labelled(model, "neck")].any() and there[labelled(model, "eyes")].sum() > 100
    assert not there[labelled(model, "clothes", "mouth_inside", "teeth")][:].mean() > 0.06  # the lips' inner border
    assert atlas_of(load("default")) is atlas


def test_it_is_as_symmetric_as_the_model() -> None:
    model = load("default")
    atlas, mirror = atlas_of(model), symmetry_of(model).vertices
    there = atlas.vertices
    assert np.abs(atlas.uv[mirror[there]] - (atlas.uv[there] * (-1, 1) + (1, 0))).max() < 1e-12
    mirrored = {tuple(sorted(t)) for t in mirror[atlas.triangles].tolist()}
    assert mirrored == {tuple(sorted(t)) for t in atlas.triangles.tolist()}


def test_shapes_are_kept_better_than_with_uniform_weights() -> None:
    model = load("default")
    atlas, mean = atlas_of(model), model.mean.double().numpy()
    own = atlas.triangles[distortion(mean, atlas.uv, atlas.triangles)[1] > 1e-3]  # strips across closed lips have none
    uniform = square_embedding(atlas.triangles, mean)
    (conformal, area), (plain, _) = distortion(mean, atlas.uv, own), distortion(mean, uniform, own)
    assert np.average(conformal, weights=area) < 1.9 < 2.2 < np.average(plain, weights=area)
    assert np.median(conformal) < 1.5 < 2 < np.median(plain)
    eye = model.landmarks[[36, 39]].numpy()
    assert np.ptp(atlas.uv[eye, 0]) > 3 * np.ptp(uniform[eye, 0])


@pytest.mark.parametrize("size", [32, 256])
def test_a_map_shows_at_each_pixel_what_lies_there(size: int) -> None:
    model = load("default")
    atlas, grid = atlas_of(model), atlas_map(model, size)
    u, v = np.moveaxis(grid.rasterised(np.nan_to_num(atlas.uv)), -1, 0)
    line = np.arange(size) / (size - 1)
    off = np.maximum(np.abs(u - line), np.abs(v - (1 - line[:, None]))) * (size - 1)
    assert off.max() <= 0.5 + 1e-6 and (off < 1e-4).sum() >= size**2 - 78  # but for the landmarks' pixels
    found = grid.at_vertices(np.stack([u, v], -1))
    assert np.isnan(found).any(1).sum() == len(model.mean) - len(atlas.vertices)
    np.testing.assert_allclose(found[atlas.vertices], atlas.uv[atlas.vertices], atol=1 / size)


@pytest.mark.slow
@needs_sample
def test_another_model_has_one_too(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model: FaceModel = load_ict(FOLDER, load("default"))
    atlas = atlas_of(model)
    check_injective(atlas)
    assert np.isin(model.landmarks.numpy(), atlas.vertices).all()
    assert labelled(model, "ears")[atlas.vertices].any() and labelled(model, "eyes")[atlas.vertices].any()
