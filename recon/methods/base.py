"""The one interface behind which every reconstructor sits: an image in, the geometry of the face in it out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from recon.methods.pretrained import Pretrained
from recon.methods.registry import METHODS, method

Ambiguity = Literal["metric", "scale", "affine"]


@dataclass(frozen=True)
class FaceMaps:
    """A value at each pixel of B images; the last two mean something where the mask is.

    mask            (B, 1, H, W) float, probability in [0, 1] that the pixel shows the face region
    position_mm     (B, 3, H, W) float, x right, y up, z toward the viewer, relative to the face's fixed template point
    correspondence  (B, 3, H, W) float, the place on the canonical face, nominally in [0, 1]
    amodal_mask     (B, 1, H, W) float, as mask, also where hair, glasses or other things hide the face; None: not said
    classes         (B, len(CLASSES), H, W) float, probabilities of `recon.faces.parsing.CLASSES`; None: not said
    """

    mask: Tensor
    position_mm: Tensor
    correspondence: Tensor
    amodal_mask: Tensor | None = None
    classes: Tensor | None = None


@dataclass(frozen=True)
class FaceMesh:
    """One mesh for each of B images, all of one topology.

    vertices_mm  (B, n, 3) float, the frame of `FaceMaps.position_mm`
    pixels       (B, n, 2) float, where the method's own camera sees them, pixel centres at +0.5
    triangles    (f, 3) int
    topology     the face model whose vertices they are, such as "default"
    told         (n,) bool, vertices that the method answers for; the others follow them. None: all
    displacement_mm  (B, 1, T, T) float, wrinkles along the normals, over the model's uv; None: not said
    """

    vertices_mm: Tensor
    pixels: Tensor
    triangles: Tensor
    topology: str
    told: Tensor | None = None
    displacement_mm: Tensor | None = None


@dataclass(frozen=True)
class FaceLandmarks:
    """The 68 landmarks in each of B images: pixels (B, 68, 2) float, pixel centres at +0.5; visible (B, 68) float, the
    probability that nothing hides them."""

    pixels: Tensor
    visible: Tensor


@dataclass(frozen=True)
class FaceLook:
    """What the skin and the light of the face in each of B images are.

    albedo  (B, 3, T, T) float, sRGB nominally in [0, 1], over the face model's texture, row 0 on top
    light   (B, 9, 3) float, r, g, b of the nine harmonics of `recon.render.harmonics`: their sum, weighted with
            `polynomials` of a normal in the image's frame, times the albedo is the colour that is seen
    """

    albedo: Tensor
    light: Tensor


@dataclass(frozen=True)
class FaceGeometry:
    """What a reconstructor says about the face in each of B images; None: a method that does not say.

    ambiguity: up to what places in mm are known: "metric", "scale" (a factor) or "affine" (depth's scale and shift).
    """

    maps: FaceMaps | None = None
    mesh: FaceMesh | None = None
    landmarks: FaceLandmarks | None = None
    ambiguity: Ambiguity = "scale"
    look: FaceLook | None = None

    @property
    def at_rest_mm(self) -> Tensor | None:
        """(B, n, 3) mm: the mesh's vertices without expression and pose, of a method that tells these apart."""
        return None

    @property
    def mask(self) -> Tensor:
        """`maps.mask`, of a method that gives maps."""
        return self._maps.mask

    @property
    def position_mm(self) -> Tensor:
        """`maps.position_mm`, of a method that gives maps."""
        return self._maps.position_mm

    @property
    def correspondence(self) -> Tensor:
        """`maps.correspondence`, of a method that gives maps."""
        return self._maps.correspondence

    @property
    def _maps(self) -> FaceMaps:
        if self.maps is None:
            raise TypeError("this reconstructor gives no maps of the image")
        return self.maps


class Reconstructor(Pretrained, ABC):
    """A network that reconstructs faces. Frozen, it gives the same answer always: in train() as in eval() mode."""

    @property
    @abstractmethod
    def size(self) -> int:
        """px, the side of the square images that it was trained on."""

    @property
    def topology(self) -> str | None:
        """The face model that it tells parameters of, as `recon.faces.load` names it; None: any is laid on its maps."""
        return None

    @abstractmethod
    def predict(self, image: Tensor) -> FaceGeometry:
        """image (B, 3, H, W) float RGB in [0, 1] -> FaceGeometry of the same H, W; differentiable in the image."""

    @abstractmethod
    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        """How far the geometry moved between two answers: L_Geom's |Net(x) - Net(G(x))|_1 (equation 7), () float.

        A face off by about half its size differs by about 1, whatever the method. Differentiable in `after`.

        Args:
            before, after: this network's answers for B renders and for what became of them.
            labels: of the renders: mask (B, 1, H, W) float 0/1, the true face; emphasis (B, 1, H, W) float, how much
                each pixel counts, 1 where it is missing.
            outline: weight of where the face ends against where its points lie.
        """

    @classmethod
    def class_of(cls, name: str) -> type[Pretrained] | None:
        if name not in METHODS:
            return None
        found = method(name).network
        return found if issubclass(found, cls) else None

    @classmethod
    def known_names(cls) -> tuple[str, ...]:
        return tuple(METHODS)


def device_of(network: Reconstructor) -> torch.device:
    """Where the network's weights are."""
    return next(network.parameters(), torch.zeros(())).device
