"""Label drift: how far a translation moved the geometry of an image, as one reconstructor sees it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from scipy.ndimage import binary_erosion
from torch import Tensor

from recon.faces.model import FaceModel
from recon.faces.parsing import CLASSES
from recon.geometry.surfaces import normals_from_positions
from recon.methods.base import FaceGeometry
from recon.methods.places import located

SEEN = 0.5  # a network sees the face where its mask is more
FEWEST_SEEN = 16  # px; of fewer it sees no face
STRIDE = 2  # every second row and column of the face is followed
MOUTH_CORNERS = (48, 54)
PARTS = tuple(CLASSES.index(name) for name in ("lips", "brows", "eyes", "mouth_inside", "teeth", "facial_hair"))
INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper and lower, of the 68 from 0


@dataclass(frozen=True)
class Drift:
    """How far one image's geometry moved, as one network sees image and render. All NaN where the render shows no
    face; where the network sees none in either of them, all but mask_iou.

    drift_px            mean way of the face's points in the image, px: each is seen at some pixel of the render, and
                        looked for by its correspondence in the image
    drift_p95_px        95th percentile of the same
    drift_mm            mean length of the position's change inside the true mask, without any alignment
    normal_drift_deg    mean angle between the position maps' normals
    landmark_drift_px   mean way of those of the 68 landmarks that the render shows, looked for likewise
    mask_iou            overlap of the two masks
    region_agreement    of a network with a parser: share of the pixels that show lips, brows, eyes, teeth, the mouth's
                        inside or a beard in render or image that show the same in both; of others 1 minus the change
                        of the inner lips' gap, as a share of the mouth's width, 0 at least
    """

    drift_px: float
    drift_p95_px: float
    drift_mm: float
    normal_drift_deg: float
    landmark_drift_px: float
    mask_iou: float
    region_agreement: float


NOTHING = Drift(*[float("nan")] * len(fields(Drift)))


def drift_of(
    before: FaceGeometry, after: FaceGeometry, masks: np.ndarray, visible: np.ndarray, model: FaceModel
) -> list[Drift]:
    """The drift of each of B images.

    Args:
        before, after: one network's answers for the renders and for what became of them.
        masks: (B, H, W) bool, the true face. visible: (B, 68) bool, the landmarks that the render shows.
        model: the model whose canonical face the correspondence is of.
    """
    plain = label_drift(before, after, torch.from_numpy(masks)[:, None].float().to(before.mask.device))
    answers = [[_numpy(one.mask)[:, 0] > SEEN, _numpy(one.correspondence)] for one in (before, after)]
    parsed = _parsed(before, after)
    normals = [_numpy(normals_from_positions(one.position_mm.float())) for one in (before, after)]
    box_mm = (model.canonical_box_mm[1] - model.canonical_box_mm[0]).numpy()
    landmarks, found = model.canonical[model.landmarks].numpy(), []
    for i in range(len(masks)):
        iou, moved_mm = (float(plain[name][i]) for name in ("mask_iou", "drift_mm"))
        (seen, places), (seen_after, places_after) = ((mask[i], places[i]) for mask, places in answers)
        if not masks[i].any() or min(seen.sum(), seen_after.sum()) < FEWEST_SEEN:
            found.append(Drift(**{**vars(NOTHING), "mask_iou": iou}))
            continue
        # What the lookup gets wrong in both alike falls out.
        goals = np.concatenate([landmarks, _goals(places, masks[i] & seen)])
        found_at = [located(*one, goals, box_mm) for one in ((places, seen), (places_after, seen_after))]
        lengths = np.linalg.norm(found_at[1] - found_at[0], axis=1)
        points, steps, ways = [one[:68] for one in found_at], lengths[:68][visible[i]], lengths[68:]
        inner = np.asarray(binary_erosion(masks[i]), bool)
        cosine = (normals[0][i] * normals[1][i]).sum(0)[inner].clip(-1, 1)
        found.append(
            Drift(
                drift_px=float(ways.mean()) if len(ways) else float("nan"),
                drift_p95_px=float(np.percentile(ways, 95)) if len(ways) else float("nan"),
                drift_mm=moved_mm,
                normal_drift_deg=float(np.degrees(np.arccos(cosine)).mean()) if len(cosine) else float("nan"),
                landmark_drift_px=float(steps.mean()) if len(steps) else float("nan"),
                mask_iou=iou,
                region_agreement=1 - min(1.0, abs(opening(points[1]) - opening(points[0])))
                if parsed is None
                else parts_agreement(*(classes[i] for classes in parsed)),
            )
        )
    return found


def opening(points: np.ndarray) -> float:
    """The mouth's: mean gap of the inner lips over the mouth's width, of (68, 2) points."""
    gap = np.mean([np.linalg.norm(points[upper] - points[lower]) for upper, lower in INNER_LIPS])
    left, right = MOUTH_CORNERS
    return float(gap / max(float(np.linalg.norm(points[left] - points[right])), 1e-6))


def parts_agreement(before: np.ndarray, after: np.ndarray) -> float:
    """Share of the pixels that show a part of the face in either (H, W) of class codes that show the same in both; 1
    where there are none."""
    part = np.isin(before, PARTS) | np.isin(after, PARTS)
    return float((before == after)[part].mean()) if part.any() else 1.0


def label_drift(before: FaceGeometry, after: FaceGeometry, mask: Tensor) -> dict[str, Tensor]:
    """What training watches: how far each image's geometry moved, quickly.

    before, after: one network's answers for B renders and for their translations; mask (B, 1, H, W) float 0/1, the true
    face mask. drift_mm (B,): mean length of the position's change inside the mask, without any alignment.
    drift_correspondence (B,): the same for correspondence. mask_iou (B,): overlap of the two answers' masks at 0.5.
    float32; NaN where the true mask is empty: nothing was there that could have moved.
    """
    pixels = mask.sum((1, 2, 3))
    pixels = pixels.where(pixels > 0, torch.nan)
    # Not torch.norm, which is slow along a dimension that is not the last.
    moved, slid = (
        (of_after - of_before).float().square().sum(1, keepdim=True).sqrt()
        for of_before, of_after in (
            (before.position_mm, after.position_mm),
            (before.correspondence, after.correspondence),
        )
    )
    face_before, face_after = before.mask > SEEN, after.mask > SEEN
    both = (face_before & face_after).sum((1, 2, 3)).float()
    either = (face_before | face_after).sum((1, 2, 3)).float()
    return {
        "drift_mm": (moved * mask).sum((1, 2, 3)) / pixels,
        "drift_correspondence": (slid * mask).sum((1, 2, 3)) / pixels,
        "mask_iou": torch.where(either > 0, both / either.clamp_min(1), 1.0).where(pixels > 0, torch.nan),
    }


def _parsed(*answers: FaceGeometry) -> list[np.ndarray] | None:
    """(B, H, W) class codes of each answer; None of a network without a parser."""
    probabilities = [one.maps.classes for one in answers if one.maps is not None and one.maps.classes is not None]
    return [_numpy(one).argmax(1) for one in probabilities] if len(probabilities) == len(answers) else None


def _goals(places: np.ndarray, face: np.ndarray) -> np.ndarray:
    """(k, 3): the canonical places that are seen at every STRIDE-th row and column of the face (H, W) bool."""
    rows, columns = np.nonzero(face[::STRIDE, ::STRIDE])
    return places[:, STRIDE * rows, STRIDE * columns].T


def _numpy(values: Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy()
