"""The settings of the protocols on published sets; their defaults are the frozen numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recon.configuration import bounded
from recon.ranges import COUNT, PIXELS, SEEDS

GRADED = 24  # heads, see `recon.evaluate.self_grade`
HELD_OUT_SEED = 990_001  # no training draws from it


@dataclass(frozen=True)
class Aflw2000Settings:
    """68 points on AFLW2000-3D (Zhu et al. 2016; PRNet, section 4.2): what is scored, on what.

    folder    AFLW2000-3D as it is published, each .jpg beside its .mat
    network   weights of a reconstructor; null: the bundled ones
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    network: Path | None = None
    mirrored: bool = False
    graded: int = bounded(GRADED, 0, 10**4)


@dataclass(frozen=True)
class FlorenceSettings:
    """Views of MICC Florence's scans, VRN's protocol: what is scored, on what.

    folder        the set as it is published, with each scan's landmarks beside it (68, or the seven of NoW)
    network       weights of a reconstructor; null: the bundled ones
    mirrored      look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored      look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
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
    mirrored  look twice, at the image and at its mirror image; the bundled frontal one always does
    part      validation or test
    graded    heads on which the protocol grades itself; 0: it does not
    """

    folder: Path
    meshes: Path | None = None
    network: Path | None = None
    mirrored: bool = False
    part: Literal["validation", "test"] = "validation"
    graded: int = bounded(GRADED, 0, 10**4)
