import numpy as np
import pytest
import torch

from recon.faces import load
from recon.faces.default import load_default
from recon.faces.model import REGIONS
from recon.geometry.surfaces import triangle_areas
from recon.people.noise import solid_noise

FLIP = torch.tensor([-1.0, 1.0, 1.0])
MIRROR_68 = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46]
MIRROR_68 += [39, 38, 37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]


@pytest.fixture(scope="module")
def model():
    return load("default")


def nearest_gap(points, others):
    return torch.cdist(points, others, compute_mode="donot_use_mm_for_euclid_dist").min(1).values


def test_the_mean_is_its_own_mirror_image(model):
    base = load_default(0).mean
    assert nearest_gap(base * FLIP, base).max() < 1e-3
    assert nearest_gap(model.mean[::7] * FLIP, model.mean).max() < 1e-3


def test_landmarks_are_symmetric_and_in_their_order(model):
    marks = model.mean[model.landmarks]
    assert torch.allclose(marks[MIRROR_68] * FLIP, marks, atol=0.05)
    assert (marks[1:16, 0].diff() > 0).all()  # the jaw from the image's left to its right
    assert marks[30, 2] == marks[:, 2].max()  # the tip of the nose is nearest
    assert marks[8, 1] == marks[:, 1].min()
    assert (marks[36:42, 0] < 0).all() and (marks[42:48, 0] > 0).all()


def test_identity_and_expression_move_linearly_but_for_the_eyeballs(model):
    identity, expression = torch.randn(80).clamp(-2, 2), torch.rand(52)
    skin = model.region != REGIONS.index("eyes")
    both = model.vertices(identity, expression)
    parts = model.vertices(identity, torch.zeros(52)) + model.vertices(torch.zeros(80), expression) - model.mean
    assert torch.allclose(both[skin], parts[skin], atol=1e-3)


def test_eyeballs_turn_rigidly_toward_where_they_look(model):
    look = model.coefficients({"eyeLookUpLeft": 1.0})
    moved, still = model.vertices(torch.zeros(80), look), model.mean
    ball = model.eyeballs[0].vertices
    before, after = (torch.pdist(places[ball].double()) for places in (still, moved))
    assert torch.allclose(before, after, atol=1e-3)
    front = ball[still[ball, 2].argmax()]
    assert moved[front, 1] > still[front, 1] + 2.0  # mm


def test_the_face_region_spans_the_canonical_box_and_leaves_out_what_it_should(model):
    on_face = torch.unique(model.triangles[model.face].long())
    assert model.canonical[on_face].min() > 0 and model.canonical[on_face].max() < 1
    regions = {REGIONS[k] for k in torch.unique(model.region[on_face]).tolist()}
    assert {"skin", "lips", "eyes"} <= regions and not regions & {"clothes", "teeth"}
    assert not model.uv[on_face].isnan().any()
    area = triangle_areas(model.mean, model.triangles[model.face]).sum()
    assert 30_000 < area < 50_000  # mm^2: a face, not a head


def test_a_second_subdivision_keeps_the_first_one_s_vertices(model):
    finer = load_default(2)
    assert len(finer.triangles) == 4 * len(model.triangles)
    assert torch.equal(finer.landmarks, model.landmarks)
    assert (finer.mean[: len(model.mean)] - model.mean).norm(dim=1).median() < 0.1  # mm


def test_noise_is_smooth_repeats_and_changes_with_its_offset():
    places = torch.rand(3, 500) * 100
    here = solid_noise(places, 10.0, (1.0, 2.0, 3.0))
    assert torch.equal(here, solid_noise(places, 10.0, (1.0, 2.0, 3.0)))
    assert (here - solid_noise(places + 0.01, 10.0, (1.0, 2.0, 3.0))).abs().max() < 0.02
    assert np.corrcoef(here[0], solid_noise(places, 10.0, (9.0, 2.0, 3.0))[0])[0, 1] < 0.3


def test_landmarks_of_the_brows_lie_on_them_and_the_ridge_above(model):
    brows, ridge = model.landmarks[17:27], model.over_brows
    assert (model.region[brows] == REGIONS.index("brows")).all()
    assert (model.mean[ridge, 1].mean() - model.mean[brows, 1].mean()) > 4.0  # mm
