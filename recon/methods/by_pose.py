"""Two reconstructors, each where it is good: one for heads seen from the front, one for heads turned away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from recon.faces import load
from recon.geometry.similarity import fit_similarity
from recon.methods.base import FaceGeometry, FaceMaps, Reconstructor
from recon.synthesis.pose import angles_deg

# Up to where the bundled frontal one is the better of the two, on held-out renders; the head's pitch makes no odds.
YAW_DEG = 45.0
ROLL_DEG = 18.0
FEWEST_PX = 200  # of a face, to tell its pose
FACE = 0.5  # probability


class ByPose(Reconstructor):
    """Wraps two reconstructors of maps. The turned one is asked about every image and says how the head is turned;
    where its yaw and its roll in the image are within `yaw_deg` and `roll_deg` of none the frontal one answers.

    What the frontal one does not tell, the classes and the amodal mask, stays the turned one's. Where an answer passes
    from one to the other it jumps: for results, not for losses.
    """

    name = "by_pose"

    def __init__(
        self, frontal: Reconstructor, turned: Reconstructor, yaw_deg: float = YAW_DEG, roll_deg: float = ROLL_DEG
    ):
        super().__init__()
        self.frontal, self.turned, self.yaw_deg, self.roll_deg = frontal, turned, yaw_deg, roll_deg
        self.config, self.frozen = turned.config, frontal.frozen and turned.frozen

    @property
    def size(self) -> int:
        """The larger one, at which neither sees less than it was trained on."""
        return max(self.frontal.size, self.turned.size)

    def predict(self, image: Tensor) -> FaceGeometry:
        """As the interface says, of square images; each is answered as if it were alone."""
        turned = self.turned.predict(image)
        chosen = torch.from_numpy(self.is_frontal(poses_deg(turned))).to(image.device)
        if not chosen.any():
            return turned
        assert turned.maps is not None
        return replace(turned, maps=_with(turned.maps, self.frontal.predict(image[chosen]), chosen))

    def is_frontal(self, poses_deg: np.ndarray) -> np.ndarray:
        """(B,) bool: whether the frontal one answers for heads of these yaws, pitches and rolls (B, 3); not where no
        pose is known (NaN)."""
        yaw, _, roll = np.abs(poses_deg).T
        return (yaw <= self.yaw_deg) & (roll <= self.roll_deg)

    def difference(
        self, before: FaceGeometry, after: FaceGeometry, labels: Mapping[str, Tensor], outline: float = 0.5
    ) -> Tensor:
        return self.turned.difference(before, after, labels, outline)


@torch.no_grad()
def poses_deg(geometry: FaceGeometry) -> np.ndarray:
    """(B, 3) float64: the head's yaw, pitch and roll in each of B images (`recon.synthesis.pose`), by the similarity
    from places on the default face to places in space; NaN where too little of a face is seen."""
    low, high = load("default").canonical_box_mm.double().numpy()
    seen = (geometry.mask[:, 0] > FACE).cpu().numpy()
    position, correspondence = (
        values.permute(0, 2, 3, 1).cpu().double().numpy() for values in (geometry.position_mm, geometry.correspondence)
    )
    found = np.full((len(seen), 3), np.nan)
    for i, inside in enumerate(seen):
        if inside.sum() >= FEWEST_PX:
            places = low + correspondence[i][inside] * (high - low)
            found[i] = angles_deg(fit_similarity(places, position[i][inside]).rotation)
    return found


def _with(turned: FaceMaps, frontal: FaceGeometry, chosen: Tensor) -> FaceMaps:
    """The turned one's maps of B images, the frontal one's where `chosen` (B,) bool says so."""
    mask = _put(turned.mask, frontal.mask, chosen)
    return replace(
        turned,
        mask=mask,
        position_mm=_put(turned.position_mm, frontal.position_mm, chosen),
        correspondence=_put(turned.correspondence, frontal.correspondence, chosen),
        # What is seen of a face is part of it, whichever network sees it.
        amodal_mask=None if turned.amodal_mask is None else torch.maximum(turned.amodal_mask, mask),
    )


def _put(values: Tensor, others: Tensor, chosen: Tensor) -> Tensor:
    return values.index_put((chosen,), others.to(values.dtype))
