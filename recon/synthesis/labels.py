"""A record's labels: maps on the storage grid, the face under what hides it, the skin's relief, landmarks."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from recon.faces.model import FaceModel
from recon.render.scenery import Scenery, Seen
from recon.render.skin_light import SkinSeen
from recon.synthesis.quantize import snap_mm, snap_signed, snap_unit

VISIBLE_WITHIN_MM = 2.0


def map_labels(
    maps: dict[str, Tensor], hidden: dict[str, Tensor] | None, skin: SkinSeen | None
) -> dict[str, np.ndarray]:
    """All maps of a `Record` but its image.

    Args:
        maps: of `label_maps`. hidden: the same of the face where parts hide it; None: nowhere. skin: None: smooth.
    """
    labels = snapped(maps)
    fine = labels["normals"] if skin is None else fine_normals(labels["normals"], skin)
    return labels | amodal(labels, hidden) | {"fine_normals": fine}


def snapped(maps: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """`label_maps` on the storage grid; see `Record` for shapes."""
    arrays = {name: values.numpy() for name, values in maps.items()}
    return arrays | {
        "position_mm": snap_mm(arrays["position_mm"]),
        "normals": snap_signed(arrays["normals"]),
        "correspondence": snap_unit(arrays["correspondence"]),
        "uv": snap_unit(arrays["uv"]),
    }


def amodal(shown: dict[str, np.ndarray], hidden: dict[str, Tensor] | None) -> dict[str, np.ndarray]:
    """The labels of the face itself: those `shown`, and from `label_maps` of what parts hide; None: nothing."""
    mask, correspondence = shown["mask"], shown["correspondence"]
    position = np.where(mask[..., None], shown["position_mm"], np.float32(np.nan))
    if hidden is not None:
        there = hidden["mask"].numpy()
        mask, correspondence = mask | there, correspondence.copy()
        position[there] = snap_mm(hidden["position_mm"].numpy()[there])
        correspondence[there] = snap_unit(hidden["correspondence"].numpy()[there])
    return {"amodal_mask": mask, "amodal_position_mm": position, "amodal_correspondence": correspondence}


def fine_normals(normals: np.ndarray, skin: SkinSeen) -> np.ndarray:
    """(S, S, 3) snapped `normals`, and where there is relief the skin's own, snapped too."""
    rough = np.flatnonzero(skin.relief[..., 0].numpy())
    fine = normals.copy()
    fine.reshape(-1, 3)[rough] = snap_signed(skin.normals.numpy().reshape(-1, 3)[rough])
    return fine


def landmark_labels(model: FaceModel, scenery: Scenery, seen: Seen, places: Tensor) -> dict[str, np.ndarray]:
    """The three of the 68 landmarks; places: (n, 3) mm of the scenery's vertices, minus `Record.origin_mm`."""
    marks = seen.points_px[model.landmarks]
    return {
        "landmarks_px": marks[:, :2].numpy(),
        "landmarks_mm": places[model.landmarks].numpy(),
        "landmarks_visible": landmark_visibility(seen, scenery.triangles, marks),
    }


def landmark_visibility(seen: Seen, triangles: Tensor, marks: Tensor) -> np.ndarray:
    """(68,) bool: inside the image and no more than 2 mm behind the surface seen at that pixel."""
    height, width = seen.labelled.shape
    column, row = marks[:, 0].floor().long(), marks[:, 1].floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    there = seen.labelled[row.clamp(0, height - 1), column.clamp(0, width - 1)].long()
    corner_distance = seen.points_px[triangles[there.clamp(min=0)].long()][..., 2]
    nearest = corner_distance.amax(1)
    return (inside & (there >= 0) & (marks[:, 2] <= nearest + VISIBLE_WITHIN_MM)).numpy()
