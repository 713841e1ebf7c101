"""A protocol is a metric with frozen numbers under one name.

Each is a file of this folder with `run(settings) -> Result`; its settings stand in `recon.evaluate.settings` (or
`published_settings`), a frozen dataclass whose defaults are the frozen numbers. `PROTOCOLS` names them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recon.evaluate.settings import SETTINGS

if TYPE_CHECKING:  # the command line lists the protocols before anything heavy is imported
    from recon.evaluate.results import Result

PROTOCOLS = {
    "renders": "a network on held-out renders with exact labels",
    "scan_views": "a network on views of any coloured scan, beside the mean face",
    "landmarks_2d": "a network's correspondence on photos with hand-placed points",
    "mask_points": "a network's mask on photos with five known points",
    "parsing": "the regions that a network with a parser tells apart, on held-out renders",
    "finding": "faces found in photos, upright and turned, against five known points",
    "meshes": "meshes of photos against known points",
    "registration": "meshes registered to the maps of renders, against what was rendered",
    "detail": "fine detail against known relief",
    "shape_spread": "a network's shapes of drawn people, within a person and between people",
    "photo_losses": "DECA's losses on unseen pictures, of a network and of the mean face",
    "wrinkles": "DECA's displacement on drawn people with known wrinkles: with raised brows, and its normals",
    "aflw2000_68": "68 points of AFLW2000-3D in 2D and 3D, by yaw",
    "lfpa_34": "the visible ones of AFLW-LFPA's 34 points",
    "dense_nme": "every vertex of the face on held-out renders, in 2D and 3D",
    "side_by_side": "networks of any method on the same renders and photos, with times and sizes",
    "florence_nme": "reconstructions of views of MICC Florence's scans, by yaw and pitch",
    "bu4dfe_nme": "reconstructions of views of BU-4DFE's scans, by yaw and expression",
    "bu3dfe_depth": "depth of BU-3DFE's faces, by expression, with heat maps",
    "verification": "an embedder: whether two pictures show one person",
    "likeness": "faces drawn on canvases, beside the people of the photos they were made of",
    "appearance": "drawn faces beside photos, place by place: tone, redness, fine contrast",
    "proportions": "drawn faces at rest beside hand-placed points: how long eyes are, where mouths lie",
    "now": "the NoW challenge: scans' distances to meshes, up to scale",
}
"""name, which is the file's too -> what it scores, in one line."""


@dataclass(frozen=True)
class Protocol:
    name: str
    settings: type
    run: Callable[[Any], Result]


def load_protocol(name: str) -> Protocol:
    """The protocol of PROTOCOLS."""
    return Protocol(name, SETTINGS[name], importlib.import_module(f"{__name__}.{name}").run)
