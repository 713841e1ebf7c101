import pytest
import torch

from synth2real.gan.discriminator import Discriminator, DiscriminatorConfig, Pyramid
from synth2real.gan.window import face_window, through_window


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


def test_a_pyramid_judges_each_size_by_its_own_network():
    config = DiscriminatorConfig(width=8, strides=2, scales=3)
    heads = Pyramid(config, channels=5)(torch.rand(2, 5, 64, 64))
    assert [head.shape[1:] for head in heads[::2]] == [(16, 16), (8, 8), (4, 4)]
    assert all(head.shape == (2, 1) for head in heads[1::2])
