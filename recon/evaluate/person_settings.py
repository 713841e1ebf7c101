"""The settings of the protocols on what DECA learns: who a face is, what is a person's and what a moment's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded
from recon.evaluate.published_settings import HELD_OUT_SEED
from recon.ranges import COUNT, PIXELS, SEEDS


@dataclass(frozen=True)
class VerificationSettings:
    """An embedder on pictures of people it has not seen.

    network  weights of an embedder (`recon train`), or a TorchScript file
    photos   folder with a folder of photos for each person; null: none
    dataset  folder of a dataset with a column `person`; null: none
    scene    YAML file of what is drawn where neither is given; null: all as it comes, four pictures a person
    count    drawn pictures
    size     side of the drawn pictures and of photos' crops, px
    seed     of the drawn ones; keep it away from training's
    """

    network: Path
    photos: Path | None = None
    dataset: Path | None = None
    scene: Path | None = None
    count: int = bounded(400, *COUNT)
    size: int = bounded(64, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class LikenessSettings:
    """Faces drawn on canvases beside the photos that the canvases were made of.

    network   weights of an embedder (`recon train`), or a TorchScript file
    photos    folder of these photos, with a faces.csv or not
    canvases  folder of the canvases; "bundled": those that come along
    pairs     folder with a folder of photos for each person: what two photos of one person look like; null: not told
    count     drawn faces
    size      side of the drawn pictures, px
    seed      of them
    """

    network: Path
    photos: Path
    canvases: str = "bundled"
    pairs: Path | None = None
    count: int = bounded(320, *COUNT)
    size: int = bounded(256, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class AppearanceSettings:
    """Drawn faces beside photos, place by place.

    photos   folder of photos, with a faces.csv in or beside it or not
    scene    YAML file of what is drawn; null: all as it comes
    network  weights of a reconstructor with a parser; null: the bundled one
    count    drawn faces, and photos at most
    size     side of all pictures in px
    seed     of the drawn faces
    """

    photos: Path
    scene: Path | None = None
    network: Path | None = None
    count: int = bounded(400, *COUNT)
    size: int = bounded(256, *PIXELS)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class ProportionsSettings:
    """Proportions of drawn faces beside those of people.

    folder   frontal photos (.jpg) at rest, with webmorph's 189 points (.pts of the same name) beside them
    scene    YAML file of what is drawn; null: all as it comes
    count    drawn people
    seed     of the drawn people
    """

    folder: Path
    scene: Path | None = None
    count: int = bounded(1000, *COUNT)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class ShapeSpreadSettings:
    """A network's shapes of drawn people seen several times: what is scored, on what.

    network  weights of a network of deca
    scene    YAML file of what is drawn; null: all as it comes
    people   how many, at least 2
    shots    pictures of each, at least 2
    seed     of the people; keep it away from training's
    """

    network: Path
    scene: Path | None = None
    people: int = bounded(40, 2, 10_000)
    shots: int = bounded(4, 2, 1000)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)


@dataclass(frozen=True)
class PhotoLossesSettings:
    """DECA's losses on pictures that no training has seen, of a network and of the mean face: what is scored, on what.

    network   weights of a network of deca or deca_detail
    dataset   folder of a dataset, such as `recon fit` makes of photos; null: drawn pictures
    first     its first row that is taken
    last      the row after the last; null: to the end
    scene     YAML file of what is drawn without a dataset; null: all as it comes
    count     drawn pictures
    seed      of the drawn ones; keep it away from training's
    embedder  weights of a face embedder, for the identity loss; null: it is left out
    """

    network: Path
    dataset: Path | None = None
    first: int = bounded(0, 0, 10**9)
    last: int | None = bounded(None, *COUNT)
    scene: Path | None = None
    count: int = bounded(200, *COUNT)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)
    embedder: Path | None = None


@dataclass(frozen=True)
class WrinklesSettings:
    """What a network's displacement does on drawn people with known wrinkles, at rest and with raised brows.

    network  weights of a network of deca_detail
    people   how many, at least 2
    age_min  youngest, years
    seed     of the people; keep it away from training's
    """

    network: Path
    people: int = bounded(40, 2, 10_000)
    age_min: float = bounded(40.0, 18, 85)
    seed: int = bounded(HELD_OUT_SEED, *SEEDS)
