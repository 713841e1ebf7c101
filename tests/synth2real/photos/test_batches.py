import numpy as np
import torch

from synth2real.photos.batches import PhotoBatches, face_masks
from tests.synth2real.gan_fakes import BrightIsFace


def photos(count=6, side=32):
    images = np.full((count, side, side, 3), 30, np.uint8)
    images[:, 8:24, 8:24] = np.random.default_rng(0).integers(180, 255, (count, 16, 16, 3))
    return images


def test_the_masks_are_the_networks():
    masks = face_masks(BrightIsFace(), photos(), batch=4)
    assert masks.shape == (6, 32, 32) and masks[0, 8:24, 8:24].all() and masks[0].sum() == 256


def test_a_batch_is_a_function_of_seed_and_index():
    images = photos()
    masks = face_masks(BrightIsFace(), images)
    batches = PhotoBatches(images, masks, 4, seed=0, rotation_deg=10.0)
    assert torch.equal(batches(7)["photo"], PhotoBatches(images, masks, 4, 0, 10.0)(7)["photo"])
    assert not torch.equal(batches(7)["photo"], batches(8)["photo"])
    assert batches(0)["photo"].shape == (4, 3, 32, 32) and batches(0)["photo_mask"].shape == (4, 1, 32, 32)


def test_photo_and_mask_move_together():
    images = photos()
    masks = face_masks(BrightIsFace(), images)
    batch = PhotoBatches(images, masks, 6, seed=1, rotation_deg=30.0)(0)
    bright = batch["photo"].mean(1, keepdim=True) > 0.45
    assert (bright == batch["photo_mask"].bool()).float().mean() > 0.97
    assert (batch["photo_mask"][0] != batch["photo_mask"][1]).any()  # each turned by its own angle


def test_without_rotation_a_photo_is_itself_or_its_mirror_image():
    images = photos(count=1)
    batch = PhotoBatches(images, face_masks(BrightIsFace(), images), 1, seed=0, rotation_deg=0.0)
    straight = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    seen = set()
    for index in range(20):
        photo = batch(index)["photo"]
        for name, candidate in (("same", straight), ("mirrored", straight.flip(-1))):
            if torch.allclose(photo, candidate, atol=1e-3):
                seen.add(name)
    assert seen == {"same", "mirrored"}
