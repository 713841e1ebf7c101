import torch
from torch import Tensor

from recon.methods.base import FaceGeometry
from recon.methods.mirrored import Mirrored
from tests.fakes import MapsReconstructor, of_maps


class Colours(MapsReconstructor):
    """Reads its answer off the image: position from the colours, correspondence in [0, 1], mask from red."""

    def predict(self, image: Tensor) -> FaceGeometry:
        return of_maps(image[:, :1], image * 100, image)


def test_a_network_that_knows_the_symmetry_is_not_changed():
    column = torch.linspace(-1, 1, 16).expand(1, 1, 16, 16)

    class Symmetric(MapsReconstructor):
        def predict(self, image: Tensor) -> FaceGeometry:
            even = image.mean(1, keepdim=True) + image.mean(1, keepdim=True).flip(-1)
            return of_maps(even, torch.cat([column, even, even], 1), torch.cat([column / 2 + 0.5, even, even], 1))

    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    plain, twice = Symmetric().predict(image), Mirrored(Symmetric()).predict(image)
    for name in ("mask", "position_mm", "correspondence"):
        assert torch.allclose(getattr(plain, name), getattr(twice, name), atol=1e-6)


def test_the_answer_to_a_mirrored_image_is_the_mirrored_answer():
    image = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    one, other = Mirrored(Colours()).predict(image), Mirrored(Colours()).predict(image.flip(-1))
    assert torch.allclose(one.position_mm[:, 1:], other.position_mm[:, 1:].flip(-1))
    assert torch.allclose(one.position_mm[:, 0], -other.position_mm[:, 0].flip(-1))
    assert torch.allclose(one.correspondence[:, 0], 1 - other.correspondence[:, 0].flip(-1))
    assert torch.allclose(one.mask, other.mask.flip(-1))
