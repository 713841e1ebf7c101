"""The protocols' settings; their defaults are the frozen numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recon.configuration import bounded
from recon.detail.config import DetailConfig
from recon.ranges import COUNT, PIXELS, SEEDS, SHARE
from recon.reconstruction.config import ReconstructionConfig

HELD_OUT_SEED = 990_001  # no training draws from it
GRADED = 24  # heads, see `recon.evaluate.self_grade`


@dataclass(frozen=True)
class RendersSettings:
    """A network on held-out renders: what is scored, on what.

    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    scene     YAML file of what is drawn; null: all as it comes
    model     the face model that is drawn, as `recon.faces` names it: default, or ict:FOLDER
    count     renders, at least 500 for a figure that is quoted
    size      side of the renders in px, seen in training or not
    seed      of the renders; keep it away from training's
    """

    network: Path | None = None
    mirrored: bool = False
    scene: Path | None = None
    model: str = "default"
    count: int = bounded(500, *COUNT)
    size: int = bounded(128, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class ScanViewsSettings:
    """A network on views of a real scan: what is scored, on what.

    folder    a coloured scan (.obj, .ply or .glb with its texture, or with a colour at each vertex) and its landmarks:
              68, or the seven of the NoW challenge (.ljson of menpo, .pp of MeshLab, or .txt of x y z lines)
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    size      of the views in px
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)


