import pytest
import torch

from synth2real.gan.discriminator import Discriminator, DiscriminatorConfig, face_window, through_window


@pytest.mark.parametrize("size", [64, 128, 256])
def test_heads(size):
    patches, view = Discriminator(DiscriminatorConfig(width=8))(torch.rand(2, 3, size, size))
    assert patches.shape == (2, size // 8, size // 8) and view.shape == (2, 1)


def test_the_window_grows_the_mask_and_closes_the_mouth():
    mask = torch.zeros(1, 1, 64, 64)
    mask[:, :, 20:44, 20:44] = 1
    mask[:, :, 34:38, 28:36] = 0  # an open mouth
    window = face_window(mask, 0.06)
    assert window[..., 20:44, 20:44].min() == 1
    assert window[..., 32, 17] > 0.5 and window[..., 32, 12] == 0
    assert window.min() >= 0 and window.max() <= 1


def test_what_lies_outside_the_window_cannot_be_seen():
    mask = torch.zeros(2, 1, 32, 32)
    mask[:, :, 10:20, 10:20] = 1
    window = face_window(mask, 0.06)
    image = torch.rand(2, 3, 32, 32)
    other = torch.where(window > 0, image, torch.rand_like(image))
    assert torch.equal(through_window(image, window), through_window(other, window))
