"""What pix2vertex's networks are trained with: L1 on both maps, the normals loss (equation 1) and the mask.

One convention: every |.|_1 here is the mean over pixels and over channels, as the L1 criterion of the paper's framework
takes it. Equation 1's norm, read as a sum over the normal's components, is three times that.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from recon.faces.parsing import CLASSES
from recon.geometry.surfaces import normals_from_positions
from recon.methods.pix2vertex.config import Pix2VertexLossConfig
from recon.methods.pix2vertex.network import POSITION_UNIT_MM, Maps

SMALL = {"lips": 3.0, "brows": 2.0, "eyes": 3.0, "mouth_inside": 4.0, "teeth": 6.0, "glasses": 2.0, "facial_hair": 2.0}
CLASS_WEIGHTS = tuple(SMALL.get(name, 1.0) for name in CLASSES)


def pix2vertex_losses(maps: Maps, batch: dict[str, Tensor], weights: Pix2VertexLossConfig) -> dict[str, Tensor]:
    """The weighted terms, by name; their sum is the loss.

    batch: position_mm (B, 3, H, W) in mm, correspondence (B, 3, H, W) in [0, 1], mask (B, 1, H, W) 0/1. The coordinate
    terms run inside the true mask, the mask's over the whole image. Terms of weight 0 are left out.
    """
    mask, true_position = batch["mask"], batch["position_mm"] / POSITION_UNIT_MM
    terms = {
        "position": lambda: masked_l1(maps.position, true_position, mask),
        "correspondence": lambda: masked_l1(maps.correspondence, batch["correspondence"], mask),
        "mask": lambda: mask_loss(maps.mask_logits, mask, weights.dice),
        "normals": lambda: normals_loss(maps.position, true_position, mask),
    }
    if (logits := maps.class_logits) is not None and (amodal := maps.amodal_logits) is not None:
        terms["classes"] = lambda: class_loss(logits, batch["classes"])
        terms["amodal"] = lambda: mask_loss(amodal, batch["amodal_mask"], weights.dice)
    if (sharper := maps.sharper_logits) is not None:
        terms["sharper"] = lambda: class_loss(sharper, batch["classes"]) + overlap_loss(sharper, batch["classes"])
    return {name: getattr(weights, name) * term() for name, term in terms.items() if getattr(weights, name)}


def masked_l1(predicted: Tensor, true: Tensor, mask: Tensor) -> Tensor:
    """Mean over the masked pixels and the channels of |predicted - true|; 0 where the mask is empty.

    predicted, true (B, C, H, W) float; mask (B, 1, H, W) float 0/1. The mean runs over all masked pixels of the batch,
    so that a small face weighs less than a large one. -> () float, in the maps' unit.

    >>> masked_l1(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), torch.eye(2)[None, None])
    tensor(1.)
    """
    difference = (predicted - true).abs() * mask
    return difference.sum() / (mask.sum() * predicted.shape[1]).clamp_min(1)


def normals_loss(position: Tensor, true_position: Tensor, mask: Tensor) -> Tensor:
    """Equation 1, L(z', z) = |n(z') - n(z)|_1 / 3: normals of the depths, inside the eroded true mask.

    position, true_position (B, 3, H, W) float, camera frame, any one unit; mask (B, 1, H, W) float 0/1. As in the
    equation only the depth is judged: n(z') is taken over the true x and y. (Over the predicted ones the tangents of an
    untrained network are near zero, and the gradient of their direction drowns every other loss.) Mean over the pixels
    whose four neighbours are all in the mask, so that no difference reaches over the rim, and over components; in
    [0, 2 / sqrt 3]. Both normals come from the same differences: equal maps give exactly 0. -> () float.
    """
    predicted = torch.cat([true_position[:, :2], position[:, 2:]], 1)
    return masked_l1(map_normals(predicted), map_normals(true_position), erode(mask))


def map_normals(position: Tensor) -> Tensor:
    """`normals_from_positions` with a bounded gradient. (B, 3, H, W) float -> same."""
    return normals_from_positions(position, smallest=1e-6)


def class_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy of what each pixel shows, small things weighing more (CLASS_WEIGHTS), a mean over weights.

    logits (B, C, H, W) float; classes (B, 1, H, W) float, the class's code. -> () float, nats.
    """
    return F.cross_entropy(logits, classes[:, 0].long(), logits.new_tensor(CLASS_WEIGHTS))


def overlap_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """1 - the soft Dice coefficient of each class in each image that shows it, a mean: small things weigh as large.

    logits (B, C, H, W) float; classes (B, 1, H, W) float, the class's code. -> () float in [0, 1].
    """
    true = F.one_hot(classes[:, 0].long(), logits.shape[1]).permute(0, 3, 1, 2).to(logits.dtype)
    told, shown = logits.softmax(1), true.sum((-2, -1))
    coefficient = 2 * (told * true).sum((-2, -1)) / (told.sum((-2, -1)) + shown)
    there = (shown > 0).to(logits.dtype)
    return ((1 - coefficient) * there).sum() / there.sum()


def erode(mask: Tensor) -> Tensor:
    """The pixels whose four neighbours are in the mask too; outside of the image counts as outside of the mask.

    (B, 1, H, W) float 0/1 -> same.
    """
    padded = F.pad(mask, (1, 1, 1, 1))
    neighbours = padded[..., 1:-1, 2:] * padded[..., 1:-1, :-2] * padded[..., 2:, 1:-1] * padded[..., :-2, 1:-1]
    return mask * neighbours


def mask_loss(logits: Tensor, mask: Tensor, dice_weight: float = 0.0) -> Tensor:
    """Binary cross-entropy, plus `dice_weight` times 1 - the soft Dice coefficient of each image.

    logits (B, M, H, W) float, M predictions of the one true mask (B, 1, H, W) float 0/1. -> () float, nats.
    """
    mask = mask.expand_as(logits)
    loss = F.binary_cross_entropy_with_logits(logits, mask)
    if dice_weight:
        probability = logits.sigmoid()
        overlap = 2 * (probability * mask).sum((-2, -1)) + 1
        loss = loss + dice_weight * (1 - overlap / ((probability + mask).sum((-2, -1)) + 1)).mean()
    return loss
