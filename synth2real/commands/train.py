"""`synth2real train`: the generator, on renders drawn on the fly and a folder of photos."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

from recon.configuration import add_config_arguments, read_config
from recon.errors import UserError
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.methods.weights import load_reconstructor, save_weights
from recon.photos.folder import Photos, load_photos
from recon.synthesis.pool import HELD_OUT_SEED, RenderPool
from recon.synthesis.scene import SceneConfig
from recon.train.checkpoint import keep_settings
from recon.train.loop import device
from synth2real import bundled
from synth2real.gan.generator import GENERATORS, Generator
from synth2real.gan.training import TrainingConfig, train
from synth2real.photos.batches import PhotoBatches, face_masks, with_face
from synth2real.photos.glasses import without_glasses

SHOWN = 5  # skipped photos that are named on the terminal; the run's skipped.txt names all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--photos", type=Path, required=True, metavar="DIR", help="photos of faces, at any depth")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the run's folder; resumes what is there"
    )
    parser.add_argument(
        "--points", type=Path, metavar="CSV", help="five points of each face (default: DIR's faces.csv)"
    )
    parser.add_argument("--drop", type=Path, metavar="FILE", help="names of photos to leave out, one a line")
    parser.add_argument(
        "--network", type=Path, metavar="FILE", help="L_Geom's frozen network (default: the bundled one)"
    )
    parser.add_argument(
        "--scene", type=Path, metavar="FILE", help="YAML file of what is drawn (default: the bundled one)"
    )
    parser.add_argument(
        "--scenes", type=int, default=12_000, metavar="N", help="scenes before the first repeats (default: %(default)s)"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep rendered scenes here, to draw each only once for all runs"
    )
    add_config_arguments(parser)


def run(args: argparse.Namespace) -> None:
    config = read_config(TrainingConfig, args.config, args.overrides)
    stride = Generator(config.generator).stride
    if config.size % stride:
        raise UserError(
            f"size {config.size} is not divisible by {stride}, as the generator's widths need: change either"
        )
    network = load_reconstructor(args.network or bundled.network_weights()).to(device())
    photos = load_photos(args.photos, config.size, config.photos.framing, args.points, args.drop)
    batches = _photo_batches(photos, network, config, args.out)
    keep_settings(config, args.out)

    model, scene = load("default"), read_config(SceneConfig, args.scene or bundled.scene_config())
    renders = RenderPool(
        model,
        scene,
        seed=config.seed,
        count=args.scenes,
        size=config.size,
        batch=config.batch,
        yaw_limit_deg=config.yaw_limit_deg,
        cache=args.cache,
    )
    if len(renders.indices) < config.batch:
        raise UserError(f"--scenes {args.scenes} leaves fewer within yaw_limit_deg than a batch: give more")
    frontal = replace(scene, yaw_max_deg=min(scene.yaw_max_deg, config.yaw_limit_deg))
    held_out = RenderPool(
        model,
        frontal,
        seed=config.seed + HELD_OUT_SEED,
        count=config.held_out,
        size=config.size,
        batch=config.held_out,
        cache=args.cache,
    )(0)
    mouth = model.canonical[model.landmarks[48:]]
    state = train(config, renders, batches, held_out, network, args.out, mouth)

    average = cast(Generator, state.ema["generator"].average)
    card = {"steps": state.step, "renders": state.step * config.batch, "photos": len(batches.images)}
    save_weights(args.out / "generator.safetensors", average.cpu(), config.generator, card, GENERATORS)
    print(f"the generator is in {args.out / 'generator.safetensors'}, its sheets in {args.out / 'sheets'}")


def _photo_batches(photos: Photos, network: Reconstructor, config: TrainingConfig, out: Path) -> PhotoBatches:
    """The photos that serve, with their masks; what is skipped is counted, named and listed in skipped.txt."""
    masks = face_masks(network, photos.images)
    bare = without_glasses(photos.images) if config.photos.without_glasses else [True] * len(masks)
    skipped = list(photos.skipped)
    kept = []
    for i, (name, face, plain) in enumerate(zip(photos.names, with_face(masks), bare, strict=True)):
        if not face:
            skipped.append((name, "the network sees no face in it"))
        elif not plain:
            skipped.append((name, "it seems to show glasses"))
        else:
            kept.append(i)
    _report(skipped, len(kept), out)
    if not kept:
        raise UserError(f"no photo is left of {len(photos.names)}: see {out / 'skipped.txt'} for the reasons")
    return PhotoBatches(photos.images[kept], masks[kept], config.batch, config.seed, config.photos.rotation_deg)


def _report(skipped: list[tuple[str, str]], kept: int, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "skipped.txt").write_text("".join(f"{name}\t{reason}\n" for name, reason in skipped))
    print(f"{kept} photos, {len(skipped)} skipped", file=sys.stderr)
    for name, reason in skipped[:SHOWN]:
        print(f"  {name}: {reason}", file=sys.stderr)
    if len(skipped) > SHOWN:
        print(f"  ... all {len(skipped)} are in {out / 'skipped.txt'}", file=sys.stderr)
