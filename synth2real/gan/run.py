"""A generator from one experiment to weights: its renders, its photos, the frozen network that holds it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from recon.configuration import to_plain
from recon.errors import UserError
from recon.faces import load
from recon.files import printable, whole_file
from recon.methods.base import Reconstructor
from recon.methods.pretrained import digest, lineage_of, save_weights, weights_file
from recon.photos.folder import Photos, load_photos
from recon.processes import one_thread
from recon.synthesis.source import content, held_out_of, open_source
from recon.synthesis.targets import MapsTarget
from recon.train.batches import Batches, first_batches
from recon.train.loop import Batch, device, main_first, run_folder
from recon.train.settings import keep_settings
from synth2real import bundled
from synth2real.gan.experiment import GanExperiment
from synth2real.gan.generator import Generator
from synth2real.gan.parser_loss import refuse_without_parser
from synth2real.gan.training import train
from synth2real.photos.balance import balancing_weights, told
from synth2real.photos.batches import PhotoBatches, face_masks
from synth2real.photos.glasses import without_glasses
from synth2real.photos.traits import parsed, traits_of
from synth2real.photos.upright import with_upright_face

COUNTED = 192  # renders whose traits the photos are balanced by
SHOWN = 5  # skipped photos that are named on the terminal; the run's skipped.txt names all


def train_generator(experiment: GanExperiment, run_dir: Path, cache: Path | None = None) -> Path:
    """Train, resuming exactly what is in `run_dir`; -> `run_dir/generator.safetensors`, the averaged generator's.

    Args:
        cache: folder that keeps drawn renders as datasets, for all runs; without it they are drawn when needed.
    Raises:
        UserError: what the experiment names can't be had, `run_dir` was begun with something else, can't be written,
            or another run is at work there.
    """
    with run_folder(run_dir):
        return _train(experiment, run_dir, cache)


def _train(experiment: GanExperiment, run_dir: Path, cache: Path | None) -> Path:
    opened = partial(open_source, size=experiment.size, seed=experiment.seed, workers=experiment.workers)
    held_out_config = held_out_of(experiment.sources, experiment.seed, experiment.held_out)
    with main_first():
        held_out_source = opened("held_out", held_out_config, cache=cache)
        sources = {name: opened(name, config, cache=cache) for name, config in experiment.sources.items()}
    weights = experiment.geometry.network or str(bundled.network_weights())
    network = Reconstructor.from_pretrained(weights).to(device())
    held_by = lineage_of(weights_file(weights))
    start = started_from(experiment)
    if experiment.parser.weight > 0:
        refuse_without_parser(network, "parser.weight above 0")
    if experiment.photos.balance:
        refuse_without_parser(network, "photos.balance")
    wanted = experiment.photos
    assert wanted.folder is not None
    with one_thread():
        photos = load_photos(wanted.folder, experiment.size, wanted.framing, wanted.points, wanted.drop)
    photos = with_upright_face(photos, network, load("default"))
    photo_batches = batches_of(photos, network, experiment, run_dir)
    inputs = {f"sources.{name}": content(source.key()) for name, source in sources.items()}
    inputs |= {"photos.folder": _content_of(photo_batches.images), "geometry.network": digest_of(weights)}
    inputs |= {} if experiment.start is None else {"start": digest_of(experiment.start)}
    settings = keep_settings(experiment, inputs, run_dir)

    target = MapsTarget(experiment.size, parser=experiment.parser.weight > 0 or wanted.balance)
    shares = [config.weight for config in experiment.sources.values()]
    renders = Batches(list(sources.values()), shares, target, experiment.placement, experiment.batch, experiment.seed)
    if wanted.balance:
        photo_batches = balanced(photo_batches, renders, network)
    (held_out,) = first_batches(held_out_source, target, len(held_out_source))
    model = load("default")
    mouth = model.canonical[model.landmarks[48:]]
    state = train(experiment, renders, photo_batches, held_out, network, run_dir, mouth, start)

    average = cast(Generator, state.ema["generator"].average.cpu())
    card = {"experiment": to_plain(experiment), "inputs": inputs, "settings": settings, "steps": state.step}
    card |= {"renders": state.step * experiment.batch, "photos": len(photo_batches.images), "held_by": held_by}
    save_weights(run_dir / "generator.safetensors", average, card)
    return run_dir / "generator.safetensors"


def batches_of(photos: Photos, network: Reconstructor, experiment: GanExperiment, run_dir: Path) -> PhotoBatches:
    """The photos that serve, with their masks; what is skipped is counted, named and listed in skipped.txt."""
    bare = without_glasses(photos.images) if experiment.photos.without_glasses else np.ones(len(photos.names), bool)
    worn = [(name, "it seems to show glasses") for name, plain in zip(photos.names, bare, strict=True) if not plain]
    skipped = [*photos.skipped, *worn]
    kept = np.flatnonzero(bare)
    _report(skipped, len(kept), run_dir)
    if not len(kept):
        raise UserError(f"no photo is left of {len(skipped)}: see {run_dir / 'skipped.txt'} for the reasons")
    masks = face_masks(network, photos.images[kept])
    rotation_deg = experiment.photos.rotation_deg
    return PhotoBatches(photos.images[kept], masks, experiment.batch, experiment.seed, rotation_deg)


def balanced(photos: PhotoBatches, renders: Callable[[int], Batch], network: Reconstructor) -> PhotoBatches:
    """The photos drawn so that their traits have the renders' shares, as parser and labels tell them; says which."""
    some = [renders(step) for step in range(-(-COUNTED // photos.batch))]
    images = np.concatenate([(one["rgb"].permute(0, 2, 3, 1) * 255).round().byte().numpy() for one in some])
    classes, masks = (np.concatenate([one[name][:, 0].numpy() for one in some]) for name in ("classes", "mask"))
    of_photos = traits_of(photos.images, *parsed(network, photos.images))
    of_renders = traits_of(images, classes, masks > 0)
    weights = balancing_weights(of_photos, of_renders)
    print(told(of_photos, of_renders, weights), file=sys.stderr)
    return replace(photos, weights=weights)


def started_from(experiment: GanExperiment) -> Generator | None:
    """The generator that the training begins with. Raises UserError where it is no generator, or of another kind."""
    if experiment.start is None:
        return None
    start = Generator.from_pretrained(experiment.start)
    if start.config != experiment.generator:
        raise UserError(f"{experiment.start} has other settings than the experiment's generator: give it the same ones")
    return start


def digest_of(weights: str) -> str:
    """Of the bytes of a weights file, of that in a folder, or on the Hub."""
    return digest(weights_file(weights))[:16]


def _content_of(images: np.ndarray) -> str:
    return hashlib.sha256(images.tobytes()).hexdigest()[:16]


def _report(skipped: list[tuple[str, str]], kept: int, out: Path) -> None:
    with whole_file(out / "skipped.txt") as temporary:
        temporary.write_text("".join(f"{printable(name)}\t{reason}\n" for name, reason in skipped))
    print(f"{kept} photos, {len(skipped)} skipped", file=sys.stderr)
    for name, reason in skipped[:SHOWN]:
        print(f"  {printable(name)}: {reason}", file=sys.stderr)
    if len(skipped) > SHOWN:
        print(f"  ... all {len(skipped)} are in {out / 'skipped.txt'}", file=sys.stderr)
