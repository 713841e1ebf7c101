import numpy as np
import torch
from PIL import Image

from recon.geometry.cameras import Camera
from recon.photos import region as module
from recon.photos.framing import Framing, frame
from recon.photos.region import region_of

FACE = Framing(np.array([1500.0, 900.0]), 60.0, 0.2)


def ramps(width: int, height: int) -> Image.Image:
    """Smooth: averages and places tell each other."""
    y, x = np.mgrid[:height, :width]
    return Image.fromarray(
        np.stack([x / width, y / height, (x + y) / (width + height)], -1).__mul__(255).astype(np.uint8)
    )


def test_the_part_is_the_photos_own_pixels():
    photo = ramps(2400, 1800)
    region = region_of(photo, FACE)
    left, top = region.corner
    height, width = region.pixels.shape[:2]
    assert region.scale == 1 and left % 64 == top % 64 == 0 and max(height, width) < 420
    assert np.array_equal(region.pixels, np.asarray(photo)[top : top + height, left : left + width])
    crops = frame(photo, FACE, 64), frame(Image.fromarray(region.pixels), region.framing(FACE), 64)
    assert np.abs(crops[0].astype(int) - crops[1]).max() <= 1


def test_a_large_part_is_averaged_and_its_camera_agrees(monkeypatch):
    monkeypatch.setattr(module, "MOST_PX", 100)
    region = region_of(ramps(2400, 1800), FACE)
    assert region.scale == 4 and max(region.pixels.shape) <= 101
    photos = Camera(3000.0, (1200.0, 900.0), 2400)
    points = torch.tensor([[60.0, 20.0, -600.0], [80.0, -10.0, -650.0]])
    expected = (photos.project(points).numpy() - region.corner) / region.scale
    assert np.allclose(region.camera(photos).project(points).numpy(), expected, atol=1e-4)


def test_at_a_border_the_part_ends_with_the_photo():
    region = region_of(ramps(300, 200), Framing(np.array([10.0, 190.0]), 60.0, 0.0))
    assert region.corner == (0, 0) and region.pixels.shape == (200, 177, 3)
