"""Registration of a small template whose deformation is known in closed form."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces.model import FaceModel
from recon.geometry.similarity import fit_affine, fit_rigid
from recon.geometry.surfaces import triangle_normals
from recon.registration.map_mesh import MapMesh, map_to_mesh
from recon.registration.matches import Matches
from recon.registration.register import Registration, RegistrationConfig, register
from recon.registration.stiffness import GRADIENT

BOX_MM = np.array([[-80.0, -100, -20], [80, 100, 60]])


def surface(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A face-sized shield with a nose: (..., 3) mm."""
    return np.stack([x, y, 40 - x**2 / 200 - y**2 / 400 + 12 * np.exp(-(x**2 + y**2) / 300)], -1)


def bump(places: np.ndarray, height_mm: float = 6.0, width_mm: float = 18.0) -> np.ndarray:
    away = ((places[..., :2] - (20, 30)) ** 2).sum(-1, keepdims=True)
    return places + height_mm * np.exp(-away / (2 * width_mm**2)) * (0.5, -0.3, 1.0)


@lru_cache(maxsize=2)
def template(spacing_mm: float = 5.0) -> FaceModel:
    """The shield as a face, with a rim of 20 mm that is not, a ball on it that is (an eye), one behind that is not."""
    columns, rows = (int(side / spacing_mm) + 1 for side in (140, 180))
    x, y = np.meshgrid(np.linspace(-70, 70, columns), np.linspace(-90, 90, rows))
    shield = surface(x, y).reshape(-1, 3)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    grid = np.concatenate([corner + (0, 1, columns + 1), corner + (0, columns + 1, columns)])
    a, b = np.meshgrid(np.linspace(0, 2 * np.pi, 12, endpoint=False), np.linspace(0.3, np.pi - 0.3, 8))
    ball = 10 * np.stack([np.cos(a) * np.sin(b), np.sin(a) * np.sin(b), np.cos(b)], -1).reshape(-1, 3)
    ring = np.arange(12)
    strip = np.concatenate(
        [
            np.stack([ring, ring + 12, (ring + 1) % 12], 1),
            np.stack([ring + 12, (ring + 1) % 12 + 12, (ring + 1) % 12], 1),
        ]
    )
    sphere = np.concatenate([strip + 12 * row for row in range(7)])
    mean = np.concatenate([shield, ball + (-30, 40, 25), ball + (0, -20, 0)])
    triangles = np.concatenate([grid, sphere + len(shield), sphere + len(shield) + len(ball)])
    inside = (np.abs(mean[:, 0]) < 51) & (np.abs(mean[:, 1]) < 71)
    inside[len(shield) : len(shield) + len(ball)] = ball[:, 2] > 0
    inside[len(shield) + len(ball) :] = False
    count = len(mean)
    return FaceModel(
        name="shield",
        mean=torch.from_numpy(mean).float(),
        identity_basis=torch.zeros(1, count, 3),
        expression_basis=torch.zeros(1, count, 3),
        expression_names=("none",),
        triangles=torch.from_numpy(triangles.astype(np.int32)),
        uv=torch.full((count, 2), torch.nan),
        landmarks=torch.zeros(68, dtype=torch.int64),
        region=torch.ones(count, dtype=torch.uint8),
        face=torch.from_numpy(inside[triangles].all(1)),
        canonical=torch.from_numpy((mean - BOX_MM[0]) / (BOX_MM[1] - BOX_MM[0])).float(),
        canonical_box_mm=torch.from_numpy(BOX_MM).float(),
    )


