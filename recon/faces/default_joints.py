"""Joints of the default model, which its source has none of: a declared stand-in for FLAME's five.

The jaw's axis and angle come from its own unit `jawOpen`, whose lower teeth move rigidly: opening by `JAW_OPEN_RAD`
about +x does to the teeth what the unit does. How far a vertex follows is how far the unit moves it along that
rotation, from 0 to 1, so the weights are as smooth as the unit. The neck is a ball joint in the middle of the neck;
its weight grows smoothly over `NECK_HALF_MM` on both sides of a plane that rises to the back. The eyeballs turn
rigidly about their middles. There are no pose correctives: beyond some 30 degrees the neck's skin shrinks, as linear
blend skinning does.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from recon.faces.articulation import JAW, LEFT_EYE, NECK, RIGHT_EYE, ROOT, Articulation
from recon.faces.model import REGIONS
from recon.geometry.similarity import fit_rigid

JAW_OPEN_RAD = 0.384  # 22 degrees, which the unit's lower teeth turn by
RIGID_MM = 5.0  # teeth that the unit moves further are the lower ones
STILL_MM = 3.0  # near the axis a rotation moves little, and the share that a unit follows it is unsure
EARS = (0, 16)  # landmarks that the jaw's axis goes along with
NECK_MM = (0.0, -130.0, -95.0)  # of the mean: the middle of the neck
NECK_HALF_MM = 28.0
NECK_SLOPE = 0.3  # of the plane, mm up for a mm back


def default_joints(
    mean: Tensor, region: Tensor, jaw_open: Tensor, landmarks: Tensor, eyeballs: tuple[Tensor, Tensor]
) -> Articulation:
    """The joints of the default mean.

    Args:
        mean: (n, 3) mm. region: (n,) uint8. jaw_open: (n, 3) mm, the unit. landmarks: (68,) ids.
        eyeballs: ids of the left and of the right one.
    """
    jaw_mm, jaw = _jaw(mean, region, jaw_open)
    y, z = mean[:, 1] - NECK_MM[1], mean[:, 2] - NECK_MM[2]
    t = ((y + NECK_SLOPE * z + NECK_HALF_MM) / (2 * NECK_HALF_MM)).clamp(0, 1)
    above = t * t * (3 - 2 * t)
    weights = torch.zeros(len(mean), 5)
    weights[:, JAW] = jaw * above
    weights[:, NECK] = (1 - jaw) * above
    weights[:, ROOT] = 1 - above
    regressor, offset_mm = torch.zeros(5, len(mean)), torch.zeros(5, 3)
    followed = {NECK: (region == REGIONS.index("neck")).nonzero().ravel(), JAW: landmarks[list(EARS)]}
    for joint, ids in {**followed, LEFT_EYE: eyeballs[0], RIGHT_EYE: eyeballs[1]}.items():
        regressor[joint, ids] = 1 / len(ids)
    offset_mm[NECK] = torch.tensor(NECK_MM) - mean[followed[NECK]].mean(0)
    offset_mm[JAW] = jaw_mm - mean[followed[JAW]].mean(0)
    for joint, ids in zip((LEFT_EYE, RIGHT_EYE), eyeballs, strict=True):
        weights[ids] = torch.nn.functional.one_hot(torch.tensor(joint), 5).float()
    return Articulation(regressor, offset_mm, weights)


def _jaw(mean: Tensor, region: Tensor, jaw_open: Tensor) -> tuple[Tensor, Tensor]:
    """A point (3,) mm on the jaw's axis, x = 0, and how far each vertex follows it (n,)."""
    lower = (region == REGIONS.index("teeth")) & (jaw_open.norm(dim=1) > RIGID_MM)
    turn = fit_rigid(mean[lower].numpy(), (mean + jaw_open)[lower].numpy())
    middle = np.zeros(3)
    middle[1:] = np.linalg.solve(np.eye(2) - turn.rotation[1:, 1:], turn.translation[1:])
    moved = torch.from_numpy(turn(mean.numpy())).float() - mean
    share = (moved * jaw_open).sum(1) / (moved.square().sum(1) + STILL_MM**2)
    return torch.from_numpy(middle).float(), share.clamp(0, 1)
