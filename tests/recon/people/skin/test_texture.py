from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recon.cli import main
from recon.errors import UserError
from recon.faces import load
from recon.people.skin.texture import (
    PAINTED,
    SIDE,
    SkinSpace,
    laid_texture,
    places_on,
    read_space,
    texture_key,
    write_space,
)
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

MODEL = load("default")
PLAIN = SceneConfig(calm=1, environment=0, yaw_max_deg=10)


def space(mean: float = 0.0, people: int = 5) -> SkinSpace:
    """A space whose mean is of one colour; detail of independent noise."""
    rng = np.random.default_rng(0)
    shape = (16, 8, 3)
    cover = np.zeros((SIDE, SIDE), np.uint8)
    cover[8:-8, 8:-8] = 255
    return SkinSpace(
        np.full(shape, mean, np.float32),
        0.05 * np.ones((4, 1, 1, 1), np.float32) * rng.standard_normal((4, *shape)).astype(np.float32),
        np.clip(30 * rng.standard_normal((people, SIDE, SIDE, 3)), -127, 127).astype(np.int8),
        np.full(people, 0.001, np.float32),
        cover,
        {"photos": []},
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("skin") / "skin.safetensors"
    write_space(path, space(mean=-0.5))
    return str(path)


def test_a_space_comes_back_as_it_was_stored(file: str) -> None:
    stored, one = read_space(file), space(mean=-0.5)
    assert np.abs(stored.modes - one.modes).max() < 1e-3 and (stored.detail == one.detail).all()
    assert stored.card == {"photos": []}


def test_a_draw_is_a_function_of_its_seed_and_ends_where_the_cover_does() -> None:
    one = space()
    assert (one.draw(3) == one.draw(3)).all() and np.abs(one.draw(3) - one.draw(4)).max() > 0.01
    assert not one.draw(3)[:8].any() and not one.draw(3)[:, -8:].any()


def test_mixed_detail_is_as_strong_as_one_s_own_and_nobody_s() -> None:
    one = space()
    mixed = np.stack([one.mixed_detail(np.random.default_rng(seed)) for seed in range(6)])
    own = one.detail[0].astype(np.float32) * one.detail_scale[0]
    assert mixed.std() == pytest.approx(own.std(), rel=0.03)
    for drawn in mixed:
        for person in one.detail.astype(np.float32):
            for side in (person, person[:, ::-1]):
                assert np.corrcoef(drawn.ravel(), side.ravel())[0, 1] < 0.8


def test_a_texture_changes_the_face_s_colours_alone(file: str) -> None:
    painted = draw_scene(MODEL, 1, 0, PLAIN)
    scene = draw_scene(MODEL, 1, 0, replace(PLAIN, skin_texture=file))
    assert scene.skin_texture is not None and replace(scene, skin_texture=None).lighting == painted.lighting
    before, after = (render_record(MODEL, one, 96) for one in (painted, scene))
    for name in ("mask", "region"):
        assert (getattr(before, name) == getattr(after, name)).all()
    for name in ("position_mm", "normals", "fine_normals", "uv", "vertices_mm"):
        assert np.array_equal(getattr(before, name), getattr(after, name), equal_nan=True)
    change = after.rgb.astype(float).mean(-1) - before.rgb.mean(-1)
    u, v = before.uv[..., 0], before.uv[..., 1]
    middle = before.mask & (np.abs(u - 0.5) < 0.3) & (np.abs(v - 0.5) < 0.3) & (before.region == 1)
    far = ~before.amodal_mask & (before.region != 1)
    assert np.median(change[middle]) < -15 and np.abs(change[far]).mean() < 3
    assert '"skin_texture"' in after.scene and '"skin_texture"' not in before.scene


def test_painted_is_what_it_was(file: str) -> None:
    plain, painted = (draw_scene(MODEL, 1, 0, replace(PLAIN, skin_texture=one)) for one in (None, PAINTED))
    assert plain.skin_texture is None and painted.skin_texture is None
    assert texture_key(None) == texture_key(PAINTED) == {} and len(texture_key(file)["skin_texture"]) == 16


def test_a_person_s_pictures_have_one_skin(file: str) -> None:
    config = replace(PLAIN, skin_texture=file, shots_per_person=2)
    shots = [draw_scene(MODEL, 1, index, config).skin_texture for index in range(4)]
    assert shots[0] == shots[1] and shots[2] == shots[3] != shots[0]


def test_the_texture_lies_on_the_face_alone(file: str) -> None:
    place = places_on(MODEL, file)
    beyond = MODEL.uv.isnan().any(1)
    assert (place[beyond, 0] < -1).all() and not place[beyond, 2].any()
    nose = place[MODEL.landmarks[30]]
    assert nose[2] == 1 and float(nose[0]) == pytest.approx(SIDE / 2, abs=2)


def test_what_can_t_be_used_is_told_in_a_sentence(file: str, tmp_path: Path, capsys) -> None:
    broken = tmp_path / "skin.safetensors"
    broken.write_bytes(b"none")
    with pytest.raises(UserError, match="learn-textures"):
        read_space(str(broken))
    with pytest.raises(UserError, match="there is no such file"):
        texture_key(str(tmp_path / "missing.safetensors"))
    other = replace(MODEL, name="other")
    scene = draw_scene(MODEL, 1, 0, replace(PLAIN, skin_texture=file))
    assert scene.skin_texture is not None
    with pytest.raises(UserError, match="another atlas"):
        laid_texture(other, scene.skin_texture)
    words = ["learn-textures", "--photos", str(tmp_path), "--out", str(tmp_path / "x.npz")]
    assert main(words) == 2 and "ends in .safetensors" in capsys.readouterr().err
