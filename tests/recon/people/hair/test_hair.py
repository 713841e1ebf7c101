"""Strands: where they start and end, that they stay outside the head, and that the same seed grows the same ones."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from recon.faces import load
from recon.faces.model import REGIONS, FaceModel
from recon.people.hair.brows import brow_part, lash_part, lash_roots
from recon.people.hair.cuts import CUTS, HairStyle, draw_cut, draw_hair_style
from recon.people.hair.facial_hair import beard_roots, facial_hair_part
from recon.people.hair.facial_hair_style import (
    KINDS,
    BrowStyle,
    FacialHairStyle,
    draw_brows,
    draw_facial_hair,
    draw_kind,
)
from recon.people.hair.growth import grow
from recon.people.hair.head_field import SKULL_CENTRE, clearance, head_field
from recon.people.hair.scalp import scalp_cover, scalp_roots
from recon.people.hair.scalp_hair import hair_part, points_of
from recon.people.hair.short_strands import skin_normals
from recon.people.part import Part
from recon.synthesis.scene import SceneConfig, draw_scene
from tests.shared import SHARED

ICT = SHARED / "models" / "ict_facekit.npz"
LOWEST_MM = -130.0  # hair below the chin may meet shoulders
BUDGET = 60_000


def drawn_head(model: FaceModel, index: int) -> Tensor:
    scene = draw_scene(model, 3, index, SceneConfig())
    return model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))


def cut(name: str, seed: int = 0) -> HairStyle:
    return draw_cut(np.random.default_rng(seed), name)


def beard(kind: str, seed: int = 0) -> FacialHairStyle:
    return draw_kind(np.random.default_rng(seed), kind, (0.1, 0.06, 0.03), 0.3)


def brows(seed: int = 0) -> BrowStyle:
    return draw_brows(np.random.default_rng(seed), (0.1, 0.06, 0.03))


def all_parts(model: FaceModel, vertices: Tensor, seed: int = 0) -> dict[str, Part | None]:
    parts = {name: hair_part(model, vertices, cut(name), seed) for name in CUTS}
    parts |= {kind: facial_hair_part(model, vertices, beard(kind), seed) for kind in KINDS}
    return parts | {
        "brows": brow_part(model, vertices, brows(), seed),
        "lashes": lash_part(model, vertices, brows(), seed),
    }


def check_part(part: Part) -> None:
    count = len(part.vertices)
    for values in (part.vertices, part.normals, part.albedo, part.tangents):
        assert values.shape == (count, 3)
        assert values.dtype == torch.float32
        assert torch.isfinite(values).all()
    assert part.triangles.dtype == torch.int32
    assert int(part.triangles.min()) == 0
    assert int(part.triangles.max()) == count - 1
    torch.testing.assert_close(part.normals.norm(dim=1), torch.ones(count))
    torch.testing.assert_close(part.tangents.norm(dim=1), torch.ones(count))
    assert float(part.albedo.min()) > 0 and float(part.albedo.max()) <= 1
    assert REGIONS[part.region] in ("hair", "facial_hair", "brows")


def test_parts_are_well_formed_and_within_the_budget() -> None:
    model = load("default")
    parts = all_parts(model, drawn_head(model, 0))
    for name, part in parts.items():
        assert (part is None) == (name in ("bald", "none")), name
        if part is not None:
            check_part(part)
    triangles = {name: 0 if part is None else len(part.triangles) for name, part in parts.items()}
    most = max(triangles[name] for name in CUTS) + max(triangles[kind] for kind in KINDS)
    assert most + triangles["brows"] + triangles["lashes"] < BUDGET


def test_same_seed_same_strands() -> None:
    model = load("default")
    vertices = drawn_head(model, 1)
    for first, again, other in zip(*(all_parts(model, vertices, seed).values() for seed in (5, 5, 6)), strict=True):
        if first is not None and again is not None and other is not None:
            assert torch.equal(first.vertices, again.vertices)
            assert torch.equal(first.albedo, again.albedo)
            assert first.vertices.shape != other.vertices.shape or not torch.equal(first.vertices, other.vertices)


def test_roots_lie_on_the_drawn_surface() -> None:
    model = load("default")
    vertices = drawn_head(model, 2)
    roots, _ = scalp_roots(model)
    roots = roots.chosen(slice(0, 4600, 10))
    lines, _, _ = grow(roots, model, vertices, cut("long"), 6, 1)
    torch.testing.assert_close(lines[:, 0], roots.carried(vertices), atol=1e-3, rtol=0)


def test_roots_are_spread_by_area() -> None:
    """Counts in two halves of the scalp differ from the halves' areas by little: strata, not chance."""
    model = load("default")
    roots, _ = scalp_roots(model)
    corners = model.triangles.long()
    a, b, c = model.mean[corners].unbind(1)
    area = torch.linalg.cross(b - a, c - a).norm(dim=1)
    used = torch.zeros(len(model.mean), dtype=torch.bool)
    used[roots.corners.unique()] = True
    inside = used[corners].all(1)
    left = model.mean[corners].mean(1)[:, 0] > 0
    share = float(area[inside & left].sum() / area[inside].sum())
    assert abs(float((roots.place[:, 0] > 0).float().mean()) - share) < 0.02


@pytest.mark.parametrize("name", ["receding", "cropped", "side_part", "fringe", "afro", "bob", "long"])
def test_hair_stays_outside_the_mean_head(name: str) -> None:
    """On the mean head itself the field is exact: only half a ribbon's breadth may dip in."""
    model = load("default")
    style = cut(name, 1)
    roots, _ = scalp_roots(model)
    lines, _, _ = grow(roots, model, model.mean, style, points_of(style), 7)
    places = lines[:, 1:].reshape(-1, 3)
    assert float(clearance(model, places[places[:, 1] > LOWEST_MM]).min()) > -0.2


