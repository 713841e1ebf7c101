import cv2
import numpy as np

from recon.canvases.cover import LEAST_BARE, Cover, blurred, cover_of, covered, face_area, parts_of
from recon.faces.model import REGIONS
from recon.faces.parsing import CLASSES

SIZE = 128
LINE = np.arange(SIZE) - SIZE / 2 + 0.5
AWAY = np.hypot(LINE[None], LINE[:, None])
FACE = AWAY < 40
HAIR, GLASSES, BEARD, SKIN = (CLASSES.index(name) for name in ("hair", "glasses", "facial_hair", "skin"))
FRINGE = (AWAY < 52) & (LINE[:, None] < -20)
BROWN, PALE, WALL = (60, 40, 30), (220, 180, 150), (90, 120, 160)


def classes() -> np.ndarray:
    codes = np.where(FACE, SKIN, 0).astype(np.uint8)
    codes[FRINGE] = HAIR
    return codes


def photo(alpha: np.ndarray) -> np.ndarray:
    """Pale skin, a wall around it, and brown hair mixed in by alpha (S, S) from 0 to 1."""
    under = np.where(FACE[..., None], PALE, WALL)
    return np.round(alpha[..., None] * np.array(BROWN) + (1 - alpha[..., None]) * under).astype(np.uint8)


def cover(alpha: np.ndarray, codes: np.ndarray) -> Cover:
    return cover_of(photo(alpha), FACE, FACE & (codes == SKIN), codes)


def test_soft_edges_have_the_alpha_that_mixed_them() -> None:
    alpha = cv2.GaussianBlur(FRINGE.astype(np.float32), (0, 0), 1.0)
    found = cover(alpha, classes())
    middle = np.zeros_like(FACE)
    middle[:, SIZE // 2 - 20 : SIZE // 2 + 20] = True  # away from where fringe, skin and wall meet
    inside = middle & FACE
    assert np.abs(found.over[inside] / 255 - alpha[inside]).max() < 0.2
    assert np.abs(found.over[inside] / 255 - alpha[inside]).mean() < 0.02
    half = inside & (alpha > 0.3) & (alpha < 0.95)
    off = np.abs(255 * found.colours[half] - BROWN)
    assert half.sum() > 20 and off.max() < 40  # the hair's own colour, not half of the skin's


def test_nothing_covers_what_is_beyond_the_face() -> None:
    found = cover(FRINGE.astype(np.float32), classes())
    assert not found.over[~FACE].any() and found.over[FACE & FRINGE].mean() > 240


def test_forehead_that_a_parser_calls_hair_is_forehead() -> None:
    low = classes()
    low[FACE & (LINE[:, None] < -12)] = HAIR  # the parser's line lies 8 px too low
    found = cover(FRINGE.astype(np.float32), low)
    slip = FACE & (LINE[:, None] > -16) & (LINE[:, None] < -12)
    assert (found.over[slip] < 40).mean() > 0.95 and found.over[FACE & (LINE[:, None] < -24)].mean() > 240


def test_small_patches_amid_a_face_are_slips_and_glasses_from_side_to_side_are_not() -> None:
    for code in (HAIR, BEARD, GLASSES):
        codes = np.where(FACE, SKIN, 0).astype(np.uint8)
        codes[60:64, 55:70] = code
        assert not covered(FACE, FACE, codes).any()
    codes[60:64, 40:90] = GLASSES
    assert np.array_equal(covered(FACE, FACE, codes), codes == GLASSES)
    codes[70:90, 45:85] = BEARD
    assert covered(FACE, FACE, codes)[71:89, 46:84].all()


def test_without_a_parser_what_the_network_does_not_see_is_covered() -> None:
    visible = FACE & ~FRINGE
    over = covered(FACE, visible, None)
    assert (over == (FACE & FRINGE)).mean() > 0.99
    sliver = FACE & (AWAY < 39.2)
    assert not covered(FACE, sliver, None).any()  # outlines never agree to the pixel


def test_a_face_has_no_holes_and_takes_what_else_is_seen_of_it() -> None:
    region = np.where(FACE, REGIONS.index("skin"), 0).astype(np.uint8)
    mouth = np.hypot(LINE[None], LINE[:, None] - 15) < 6
    region[mouth] = REGIONS.index("mouth_inside")
    labels = {"amodal_mask": FACE & ~mouth & (AWAY < 37), "region": region}
    area = face_area(labels, FACE & ~mouth, classes())
    assert area[mouth].all() and (area[FACE & ~FRINGE]).mean() > 0.99 and not area[AWAY > 44].any()


def test_parts_are_kept_by_size_and_by_what_they_touch() -> None:
    there = np.zeros((20, 20), bool)
    there[1:3, 1:3] = there[8:14, 8:14] = True
    assert parts_of(there, least_px=5).sum() == 36
    border = np.zeros_like(there)
    border[0] = True
    assert parts_of(there, touching=border).sum() == 4


def test_a_wide_blur_on_a_coarse_grid_is_a_blur() -> None:
    values = np.random.default_rng(0).random((SIZE, SIZE, 3), np.float32)
    values[40:] *= 0.2
    off = blurred(values, 20) - cv2.GaussianBlur(values, (0, 0), 20)
    assert np.abs(off).max() < 0.02


def test_hair_that_is_all_forehead_covers_nothing() -> None:
    low = np.where(FACE, SKIN, 0).astype(np.uint8)
    low[FACE & (LINE[:, None] < -30)] = HAIR
    low[(AWAY < 60) & ~FACE & (LINE[:, None] < -30)] = HAIR
    alpha = ((AWAY < 60) & ~FACE & (LINE[:, None] < -30)).astype(np.float32)
    assert not (cover(alpha, low).over[FACE & (AWAY < 36)] > 20).any()


def test_eyes_behind_closed_rims_are_the_face_and_a_gap_in_hair_is_hair() -> None:
    codes = classes()
    rims = np.zeros((SIZE, SIZE), np.uint8)
    for column in (48, 80):
        cv2.ellipse(rims, (column, 64), (9, 6), 0, 0, 360, 1, 2)
    rims[63:65, 57:71] = rims[63:65, 24:39] = rims[63:65, 89:104] = 1
    codes[rims > 0] = GLASSES
    codes[34:40, 60:66] = SKIN  # amid the fringe
    gap, lens = parts_at(codes == SKIN, (36, 62)), parts_at(codes == SKIN, (64, 48))
    assert gap.sum() < lens.sum() < LEAST_BARE * FACE.sum()
    over = covered(FACE, FACE, codes)
    assert over[(rims > 0) & FACE].all() and over[gap].all() and not over[lens].any()


def parts_at(there: np.ndarray, place: tuple[int, int]) -> np.ndarray:
    """The connected part at a row and a column."""
    _, parts = cv2.connectedComponents(there.astype(np.uint8), connectivity=4)
    return parts == parts[place]
