"""A photo folder to a scene file that follows it. The Python API of `match`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from recon.configuration import write_config
from recon.errors import UserError
from recon.faces import load
from recon.files import printable, refuse_unwritable
from recon.methods.base import Reconstructor
from recon.photos.folder import load_photos
from recon.photos.framing import FramingMode
from recon.processes import one_thread
from recon.synthesis.config import SceneConfig
from recon.train.loop import device
from synth2real import bundled
from synth2real.match.histograms import write_histograms
from synth2real.match.matching import FEWEST, Drawn, centre, draw_and_measure, match, spread, untold, whole_faces
from synth2real.match.statistics import QUANTITIES, Statistics, measure
from synth2real.photos.upright import with_upright_face

SIZE = 128
SEED = 880_001  # no training or evaluation draws from it


@dataclass(frozen=True)
class Matched:
    """A scene that follows photos, in a file. said: a table of what was measured, and where the files are."""

    scene: SceneConfig
    said: str

    def __str__(self) -> str:
        return self.said


def match_photos(
    photos: Path,
    out: Path,
    start: SceneConfig,
    *,
    framing: FramingMode = "auto",
    points: Path | None = None,
    drop: Path | None = None,
    network: Path | None = None,
    count: int = 96,
    rounds: int = 3,
) -> Matched:
    """Write to `out` (.yaml) the scene whose draws follow the photos, and beside it histograms (.png) of both.

    Args:
        start: the scene to begin from, and to keep in all else. framing, points, drop: see `load_photos`.
        network: weights of what measures; None: the bundled one. count: renders a round. rounds: of drawing and moving.
    Raises:
        UserError: `out` is no .yaml or can't be written, there are too few faces, or a file can't be read.
    """
    if out.suffix not in (".yaml", ".yml"):
        raise UserError(f"--out {out} is no .yaml: name the scene file to write")
    refuse_unwritable(out.parent)
    model, eye = load("default"), Reconstructor.from_pretrained(network or bundled.network_weights()).to(device())
    with one_thread():
        seen = load_photos(photos, SIZE, framing, points, drop)
    seen = with_upright_face(seen, eye, model)
    target = measure(eye, seen.images, model)
    found = whole_faces(target)
    print(
        f"{found} faces in {len(seen.names) + len(seen.skipped)} photos, {len(seen.skipped)} skipped", file=sys.stderr
    )
    for name, reason in seen.skipped:
        print(f"  {printable(name)}: {reason}", file=sys.stderr)
    if found < FEWEST:
        raise UserError(f"the network sees {found} whole faces in {photos}: give at least {FEWEST}")

    def draw(config: SceneConfig, seed: int = SEED) -> Drawn:
        return draw_and_measure(eye, model, config, count, SIZE, seed)

    config, first = match(target, start, draw, rounds)
    after = draw(config, SEED + 1).measured  # others than those that the config was fitted to
    picture = out.with_suffix(".png")
    write_histograms({"photos": target, "renders before": first.measured, "renders after": after}, picture)
    write_config(config, out)
    kept = (
        f"{QUANTITIES[name]}: this network hardly tells it on renders, so the scene keeps what it had"
        for name in untold(first)
    )
    files = f"the scene is in {out}, histograms in {picture}"
    return Matched(config, "\n".join([table(target, first.measured, after), *kept, files]))


def table(photos: Statistics, before: Statistics, after: Statistics) -> str:
    """Median and spread of each quantity, for a terminal."""
    sets = (photos, before, after)
    lines = [f"{'':34}{'photos':>18}{'renders before':>18}{'renders after':>18}"]
    for name, title in QUANTITIES.items():
        cells = (f"{centre(values[name]):9.3g} ± {spread(values[name]):.2g}" for values in sets)
        lines.append(f"{title:34}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)