def test_beards_stay_outside_the_mean_head() -> None:
    model = load("default")
    part = facial_hair_part(model, model.mean, beard("short"), 0)
    assert part is not None
    assert float(clearance(model, part.vertices).quantile(0.01)) > -1.5


def test_field_holds_the_surface() -> None:
    """The grid's points, seen from inside, lie at the distance that it says; on the drawn head they move with it."""
    model = load("default")
    field = head_field(model)
    high = field.mean[:, 1] > 20
    centre = torch.tensor([float(c) for c in SKULL_CENTRE])
    torch.testing.assert_close((field.mean - centre)[high].norm(dim=1), field.bare[high], atol=0.3, rtol=0)
    assert float(clearance(model, field.mean).abs().quantile(0.95)) < 0.5
    shift = torch.tensor([3.0, -2.0, 1.0])
    torch.testing.assert_close(field.moved(model.mean + shift), shift.expand(len(field.mean), 3), atol=1e-3, rtol=0)


def test_long_hair_hangs_to_its_level_and_short_hair_has_its_length() -> None:
    model = load("default")
    style = replace(cut("bob"), curl=0.0, fringe=0.0, frizz=0.0, hang=90.0)
    roots, _ = scalp_roots(model)
    lines, _, depth = grow(roots, model, model.mean, style, 11, 3)
    tips = lines[(roots.place[:, 1] > -40) & (depth <= 1), -1, 1]
    assert -115 < float(tips.median()) < -70
    style = replace(cut("cropped"), length=12.0, side_length=12.0)
    lines, _, _ = grow(roots, model, model.mean, style, 7, 3)
    lengths = (lines[:, 1:] - lines[:, :-1]).norm(dim=2).sum(1)
    assert 9 < float(lengths.median()) < 15


def test_hairline_recedes() -> None:
    _, places = scalp_roots(load("default"))
    full, half, bare = (
        scalp_cover(places, replace(cut("side_part"), receding=share, hairline=0.0)) for share in (0.0, 0.5, 1.0)
    )
    assert bool((half <= full + 1e-6).all()) and bool((bare <= half + 1e-6).all())
    top = places.place[:, 1] > 95
    assert float(full[top].min()) == 1 and float(bare[top].max()) < 0.1
    behind = (places.place[:, 2] < -140) & (places.place[:, 1].abs() < 20)
    assert float(bare[behind].min()) == 1


def test_beards_keep_to_the_jaw() -> None:
    model = load("default")
    roots, _, _ = beard_roots(model)
    assert float(clearance(model, roots.place).min()) > -5
    part = facial_hair_part(model, model.mean, beard("moustache"), 0)
    assert part is not None
    marks = model.mean[model.landmarks]
    over_lip = part.vertices[:, 1] > marks[48:60, 1].mean() - 8
    assert float(over_lip.float().mean()) > 0.95
    assert float(part.vertices[:, 1].max()) < float(marks[30, 1])


def test_hair_follows_the_head() -> None:
    """Strands ride on the skin: a shifted head has shifted hair, a blink moves the upper lashes alone."""
    model = load("default")
    shift = torch.tensor([4.0, 5.0, -6.0])
    for before, after in zip(
        all_parts(model, model.mean).values(), all_parts(model, model.mean + shift).values(), strict=True
    ):
        if before is not None and after is not None:
            torch.testing.assert_close(after.vertices, before.vertices + shift, atol=2e-2, rtol=0)
    blink = torch.zeros(len(model.expression_names))
    for side in ("Left", "Right"):
        blink[model.expression_names.index(f"eyeBlink{side}")] = 1.0
    roots, _, upper = lash_roots(model)
    drop = (roots.carried(model.vertices(torch.zeros(len(model.identity_basis)), blink)) - roots.place)[:, 1]
    assert float(drop[upper == 1].median()) < -5
    assert float(drop[upper == 0].median().abs()) < 2


def test_normals_turn_with_the_skin() -> None:
    model = load("default")
    roots, _, _ = beard_roots(model)
    quarter = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    turned = skin_normals(roots, model.mean @ quarter.T)
    torch.testing.assert_close(turned, skin_normals(roots, model.mean) @ quarter.T, atol=1e-4, rtol=0)
    assert float((skin_normals(roots, model.mean) * roots.normal).sum(1).quantile(0.05)) > 0.7


def test_draws_are_repeatable_and_plain() -> None:
    for seed in range(30):
        styles = []
        for _ in range(2):
            rng = np.random.default_rng(seed)
            hair = draw_hair_style(rng)
            face = draw_facial_hair(rng, hair.colour, hair.grey)
            styles.append([asdict(style) for style in (hair, face, draw_brows(rng, hair.colour, hair.grey))])
        assert styles[0] == styles[1]
        json.dumps(styles[0])
    assert draw_facial_hair(np.random.default_rng(0), (0.1, 0.1, 0.1), man=False).kind == "none"


@pytest.mark.skipif(not ICT.exists(), reason=f"ICT-FaceKit's arrays are not at {ICT}")
def test_other_model_grows_the_same_hair() -> None:
    model = load(f"ict:{ICT}")
    for part in all_parts(model, drawn_head(model, 0)).values():
        if part is not None:
            check_part(part)
    style = cut("side_part")
    roots, _ = scalp_roots(model)
    lines, _, _ = grow(roots, model, model.mean, style, points_of(style), 7)
    places = lines[:, 1:].reshape(-1, 3)
    assert float(clearance(model, places[places[:, 1] > LOWEST_MM]).min()) > -0.2
