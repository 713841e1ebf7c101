"""`synth2real match`: a scene file whose draws follow a photo folder's framing, poses, faces, skin and light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import bounded, read_config
from recon.photos.framing import FramingMode
from recon.ranges import COUNT
from recon.synthesis.config import SceneConfig
from synth2real import bundled


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it takes beside the settings of the scene to begin from.

    photos   folder of photos of faces, at any depth
    out      the scene file to write (.yaml), for --scene
    scene    YAML file of the scene to begin from, and to keep in all else; none: faces as the bundled generator knows
             them
    points   CSV with five points of each face; none: the folder's own faces.csv, where there is one
    framing  where the face is in a photo: by five points, by detecting it, or none for ready crops; auto: by points
             where there are any, else by detecting
    drop     file with names of photos to leave out, one a line
    network  weights of the reconstructor that measures, a file, folder or Hub id; none: the bundled one
    count    renders a round
    rounds   of drawing and moving
    """

    photos: Path
    out: Path
    scene: Path | None = None
    points: Path | None = None
    framing: FramingMode = "auto"
    drop: Path | None = None
    network: Path | None = None
    count: int = bounded(96, 16, COUNT[1])  # of which half must show a whole face
    rounds: int = bounded(3, 1, 100)


def settings() -> type:
    return SceneConfig


def run(options: Options, overrides: Mapping[str, str]) -> None:
    start = read_config(SceneConfig, options.scene or bundled.scene_config(), overrides)
    from synth2real.match.photos import match_photos

    matched = match_photos(
        options.photos,
        options.out,
        start,
        framing=options.framing,
        points=options.points,
        drop=options.drop,
        network=options.network,
        count=options.count,
        rounds=options.rounds,
    )
    print(matched)
