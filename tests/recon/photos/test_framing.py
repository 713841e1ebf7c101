import numpy as np
import pytest
from PIL import Image, ImageDraw

from recon.photos.framing import EYE_SHARE, EYES_MIDDLE, Framing, frame, from_points
from recon.photos.reading import Unusable


def dot_photo(left, right, size=(1600, 1400)):
    """Grey, with a red dot at the left eye and a green one at the right eye."""
    radius = 0.12 * np.hypot(right[0] - left[0], right[1] - left[1])  # two pixels of the smallest frame
    image = Image.new("RGB", size, (90, 90, 90))
    for centre, colour in ((left, (255, 0, 0)), (right, (0, 255, 0))):
        box = [centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius]
        ImageDraw.Draw(image).ellipse(box, fill=colour)
    return image


def centroid(pixels, channel):
    weight = np.clip(pixels[..., channel].astype(float) - 120, 0, None)
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum() + 0.5


@pytest.mark.parametrize(
    ("left", "right"),
    [((760, 620), (840, 620)), ((750, 640), (840, 600)), ((700, 600), (900, 680))],
)
@pytest.mark.parametrize("size", [64, 128])
def test_eyes_land_where_the_frame_wants_them(left, right, size):
    left, right = np.array(left, float), np.array(right, float)
    across = right - left
    down = np.array([-across[1], across[0]])
    points = np.stack(
        [left, right, left + 0.5 * across + 0.5 * down, left + 0.2 * across + down, left + 0.8 * across + down]
    )
    out = frame(dot_photo(left, right), from_points(points), size)
    assert out.shape == (size, size, 3) and out.dtype == np.uint8
    middle = np.array(EYES_MIDDLE) * size
    offset = np.array([EYE_SHARE * size / 2, 0])
    half = 0.7 * EYE_SHARE * size / np.linalg.norm(across)  # the dots lie at pixel centres: half a photo pixel
    np.testing.assert_allclose(centroid(out, 0), middle - offset, atol=half + 0.15)
    np.testing.assert_allclose(centroid(out, 1), middle + offset, atol=half + 0.15)


@pytest.mark.parametrize(("width", "height", "size"), [(2999, 1201, 32), (3001, 2003, 48), (2987, 2213, 32)])
def test_far_from_the_corner_of_a_large_photo_nothing_slips(width, height, size):
    """Coming down to whole pixels, each axis has its own scale; a nominal one for both slips by up to 3 pixels."""
    framing = Framing(np.array([width - 340.0, height - 330.0]), 133.0, 0.2)
    place = framing.middle + (20, 30)
    y, x = np.ogrid[:height, :width]
    spot = np.exp(-((x + 0.5 - place[0]) ** 2 + (y + 0.5 - place[1]) ** 2) / (2 * 40**2))
    image = Image.fromarray(np.repeat((120 + 120 * spot).round().astype(np.uint8)[..., None], 3, 2))
    to_photo = framing.to_photo(size)
    found = to_photo(centroid(frame(image, framing, size), 0)[None])[0]
    np.testing.assert_allclose(found, place, atol=0.3)  # pixels of the photo; one of the frame is 8 to 15


def test_beyond_its_border_a_photo_is_mirrored():
    """A face at the left edge: what the frame shows beyond it is the photo's left part again."""
    stripes = np.zeros((200, 200, 3), np.uint8)
    stripes[:, 20:30] = 255
    out = frame(Image.fromarray(stripes), Framing(np.array([20.0, 90.0]), 27.0, 0.0), 100)[50, :, 0]  # 1 px a px
    bright = np.flatnonzero(out > 127)  # the photo's border lies at 50 - 20 = 30
    assert bright.tolist() == [*range(0, 10), *range(50, 60)]


def test_a_turned_head_is_not_blown_up():
    """Eyes half as far apart with the same height to the mouth: the frame follows the height."""
    frontal = np.array([[100, 100], [160, 100], [130, 130], [110, 160], [150, 160]], float)
    turned = frontal.copy()
    turned[:, 0] = 130 + 0.5 * (turned[:, 0] - 130)
    assert from_points(turned).eye_distance > 0.8 * from_points(frontal).eye_distance


def test_a_ready_crop_is_only_resized():
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    assert np.array_equal(frame(Image.fromarray(pixels), None, 32), pixels)
    wide = np.concatenate([pixels[:, :8], pixels, pixels[:, :8]], 1)
    assert np.array_equal(frame(Image.fromarray(wide), None, 32), pixels)


@pytest.mark.parametrize("edge", [2101, 2400, 2777])
@pytest.mark.parametrize("size", [(3001, 2003), (2999, 2011), (4000, 2500)])
def test_a_large_photo_is_cut_where_the_frame_says(size, edge):
    """Where an edge lies in the frame, by the share of a row before it, to less than a photo pixel."""
    framing = Framing(np.array([2400.3, 1300.7]), 300.0, 0.0)
    dark = Image.new("RGB", size)
    dark.paste((255, 255, 255), (edge, 0, *size))
    seen = 64 - frame(dark, framing, 64)[30, :, 0].sum() / 255
    to_frame = framing.to_photo(64).inverse()
    assert abs(seen - to_frame(np.array([float(edge), 0.0]))[0]) < 0.7 / framing.to_photo(64).scale


@pytest.mark.parametrize(
    "framing",
    [
        Framing(np.array([20.0, 20.0]), 1e9, 0.0),
        Framing(np.array([1e9, 20.0]), 10.0, 0.0),
        Framing(np.array([np.nan, 20.0]), 10.0, 0.0),
    ],
)
def test_a_face_far_beyond_its_photo_is_none(framing):
    with pytest.raises(Unusable, match="far beyond the photo, which is 64 x 48 px"):
        frame(Image.new("RGB", (64, 48)), framing, 32)


def test_a_face_whose_points_are_one_point_is_none():
    with pytest.raises(Unusable, match="smaller than a pixel"):
        frame(Image.new("RGB", (64, 48)), from_points(np.full((5, 2), 20.0)), 32)
