"""Make a dataset's folder: the rows, and what shows and explains them. The Python API of `render` and `generate`.

out/data/train-*.parquet    the rows                        out/manifest.json    what they depend on
out/index.html, sheet.jpg   the first of them, as pictures  out/README.md        the card: columns, drift, limits
out/template.npz            what the meshes of all rows share
out/checksums.json          what each of these files must be
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from recon.configuration import changed, read_config
from recon.faces import load
from recon.faces.outer import refuse_part_of_head
from recon.methods.pretrained import weights_file
from recon.ranges import COUNT, PROCESSES, SEEDS, refuse_beyond
from recon.render.config import Renderer
from recon.synthesis.job import Engine
from recon.synthesis.produce import Produced, produce, read_manifest
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import Rows
from recon.synthesis.template import write_template
from synth2real import bundled
from synth2real.bundled import BUNDLED_PX, RENDER_PX, SIDES_PX
from synth2real.dataset.card import Drift, drift_statistics, write_card
from synth2real.dataset.checksums import write_checksums
from synth2real.dataset.gallery import write_gallery
from synth2real.dataset.jobs import GenerateJob
from synth2real.dataset.judges import introductions, open_judges
from synth2real.dataset.sheets import contact_sheet
from synth2real.dataset.translate import check_size
from synth2real.gan.generator import Generator

log = logging.getLogger(__name__)

CORES = os.cpu_count() or 1
SHOWN = 64  # the first rows, in order: never chosen


@dataclass(frozen=True)
class Dataset:
    """A folder that was made. produced: its rows. drift: of its images, None for renders. said: a line about it."""

    folder: Path
    produced: Produced
    drift: Drift | None
    said: str

    def __str__(self) -> str:
        return self.said


def make_renders(
    out: Path,
    count: int,
    *,
    scene: SceneConfig | None = None,
    size: int = RENDER_PX,
    seed: int = 0,
    workers: int | Engine = CORES,
    renderer: Renderer = "own",
    model: str = "default",
) -> Dataset:
    """Make `out` hold `count` renders with exact labels, going on from what is already there.

    Args:
        out: folder, new or begun by the same call. count: of rows.
        scene: what is drawn; None: `SceneConfig()`.
        size: side of the images in pixels, 32 to 1024. seed: row i is a function of (seed, i).
        workers: processes of this machine, or an engine that has others.
        renderer: what draws the colours, ours or pyrender (extra: preview); the labels are ours and exact.
        model: the face model's name, as `recon.faces.load` knows it.

    Raises:
        UserError: a number makes no sense, or `out` can't be written or holds something else.
    """
    _refuse_nonsense(count, size, seed, workers)
    refuse_part_of_head(load(model))
    scene = changed(scene or SceneConfig(), {}, "the scene")  # as strict with a scene made in Python as with a file
    produced = _produce(RenderJob(seed, size, scene, model, renderer), count, out, workers)
    shown = list(islice(Rows(produced.shards), SHOWN))
    contact_sheet(shown, ("render", "correspondence", "normals"), out / "sheet.jpg")
    facts = f"{count} records, {size} px, seed {seed}; the first {len(shown)} are shown"
    write_gallery(out, shown, "Renders with exact labels", facts)
    write_card(out, produced, read_manifest(out))
    said = f"{count} records in {out}: index.html shows the first {len(shown)}, README.md says what they hold"
    return Dataset(out, produced, None, f"{said}\n{produced.pace}")


def make_dataset(
    out: Path,
    count: int,
    *,
    scene: SceneConfig | None = None,
    size: int = BUNDLED_PX,
    seed: int = 0,
    weights: Path | None = None,
    judges: Sequence[Path] | None = None,
    max_drift_mm: float | None = None,
    workers: int | Engine = CORES,
    model: str = "default",
    translated: bool = True,
) -> Dataset:
    """Make `out` hold `count` realistic faces with labels and measured drift, going on from what is already there.

    Args:
        out, count, size, seed, workers, model: as `make_renders` has them; `size` must suit the generator's halvings.
        scene: what is drawn; None: faces as the bundled generator knows them.
        weights: the generator's file or Hub id; judges: two of networks that measure the drift; None: the bundled ones.
        max_drift_mm: images that drift further by the worse of both judges are drawn again up to three times, then left
            out for other scenes; None: keep all.
        translated: by the generator; else the image is the render, which a scene on canvases makes realistic by itself.

    Raises:
        UserError: a number makes no sense, weights can't be read, or `out` can't be written or holds something else.
    """
    _refuse_nonsense(count, size, seed, workers)
    refuse_part_of_head(load(model))
    if max_drift_mm is not None:
        refuse_beyond("max_drift", max_drift_mm, 1e-3, 1e3)
    job = GenerateJob(
        seed=seed,
        size=size,
        scene=read_config(SceneConfig, bundled.scene_config()) if scene is None else changed(scene, {}, "the scene"),
        weights=weights_file(weights or bundled.generator_weights()) if translated else None,
        judges=tuple(weights_file(judge) for judge in judges or bundled.judge_weights()) if translated else (),
        max_drift_mm=max_drift_mm,
        model=model,
    )
    cards = {}
    if job.weights is not None:  # what is wrong with weights is said before work begins
        generator = Generator.from_pretrained(job.weights)
        cards[job.weights.stem] = generator.card
        check_size(size, generator)
        open_judges(job.judges)
        if weights is None and size != BUNDLED_PX:
            log.warning("the bundled generator learnt at %d px: at %d px expect worse images", BUNDLED_PX, size)
    produced = _produce(job, count, out, workers)

    drift = drift_statistics(produced.shards)
    judged = introductions(job.judges, cards) if translated else []
    said = _said(drift, produced, max_drift_mm) if translated else "labels exact, nothing was translated"
    shown = list(islice(Rows(produced.shards), SHOWN))
    beside = ("image", "render", "correspondence") if translated else ("image", "correspondence", "normals")
    contact_sheet(shown, beside, out / "sheet.jpg")
    facts = f"{count} faces, {size} px, seed {seed}; {said}; the first {len(shown)} are shown"
    write_gallery(out, shown, "Realistic faces with geometry labels", facts)
    write_card(out, produced, read_manifest(out), drift, judged)
    said = f"{count} faces in {out}; {said}: index.html shows them, README.md says what they hold"
    return Dataset(out, produced, drift, "\n".join([said, *judged, str(produced.pace)]))


def _produce(job: RenderJob | GenerateJob, count: int, out: Path, workers: int | Engine) -> Produced:
    """The rows, what all their meshes share, and the checksums of both."""
    produced = produce(job, count, out, workers)
    write_template(out, load(job.model))
    write_checksums(out)
    return produced


def _said(drift: Drift, produced: Produced, max_drift_mm: float | None) -> str:
    of_image, pixels = drift["drift_mm"], drift["drift_px"]
    said = f"drift {pixels['median']:.2f} px, {of_image['median']:.2f} mm (median)"
    said += f", {of_image['worst_5_percent']:.2f} mm (95th percentile) by the worse of two judges"
    if of_image["none"]:
        said = said if np.isfinite(of_image["median"]) else "no drift"
        said += f", {of_image['none']:g} images in which one sees no face"
    if max_drift_mm is not None:
        again = sum(row["draw"] > 0 for row in Rows(produced.shards).rows(["draw"]))
        said += f", {produced.count} of {produced.candidates} scenes kept at --max_drift {max_drift_mm:g}, "
        said += f"{again} of them from a later draw"
    return said


def _refuse_nonsense(count: int, size: int, seed: int, workers: int | Engine) -> None:
    """Refuse numbers that make no sense, before anything is loaded."""
    refuse_beyond("count", count, *COUNT)
    if isinstance(workers, int):
        refuse_beyond("workers", workers, 1, PROCESSES[1])
    refuse_beyond("size", size, *SIDES_PX)
    refuse_beyond("seed", seed, *SEEDS)
