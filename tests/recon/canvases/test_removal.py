import numpy as np
import pytest

from recon.canvases.cover import Cover
from recon.canvases.light import linear
from recon.canvases.removal import carried, rim_of, smooth_normals, without_face

SIZE = 96
LINE = np.arange(SIZE) - SIZE / 2 + 0.5
AWAY = np.hypot(LINE[None], LINE[:, None])
FACE = AWAY < 26
HAIR = FACE & (LINE[:, None] < -14)
SKIN = (AWAY >= 26) & (np.abs(LINE[None]) < 18)  # above and below: what is beside is a wall


def photo(rng: np.random.Generator) -> np.ndarray:
    """A wall, skin above and below the face, a face of noise."""
    rgb = np.full((SIZE, SIZE, 3), (40, 90, 160), np.uint8)
    rgb[SKIN] = (200, 150, 120)
    rgb[FACE] = rng.integers(0, 256, (int(FACE.sum()), 3))
    return rgb


def cover_with(rgb: np.ndarray) -> Cover:
    return Cover(np.where(HAIR, 255, 0).astype(np.uint8), rgb.astype(np.float32) / 255)


def plate(rgb: np.ndarray, noise: float = 0.0) -> np.ndarray:
    base = np.tile(linear(np.array([180, 140, 110], np.uint8)), (SIZE, SIZE, 1))
    rim = rim_of(FACE, HAIR)
    return without_face(rgb, FACE, rim, cover_with(rgb), SKIN, base, noise, np.random.default_rng(0))


def test_no_pixel_of_the_face_survives_but_under_what_covers_it() -> None:
    """Another person's face there, and one at the rim, leave the very same plate."""
    one = photo(np.random.default_rng(1))
    other = one.copy()
    changed = (FACE & ~HAIR) | rim_of(FACE, HAIR)
    other[changed] = np.random.default_rng(2).integers(0, 256, (int(changed.sum()), 3))
    assert changed.sum() > 1500 and not np.array_equal(one, other)
    first, second = plate(one), plate(other)
    assert np.array_equal(first, second)
    assert np.array_equal(first[HAIR], one[HAIR])  # what covers it stays
    kept = ~(FACE | rim_of(FACE, HAIR))
    assert np.array_equal(first[kept], one[kept])


def test_the_fill_joins_the_skin_around_and_is_smooth() -> None:
    made = plate(photo(np.random.default_rng(1))).astype(float)
    below = made[SIZE // 2 + 20 : SIZE // 2 + 30, SIZE // 2]
    assert np.abs(np.diff(below, axis=0)).max() <= 6 and np.abs(below[-1] - (200, 150, 120)).max() < 3
    middle = made[SIZE // 2, SIZE // 2]
    assert (np.abs(middle - (180, 140, 110)) < 25).all()
    assert np.abs(made[SIZE // 2, SIZE // 2 - 30] - (40, 90, 160)).max() < 3  # the wall reaches to the face's outline


def test_the_rim_goes_around_and_below() -> None:
    rim = rim_of(FACE, HAIR)
    assert not (rim & (FACE | HAIR)).any()
    up, down = (int(rim[rows, SIZE // 2].sum()) for rows in (slice(0, SIZE // 2), slice(SIZE // 2, SIZE)))
    assert down > up >= 1


def test_grain_is_laid_over_the_fill_alone() -> None:
    rgb = photo(np.random.default_rng(1))
    rough, smooth = plate(rgb, 0.02).astype(float), plate(rgb).astype(float)
    bare = FACE & ~HAIR
    assert (rough - smooth)[bare].std() == pytest.approx(0.02 * 255, rel=0.1)
    assert np.array_equal(rough[HAIR], smooth[HAIR])


def test_a_membrane_keeps_a_constant_nearly_and_fades() -> None:
    told = (AWAY >= 26) & (AWAY < 28)
    values = np.ones((SIZE, SIZE, 3))
    found = carried(values, FACE, told)[FACE]
    assert found.max() <= 1 + 1e-9 and found.min() > 0
    assert carried(values, FACE, told)[SIZE // 2, SIZE // 2, 0] < 0.7  # dies away inward
    assert np.array_equal(carried(values, FACE, np.zeros_like(told))[FACE], np.zeros_like(found))


def test_blurred_normals_show_no_nose() -> None:
    normals = np.stack([LINE[None] / 60 + 0 * LINE[:, None], 0 * AWAY, np.ones_like(AWAY)], -1)
    nose = AWAY < 5
    normals[nose, 0] += np.where(LINE[None].repeat(SIZE, 0)[nose] > 0, 1.0, -1.0)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    smooth = smooth_normals(np.where(FACE[..., None], normals, np.nan), FACE)
    np.testing.assert_allclose(np.linalg.norm(smooth[FACE], axis=-1), 1, atol=1e-5)
    step = np.abs(np.diff(smooth[SIZE // 2, SIZE // 2 - 8 : SIZE // 2 + 8, 0]))
    assert step.max() < 0.25 * np.abs(np.diff(normals[SIZE // 2, SIZE // 2 - 8 : SIZE // 2 + 8, 0])).max()
