"""Small stand-ins: a differentiable reconstructor and random batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recon.faces.parsing import CLASSES
from recon.methods.base import FaceGeometry, FaceMaps
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from tests.fakes import MapsReconstructor, of_maps


class TinyReconstructor(MapsReconstructor):
    """One convolution to position, correspondence and mask, with dropout that freezing must switch off."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 7, 5, padding=2)
        self.dropout = nn.Dropout(0.5)

    def predict(self, image: Tensor) -> FaceGeometry:
        maps = self.dropout(self.convolution(image))
        return of_maps(maps[:, 6:].sigmoid(), 100 * maps[:, :3], maps[:, 3:6])


class TinyParser(MapsReconstructor):
    """As `TinyReconstructor`, with a parser."""

    size = 32  # type: ignore[assignment]

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 7 + len(CLASSES), 5, padding=2)

    def predict(self, image: Tensor) -> FaceGeometry:
        maps = self.convolution(image)
        told = (4 * maps[:, 6:7]).sigmoid(), 100 * maps[:, :3], maps[:, 3:6]
        return FaceGeometry(FaceMaps(*told, classes=(4 * maps[:, 7:]).softmax(1)))


class BrightIsFace(MapsReconstructor):
    """The mask is where the image is bright; coordinates are 0."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(20.0))

    def predict(self, image: Tensor) -> FaceGeometry:
        zeros = torch.zeros_like(image)
        return of_maps((self.gain * (image.mean(1, keepdim=True) - 0.5)).sigmoid(), zeros, zeros)


def render_batch(index: int, batch: int = 2, size: int = 32) -> dict[str, Tensor]:
    """Smooth random "renders" with a square face, a function of the index."""
    random = torch.Generator().manual_seed(index)

    def maps() -> Tensor:
        coarse = torch.rand(batch, 3, 8, 8, generator=random)
        return nn.functional.interpolate(coarse, (size, size), mode="bilinear")

    mask = torch.zeros(batch, 1, size, size)
    mask[:, :, size // 4 : -size // 4, size // 4 : -size // 4] = 1
    return {
        "rgb": maps(),
        "mask": mask,
        "correspondence": maps() * mask,
        "normals": (2 * maps() - 1) * mask,
        "position_mm": 100 * maps() * mask,
        "classes": mask * CLASSES.index("skin"),
    }


def photo_batch(index: int, batch: int = 2, size: int = 32) -> dict[str, Tensor]:
    """Brighter images with the same square face."""
    renders = render_batch(index + 10_000, batch, size)
    return {"photo": 0.5 + 0.5 * renders["rgb"], "photo_mask": renders["mask"]}


def tiny_network(seed: int, size: int = 32) -> Pix2Vertex:
    """An untrained network that takes every pixel for a face."""
    torch.manual_seed(seed)
    shape = {"architecture": "unet", "outputs": "joint", "widths": (8, 8), "norm": "group", "dropout": 0.0}
    network = Pix2Vertex(Pix2VertexConfig(size=size, **shape))
    last = [values for name, values in network.named_parameters() if name.endswith("bias") and len(values) == 7][-1]
    with torch.no_grad():
        last[6] += 5
    return network
