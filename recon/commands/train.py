"""`recon train pix2vertex`: the networks, on scenes drawn from the seed."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from recon.configuration import add_config_arguments, read_config
from recon.errors import UserError
from recon.faces import load
from recon.methods.pix2vertex.training import Pix2VertexTrainConfig, train
from recon.methods.weights import load_weights
from recon.synthesis.pool import HELD_OUT_SEED, RenderPool
from recon.synthesis.scene import SceneConfig
from recon.train.retexture import read_textures

HELD_OUT_BATCH = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_config_arguments(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the run's folder; resumes what is there"
    )
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to begin with, instead of random ones")
    parser.add_argument("--scene", type=Path, metavar="FILE", help="YAML file of what is drawn (default: as it comes)")
    parser.add_argument("--textures", type=Path, metavar="FILE", help="photos' skin, from `recon textures`")
    parser.add_argument(
        "--scenes", type=int, default=30_000, metavar="N", help="scenes before the first repeats (default: %(default)s)"
    )
    parser.add_argument("--held-out", type=int, default=256, metavar="N", help="scenes to evaluate on (default: 256)")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep rendered scenes here, to draw each only once for all runs"
    )


def run(args: argparse.Namespace) -> None:
    config = read_config(Pix2VertexTrainConfig, args.config, args.overrides)
    scene = read_config(SceneConfig, args.scene)
    if args.scenes < config.batch_size:
        raise UserError(f"--scenes {args.scenes} is less than a batch: give at least {config.batch_size}")
    if args.held_out < 1:
        raise UserError(f"--held-out {args.held_out} leaves nothing to evaluate on: give at least 1")
    start = None if args.start is None else load_weights(args.start)
    if start is not None and getattr(start, "config", None) != config.network:
        raise UserError(f"{args.start} holds a network with other layers than the configuration's: give its --config")
    textures = None if args.textures is None else read_textures(args.textures)
    model, size = load("default"), config.network.size
    pool = partial(RenderPool, model, scene, size=size, amodal=config.amodal, cache=args.cache)
    renders = pool(seed=config.seed, count=args.scenes, batch=config.batch_size)
    batch = min(HELD_OUT_BATCH, args.held_out)
    held_out = pool(seed=config.seed + HELD_OUT_SEED, count=args.held_out, batch=batch)
    weights = train(config, renders, [held_out(i) for i in range(args.held_out // batch)], args.out, start, textures)
    print(f"the network is in {weights}, its sheets in {args.out / 'sheets'}")