@dataclass(frozen=True)
class Landmarks2dSettings:
    """A network on photos with hand-placed points: what is scored, on what.

    folder    photos (.jpg), each with webmorph's 189 points (.pts of the same name) beside it
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    size      px that the photos are framed at
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)


@dataclass(frozen=True)
class MaskPointsSettings:
    """A network's mask on photos with five known points: what is scored, on what.

    folder    photos
    points    CSV of their five points (see `recon.photos.folder.load_photos`); null: faces.csv beside the folder
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    size      px that the photos are framed at, by the five points
    """

    folder: Path
    points: Path | None = None
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)


@dataclass(frozen=True)
class MeshesSettings:
    """Meshes of photos against known points: what is scored, on what.

    folder        photos
    kind          webmorph, 189 points a photo (.pts beside it), of which 14 are used and the outer eye corners'
                  distance is the unit; or five, the pupils, nose and mouth corners of a CSV, and the pupils' distance
    points        that CSV; null: faces.csv beside the folder
    count         photos, taken evenly from the folder
    first         the first of them
    near_percent  an error of at most this meets the points
    network       weights of a reconstructor; null: the bundled ones
    mirrored      look twice, at the image and at its mirror image, as `recon reconstruct` does
    """

    folder: Path
    kind: Literal["webmorph", "five"] = "webmorph"
    points: Path | None = None
    count: int = bounded(100, *COUNT)
    first: int = bounded(0, 0, 10**9)
    near_percent: float = bounded(8.0, 0, 100)
    network: Path | None = None
    mirrored: bool = True


@dataclass(frozen=True)
class RegistrationSettings:
    """Meshes registered to the maps of renders: what is registered.

    model           the face model that is drawn and registered, as `recon.faces` names it: default, or ict:FOLDER
    variation       share of heads beyond the model's identities
    count           renders
    size            side of the renders in px
    seed            of the renders
    reconstruction  how, its `registration`: a YAML file such as configs/reconstruction/paper.yaml, or keys of its own
    """

    model: str = "default"
    variation: float = bounded(0.0, *SHARE)
    count: int = bounded(25, *COUNT)
    size: int = bounded(256, *PIXELS)
    seed: int = bounded(404, *SEEDS)
    reconstruction: ReconstructionConfig = field(default_factory=ReconstructionConfig)


@dataclass(frozen=True)
class DetailSettings:
    """Fine detail against known relief: how it is lit and what adds the detail.

    rays            from each vertex, for the light on it
    reconstruction  how, its `detail`: a YAML file such as configs/reconstruction/paper.yaml, or keys of its own
    """

    rays: int = bounded(128, 1, 10**5)
    reconstruction: ReconstructionConfig = field(
        default_factory=lambda: ReconstructionConfig(detail=DetailConfig(edge_mm=0.4))
    )


@dataclass(frozen=True)
class Aflw2000Settings:
    """68 points on AFLW2000-3D (Zhu et al. 2016; PRNet, section 4.2): what is scored, on what.

    folder    AFLW2000-3D as it is published, each .jpg beside its .mat
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    photos    balanced, `each` of every range of yaw; or all
    each      photos of a range, 232 for the papers' 696
    seed      which ones are drawn; the papers' own draw is not published
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    photos: Literal["balanced", "all"] = "balanced"
    each: int = bounded(232, *COUNT)
    seed: int = bounded(0, *SEEDS)
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class LfpaSettings:
    """The visible ones of 34 points on AFLW-LFPA (Jourabloo and Liu 2016; PRNet, section 4.2): what is scored, on what.

    folder    photos (.jpg), each with a .pts of the same name (34 lines of x, y and 1 or 0, visible or not), and
              order.txt: 34 lines, each the numbers (of the 68, from 1) whose mean is that point
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class DenseSettings:
    """Every vertex of the face on held-out renders, the measures of PRNet's dense alignment and reconstruction.

    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    scene     YAML file of what is drawn; null: all as it comes
    count     renders
    size      side of the renders in px
    seed      of the renders; keep it away from training's
    graded    heads on which the protocol grades itself; 0: it does not
    """

    network: Path | None = None
    mirrored: bool = False
    scene: Path | None = None
    count: int = bounded(200, *COUNT)
    size: int = bounded(128, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class FlorenceSettings:
    """Views of MICC Florence's scans, VRN's protocol: what is scored, on what.

    folder        the set as it is published, with each scan's landmarks beside it (68, or the seven of NoW)
    network       weights of a reconstructor; null: the bundled ones
    mirrored      look twice, at the image and at its mirror image, as `recon reconstruct` does
    size          of the views in px
    pitches_deg   positive looks down
    yaws_deg      the text says 20 poses and lists these fifteen
    points        of a scan that are scored, at most
    seed          of the lights
    graded        heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)
    pitches_deg: tuple[float, ...] = bounded((-15.0, 20.0, 25.0), -90, 90)
    yaws_deg: tuple[float, ...] = bounded((-80.0, -40.0, 0.0, 40.0, 80.0), -90, 90)
    points: int = bounded(19_000, *COUNT)
    seed: int = bounded(0, *SEEDS)
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class Bu4dfeSettings:
    """Views of BU-4DFE's scans, VRN's protocol: what is scored, on what.

    folder        the set as it is published, with BU4DFE_BND_V1.1 in or beside it
    network       weights of a reconstructor; null: the bundled ones
    mirrored      look twice, at the image and at its mirror image, as `recon reconstruct` does
    size          of the views in px
    turned        expressions that are seen at every pose; all are seen from the front
    pitches_deg   positive looks down; the text says three between these
    yaws_deg      the text says seven between these, and calls them roll
    points        of a scan that are scored, at most
    seed          of the lights
    graded        heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)
    turned: tuple[str, ...] = ("Happy", "Surprise")
    pitches_deg: tuple[float, ...] = bounded((-20.0, 0.0, 20.0), -90, 90)
    yaws_deg: tuple[float, ...] = bounded((-80.0, -53.3, -26.7, 0.0, 26.7, 53.3, 80.0), -90, 90)
    points: int = bounded(19_000, *COUNT)
    seed: int = bounded(0, *SEEDS)
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class Bu3dfeSettings:
    """Depth of BU-3DFE's faces from the front (pix2vertex, tables 1 and 2, figure 17): what is scored, on what.

    folder    the set as it is published
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    size      of the views in px
    count     scans, the first ones by name; the text says the first 200 subjects of a set that has 100
    shown     faces of the picture of heat maps
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)
    count: int = bounded(200, *COUNT)
    shown: int = bounded(7, 0, 100)
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class NowSettings:
    """The NoW challenge, non-metrical (Sanyal et al. 2019): what is scored, on what.

    folder    the challenge's, as it is published: imagepathsvalidation.txt, scans, scans_lmks_onlypp and, for a
              network, iphone_pictures and detected_face
    meshes    folder of meshes that any program made, SUBJECT/CHALLENGE/IMG.obj or .ply with .npy or .txt of seven
              landmarks; null: the network makes them
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image, as `recon reconstruct` does
    part      validation or test
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    meshes: Path | None = None
    network: Path | None = None
    mirrored: bool = False
    part: Literal["validation", "test"] = "validation"
    graded: int = bounded(GRADED, 0, 10**4)


SETTINGS: dict[str, type] = {
    "renders": RendersSettings,
    "scan_views": ScanViewsSettings,
    "landmarks_2d": Landmarks2dSettings,
    "mask_points": MaskPointsSettings,
    "meshes": MeshesSettings,
    "registration": RegistrationSettings,
    "detail": DetailSettings,
    "aflw2000_68": Aflw2000Settings,
    "lfpa_34": LfpaSettings,
    "dense_nme": DenseSettings,
    "florence_nme": FlorenceSettings,
    "bu4dfe_nme": Bu4dfeSettings,
    "bu3dfe_depth": Bu3dfeSettings,
    "now": NowSettings,
}
"""Of each of `recon.evaluate.protocols.PROTOCOLS`."""
