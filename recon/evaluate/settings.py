"""The protocols' settings; their defaults are the frozen numbers. Those on published sets stand in
`recon.evaluate.published_settings`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from recon.configuration import bounded
from recon.detail.config import DetailConfig
from recon.evaluate.person_settings import (
    AppearanceSettings,
    LikenessSettings,
    PhotoLossesSettings,
    ProportionsSettings,
    ShapeSpreadSettings,
    VerificationSettings,
    WrinklesSettings,
)
from recon.evaluate.published_settings import (
    GRADED,
    HELD_OUT_SEED,
    Aflw2000Settings,
    Bu3dfeSettings,
    Bu4dfeSettings,
    FlorenceSettings,
    LfpaSettings,
    NowSettings,
)
from recon.ranges import COUNT, PIXELS, SEEDS, SHARE
from recon.reconstruction.config import ReconstructionConfig


@dataclass(frozen=True)
class RendersSettings:
    """A network on held-out renders: what is scored, on what.

    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
    size      px that the photos are framed at, by the five points
    """

    folder: Path
    points: Path | None = None
    network: Path | None = None
    mirrored: bool = False
    size: int = bounded(128, *PIXELS)


@dataclass(frozen=True)
class ParsingSettings:
    """What a network's parser tells apart on held-out renders: what is scored, on what.

    network   weights of a reconstructor with a parser
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
    scene     YAML file of what is drawn; null: all as it comes
    count     renders
    size      side of the renders in px
    seed      of the renders; keep it away from training's
    """

    network: Path | None = None
    mirrored: bool = False
    scene: Path | None = None
    count: int = bounded(500, *COUNT)
    size: int = bounded(256, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class FindingSettings:
    """Faces found in photos, upright and turned: what is scored, on what.

    folder        photos
    points        CSV of their five points (see `recon.photos.folder.load_photos`); null: faces.csv beside the folder
    count         photos, taken evenly from the folder
    turns_deg     multiples of 90 by which each photo is turned, one figure each
    near_percent  a face is found right where its points' mean error is at most this, of the eye distance
    corners       photos of which a corner beside the face, enlarged, is looked at too, where there is none to be found
    network       weights of a reconstructor; null: the bundled ones
    mirrored      look twice, at the image and at its mirror image; the bundled frontal one always does
    """

    folder: Path
    points: Path | None = None
    count: int = bounded(300, *COUNT)
    turns_deg: tuple[Literal[0, 90, 180, 270], ...] = (0, 90, 180, 270)
    near_percent: float = bounded(15.0, 0, 100)
    corners: int = bounded(60, 0, 10**6)
    network: Path | None = None
    mirrored: bool = False


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
    mirrored      look twice, at the image and at its mirror image; the bundled frontal one always does
    """

    folder: Path
    kind: Literal["webmorph", "five"] = "webmorph"
    points: Path | None = None
    count: int = bounded(100, *COUNT)
    first: int = bounded(0, 0, 10**9)
    near_percent: float = bounded(8.0, 0, 100)
    network: Path | None = None
    mirrored: bool = False


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
class DenseSettings:
    """Every vertex of the face on held-out renders, the measures of PRNet's dense alignment and reconstruction.

    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
class SideBySideSettings:
    """Networks of any method on the same images: which, on what.

    networks  their weights, such as [a.safetensors, b.safetensors]
    scene     YAML file of what is drawn; null: all as it comes
    ict       ICT-FaceKit's folder, for renders of its heads as well; null: none
    scan      folder of a coloured scan, as scan_views takes it; null: none
    photos    folder of photos with hand-placed points, as landmarks_2d takes it; null: none
    count     renders of each kind
    size      side of all images in px
    seed      of the renders; keep it away from training's
    blind     other renders, the mean of whose labels is the answer that knows no image; 0: it is left out
    """

    networks: tuple[Path, ...] = ()
    scene: Path | None = None
    ict: Path | None = None
    scan: Path | None = None
    photos: Path | None = None
    count: int = bounded(200, *COUNT)
    size: int = bounded(128, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)
    blind: int = bounded(200, 0, 10**5)


SETTINGS: dict[str, type] = {
    "renders": RendersSettings,
    "scan_views": ScanViewsSettings,
    "landmarks_2d": Landmarks2dSettings,
    "mask_points": MaskPointsSettings,
    "parsing": ParsingSettings,
    "finding": FindingSettings,
    "meshes": MeshesSettings,
    "registration": RegistrationSettings,
    "detail": DetailSettings,
    "shape_spread": ShapeSpreadSettings,
    "photo_losses": PhotoLossesSettings,
    "wrinkles": WrinklesSettings,
    "aflw2000_68": Aflw2000Settings,
    "lfpa_34": LfpaSettings,
    "dense_nme": DenseSettings,
    "side_by_side": SideBySideSettings,
    "florence_nme": FlorenceSettings,
    "bu4dfe_nme": Bu4dfeSettings,
    "bu3dfe_depth": Bu3dfeSettings,
    "verification": VerificationSettings,
    "likeness": LikenessSettings,
    "appearance": AppearanceSettings,
    "proportions": ProportionsSettings,
    "now": NowSettings,
}
"""Of each of `recon.evaluate.protocols.PROTOCOLS`."""