def maps(deform, pixel_mm: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position and correspondence of the deformed shield, one pixel each 2 mm of the template, and the face's mask."""
    y, x = np.mgrid[80:-80.1:-pixel_mm, -60:60.1:pixel_mm]
    places = surface(x, y)
    canonical = (places - BOX_MM[0]) / (BOX_MM[1] - BOX_MM[0])
    return deform(places), canonical, (np.abs(x) <= 52) & (np.abs(y) <= 72)


def registered(
    deform, config: RegistrationConfig | None = None, spacing_mm: float = 5.0
) -> tuple[Registration, FaceModel]:
    face = template(spacing_mm)
    return register(map_to_mesh(*maps(deform)), face, config), face


def skin_of(face: FaceModel) -> np.ndarray:
    """Vertices of the shield that may be matched."""
    ids = np.unique(face.triangles[face.face].numpy())
    return ids[ids < len(face.mean) - 2 * 96]


def affine(places: np.ndarray) -> np.ndarray:
    return places @ np.array([[1.1, 0.1, 0], [0, 0.95, 0.05], [0.1, 0, 1.2]]).T + (5, -3, 40)


def test_an_affine_map_carries_every_vertex_seen_or_not() -> None:
    result, face = registered(affine)
    skin = np.arange(len(face.mean) - 2 * 96)
    # linear interpolation within pixels leaves hundredths of a mm
    assert np.linalg.norm(result.vertices - affine(face.mean.numpy()), axis=1)[skin].max() < 0.1
    assert result.matched[skin_of(face)].mean() > 0.95


def test_a_smooth_deformation_is_recovered_and_each_solve_ends_at_a_minimum() -> None:
    result, face = registered(lambda places: affine(bump(places)))
    wrong = np.linalg.norm(result.vertices - affine(bump(face.mean.double().numpy())), axis=1)[skin_of(face)]
    assert wrong.mean() < 0.1 and wrong.max() < 0.5
    assert max(entry.gradient for entry in result.history) <= GRADIENT
    stiffness = np.unique([entry.stiffness for entry in result.history])[::-1]
    np.testing.assert_allclose(stiffness, 2.5e7 / 2.0 ** np.arange(5))
    assert not result.history[0].in_space and result.history[-1].in_space


@pytest.mark.parametrize(("first", "end", "last"), [(2.5e7, 1e6, 2.5e7 / 16), (1e8, 1e6, 1e8 / 64), (4e6, 1e6, 1e6)])
def test_the_limits_of_rejection_are_the_configured_ones_at_the_last_stiffness(monkeypatch, first, end, last) -> None:
    given: list[tuple[float, float]] = []
    rejected = Matches.rejected

    def noted(self: Matches, vertices: np.ndarray, normals: np.ndarray, distance: float, angle: float) -> Matches:
        given.append((float(distance), float(angle)))
        return rejected(self, vertices, normals, distance, angle)

    monkeypatch.setattr(Matches, "rejected", noted)
    result, _ = registered(bump, RegistrationConfig(alpha_memb=first, alpha_memb_end=end, distance_mm=1, angle_deg=40))
    assert result.history[-1].stiffness == last
    halvings = np.log2(first / last)
    assert given[-1] == (1.0, 40.0)
    np.testing.assert_allclose(given[0], (2 ** (halvings / 2), 40 * 2**halvings))


def test_a_match_that_faces_away_is_rejected_and_one_that_does_not_is_kept() -> None:
    turned = np.radians([0, 0, 0, 0, 85, 95, 150])  # the median is 0: the limit stays what it is
    normals = np.stack([np.sin(turned), 0 * turned, np.cos(turned)], 1)
    matches = Matches(np.zeros((7, 3)), normals, np.ones(7, bool))
    kept = matches.rejected(np.zeros((7, 3)), np.tile([0.0, 0, 1], (7, 1)), 1.0, 90.0).kept
    assert kept.tolist() == [True] * 5 + [False] * 2


def test_the_papers_start_is_the_mean_face_after_an_affine_map() -> None:
    paper, face = registered(lambda places: affine(bump(places)), RegistrationConfig(start="mean"))
    skin = skin_of(face)
    mean = face.mean.double().numpy()
    np.testing.assert_allclose(fit_affine(mean, paper.rest, np.ones(len(mean)))(mean), paper.rest, atol=1e-6)
    wrong = np.linalg.norm(paper.vertices - affine(bump(mean)), axis=1)[skin]
    assert wrong.mean() < 0.1


def test_outliers_and_noise_leave_the_surface_near() -> None:
    rng = np.random.default_rng(0)
    position, correspondence, mask = maps(bump)
    position = position + rng.normal(0, 0.5, position.shape)
    wrong = rng.random(mask.shape) < 0.02
    position[wrong] += rng.uniform(-30, 30, (wrong.sum(), 3))
    correspondence[np.roll(wrong, 3)] = rng.random((wrong.sum(), 3))
    face = template()
    result = register(map_to_mesh(position, correspondence, mask), face)
    wrong = np.linalg.norm(result.vertices - bump(face.mean.double().numpy()), axis=1)[skin_of(face)]
    assert wrong.mean() < 0.5  # a pixel of the map is .8 mm off on average


def test_rotating_and_moving_the_map_rotates_and_moves_the_result() -> None:
    angle = 0.7
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    still, _ = registered(bump)
    moved, _ = registered(lambda places: bump(places) @ turn.T + (30, -200, 900))
    expected = still.vertices @ turn.T + (30, -200, 900)
    np.testing.assert_allclose(moved.vertices, expected, atol=2e-3)
    np.testing.assert_array_equal(moved.matched, still.matched)


@pytest.mark.parametrize(("switch_matches", "rise"), [(0, 1e-3), (500, 0.02)])
def test_the_trimmed_residual_falls_at_fixed_stiffness(switch_matches: int, rise: float) -> None:
    """With matches by embedding; after the switch it may rise a little, as the embedding draws along the surface."""
    stiff = RegistrationConfig(alpha_memb=1e8, alpha_memb_end=1e8)
    config = replace(stiff, distance_mm=1.0, outer_mm=0.0, most_outer=6, switch_matches=switch_matches)
    result, _ = registered(lambda places: bump(places, height_mm=20.0), config)
    ends = {entry.outer: entry.residual_mm for entry in result.history}
    residuals = np.array([ends[outer] for outer in sorted(ends)])
    assert len(residuals) == 6
    assert (np.diff(residuals) < rise * residuals[0]).all() and residuals[-1] < 0.95 * residuals[0]


def test_a_stiffness_means_the_same_at_any_density_of_the_template() -> None:
    config = RegistrationConfig(alpha_memb=3e9, alpha_memb_end=3e9, switch_matches=0, distance_mm=50, angle_deg=90)
    coarse, face = registered(bump, config, spacing_mm=5.0)
    fine, finer = registered(bump, config, spacing_mm=2.5)
    skin = skin_of(face)
    shared = [int(np.linalg.norm((finer.mean - place).numpy(), axis=1).argmin()) for place in face.mean[skin]]
    change = np.linalg.norm(fine.vertices[shared] - coarse.vertices[skin], axis=1)
    held_back = np.linalg.norm(coarse.vertices[skin] - bump(face.mean.double().numpy())[skin], axis=1)
    assert held_back.max() > 0.5  # stiff enough to tell
    assert change.max() < 0.25 * held_back.max()


def test_balls_move_as_rigid_things_with_what_is_seen_of_them_or_with_the_skin_near() -> None:
    result, face = registered(lambda places: bump(places) + (0, 0, 10))
    seen, hidden = np.arange(-192, -96), np.arange(-96, 0)
    for ball in (seen, hidden):
        fit = fit_rigid(face.mean.numpy()[ball], result.vertices[ball])
        assert np.linalg.norm(fit(face.mean.numpy()[ball]) - result.vertices[ball], axis=1).max() < 1.0
        assert np.linalg.norm(result.vertices[ball] - face.mean.numpy()[ball], axis=1).min() > 5
    assert not result.matched[hidden].any()


def test_the_unseen_half_follows_without_a_step() -> None:
    position, correspondence, mask = maps(lambda places: affine(bump(places)))
    mask[:, mask.shape[1] // 2 + 4 :] = False
    face = template()
    result = register(map_to_mesh(position, correspondence, mask), face)
    skin = skin_of(face)
    x = face.mean[skin, 0].numpy()
    assert result.matched[skin][x < -5].mean() > 0.9 and not result.matched[skin][x > 15].any()
    displacement = result.vertices - result.rest
    edges = face.triangles[face.face].numpy()[:, :2]
    edges = edges[(edges < len(face.mean) - 192).all(1)]
    steps = np.linalg.norm(displacement[edges[:, 0]] - displacement[edges[:, 1]], axis=1)
    assert steps.max() < 2.0  # mm along edges of 5 to 7; the bump itself has 1.2


def test_a_lip_that_rolls_in_half_hidden_does_not_fold() -> None:
    """Its normals turn by up to 101 degrees within millimetres; nothing is seen below its edge."""
    edge_mm = -50.0

    def rolled(places: np.ndarray) -> np.ndarray:
        middle = surface(np.array(0.0), np.array(edge_mm))
        x, y, z = np.moveaxis(places - middle, -1, 0)
        angle = 2.0 * np.exp(-(y**2) / (2 * 5**2) - x**2 / (2 * 15**2))
        cosine, sine = np.cos(angle), np.sin(angle)
        return middle + np.stack([x, cosine * y - sine * z, sine * y + cosine * z], -1)

    position, correspondence, mask = maps(rolled, 1.0)
    y, x = np.mgrid[80:-80.1:-1, -60:60.1:1]
    mask &= (y > edge_mm) | (np.abs(x) > 25)
    face = template(2.5)
    result = register(map_to_mesh(position, correspondence, mask), face)
    triangles = face.triangles[face.face].long()
    centre = face.mean[triangles].mean(1)
    shown = (triangles < len(face.mean) - 2 * 96).all(1) & ((centre[:, 1] > edge_mm) | (centre[:, 0].abs() > 25))
    true, found = (
        triangle_normals(torch.from_numpy(places.astype(np.float64)), triangles[shown])
        for places in (rolled(face.mean.double().numpy()), result.vertices)
    )
    assert ((true * found).sum(1) > 0).all()


def test_walls_embedded_where_the_skin_before_them_is_are_not_matched_to_it() -> None:
    """A pit that the embedding does not have: its vertices are embedded on a ring about it."""
    face = template(2.5)
    centre = torch.tensor([20.0, 30.0])
    box = face.canonical_box_mm

    def on_ring(places: torch.Tensor) -> torch.Tensor:
        away = places[:, :2] - centre
        radius = away.norm(dim=1, keepdim=True)
        ring = centre + 15 * away / radius.clamp_min(1e-6)
        flat = torch.from_numpy(surface(ring[:, 0].numpy(), ring[:, 1].numpy())).float()
        return torch.where((radius < 12) & (places[:, 2:] > 0), flat, places)

    shield = len(face.mean) - 2 * 96
    embedded = torch.cat([on_ring(face.mean[:shield]), face.mean[shield:]])
    pitted = replace(face, canonical=(embedded - box[0]) / (box[1] - box[0]))
    position, correspondence, mask = maps(affine)
    y, x = np.mgrid[80:-80.1:-2, -60:60.1:2]
    mask &= np.hypot(x - 20, y - 30) > 13
    near_or_far = RegistrationConfig(distance_mm=50)  # no other test stands in for this one
    result = register(map_to_mesh(position, correspondence, mask), pitted, near_or_far)
    pit = ((face.mean[:, :2] - centre).norm(dim=1) < 12).numpy() & (np.arange(len(face.mean)) < shield)
    assert not result.matched[pit].any()
    assert np.linalg.norm(result.vertices - affine(face.mean.numpy()), axis=1)[pit].max() < 0.1


def test_maps_without_a_face_are_refused_in_a_sentence() -> None:
    position, correspondence, mask = maps(bump)
    with pytest.raises(UserError, match="too little of a face"):
        register(map_to_mesh(position, correspondence, np.zeros_like(mask)), template())
    elsewhere: MapMesh = map_to_mesh(
        position, correspondence * 0 + np.linspace(0, 1e-3, mask.size).reshape(*mask.shape, 1), mask
    )
    with pytest.raises(UserError, match="too little of a face"):
        register(elsewhere, template())
