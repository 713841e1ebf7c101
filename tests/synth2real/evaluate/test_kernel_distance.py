import numpy as np
import pytest
import torch
from torch import Tensor

from recon.errors import UserError
from synth2real.evaluate.kernel_distance import Features, kernel_distance


def slowly(x, y):
    """The definition, pair by pair."""

    def mean(a, b, same):
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not (same and i == j)]
        return sum((a[i] @ b[j] / x.shape[1] + 1) ** 3 for i, j in pairs) / len(pairs)

    return mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)


def test_as_the_definition_says():
    random = np.random.default_rng(0)
    x, y = random.normal(0, 1, (7, 3)), random.normal(0.5, 1, (5, 3))
    assert kernel_distance(x, y) == pytest.approx(slowly(x, y))


def test_by_hand():
    """One dimension, x = (0, 0), y = (1, 1): k(0, 0) = 1, k(1, 1) = 8, k(0, 1) = 1, so 1 + 8 - 2."""
    assert kernel_distance(np.zeros((2, 1)), np.ones((2, 1))) == pytest.approx(7)


def test_it_is_unbiased():
    random = np.random.default_rng(1)
    same = [kernel_distance(*random.normal(0, 1, (2, 8, 4))) for _ in range(400)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 20  # of few images too


class Plain(torch.nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=[2, 3])


class Published(torch.nn.Module):
    def forward(self, img: Tensor, use_fp16: bool = False, return_features: bool = False) -> Tensor:
        return img.mean(dim=[2, 3]) if return_features else img.sum(dim=[2, 3])


@pytest.mark.parametrize(("network", "scale"), [(Plain(), 1 / 255), (Published(), 1.0)])
def test_networks_by_path(network, scale, tmp_path):
    torch.jit.script(network).save(str(tmp_path / "net.pt"))
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.uint8)
    np.testing.assert_allclose(Features(tmp_path / "net.pt")(images), images.mean((1, 2)) * scale, rtol=1e-4)


def test_another_file_is_refused(tmp_path):
    (tmp_path / "net.pt").write_text("no network")
    for file in ("net.pt", "missing.pt"):
        with pytest.raises(UserError, match=f"{file} is no readable TorchScript"):
            Features(tmp_path / file)
