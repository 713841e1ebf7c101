#!/usr/bin/env python3
"""Do renderer and bundled network answer on the GPU what they answer on the CPU, and how fast?

Exit code 1 where they do not. --device cpu compares the CPU with itself: for trying this script without a GPU.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from recon import assets
from recon.evaluate.results import Figure, Result
from recon.faces import load
from recon.geometry.rasterize import interpolate, rasterize
from recon.methods.base import Reconstructor
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import face_of
from recon.methods.deca.network import Deca
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE, IMAGES, ROUNDS = 256, 16, 20
MOST = {  # of each figure that says how far the answers are apart
    "triangles": 0.1,  # at edges alone: fused multiply-add
    "places": 0.01,
    "pixels": 0.1,
    "gradients": 2.0,
    "network": 1.0,  # tf32 and another order of sums
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--heads", type=int, default=10, help="that are drawn")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where gpu_checks.json is written")
    args = parser.parse_args()
    if args.device.startswith("cuda") and not torch.cuda.is_available():
        print("scripts/gpu_checks.py needs a CUDA GPU and finds none", file=sys.stderr)
        return 2
    device = torch.device(args.device)
    figures = (*renderer(device, args.heads), *differentiable_renderer(device), *network(device))
    apart = [figure.label for figure in figures if figure.name in MOST and not figure.value < MOST[figure.name]]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU itself"
    result = Result(
        title="The GPU beside the CPU",
        protocol="gpu_checks",
        settings={"device": args.device, "heads": args.heads, "size": SIZE},
        figures=figures,
        notes=(f"The device: {name}.", f"Too far apart: {', '.join(apart) or 'nothing'}."),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "gpu_checks", ["python", "scripts/gpu_checks.py", *sys.argv[1:]])
    return int(bool(apart))


def renderer(device: torch.device, heads: int) -> tuple[Figure, ...]:
    """Ids may differ at edges alone; places where they agree."""
    model, differing, apart = load("default"), 0, []
    for index in range(heads):
        scene = draw_scene(model, 0, index, SceneConfig())
        shape = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        places = shape @ torch.from_numpy(scene.rotation).T + torch.from_numpy(scene.translation_mm(63.0, SIZE))
        given = (scene.camera(SIZE).project_with_distance(places), model.triangles, places)
        (here, seen), (there, seen_there) = _drawn(*given), _drawn(*(one.to(device) for one in given))
        same = here == there.cpu()
        differing += int((~same).sum())
        apart.append(float((seen - seen_there.cpu())[same & (here >= 0)].abs().max()))
    share = 100 * differing / (heads * SIZE**2)
    return (
        Figure("triangles", "pixels that see another triangle", "%", share, heads),
        Figure("places", "places elsewhere, at most apart by", "mm", float(np.max(apart)), heads),
    )


def _drawn(points_px: torch.Tensor, triangles: torch.Tensor, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    ids = rasterize(points_px, triangles, SIZE, SIZE)
    return ids, interpolate(ids, points_px, triangles, places)


def differentiable_renderer(device: torch.device) -> tuple[Figure, ...]:
    """DECA's pictures and their gradients to the shape; pixels at edges may see another triangle."""
    config = DecaConfig(size=128, encoder="resnet18", norm="group", texture_px=64)
    deca, answers = Deca(config), []
    for place in (torch.device("cpu"), device):
        codes = deca.mean_codes(2, place)
        shape = (codes.shape + 0.5).requires_grad_()
        codes = replace(codes, shape=shape, pose=codes.pose + 0.1)
        face = face_of(config, place)
        picture = face.picture(face.vertices_mm(codes), codes, 128).rgb
        picture.square().sum().backward()
        assert shape.grad is not None
        answers.append((picture.detach().cpu(), shape.grad.cpu()))
    (here, slope), (there, other) = answers
    differing = 100 * float(((here - there).abs().amax(1) > 1e-3).float().mean())
    off = 100 * float((slope - other).norm() / slope.norm())
    return (
        Figure("pixels", "differentiable renderer, pixels that differ", "%", differing, len(here)),
        Figure("gradients", "differentiable renderer, gradients apart by", "%", off, len(here)),
    )


def network(device: torch.device) -> tuple[Figure, ...]:
    """The bundled network's positions, and how fast they come in batches of IMAGES."""
    bundled = Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))
    images = torch.rand(IMAGES, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        here = bundled.predict(images).position_mm
        bundled.to(device)
        images = images.to(device)
        positions = bundled.predict(images).position_mm
        there = positions.cpu()
        rounds = ROUNDS if device.type == "cuda" else 1
        begin = time.perf_counter()
        for _ in range(rounds):
            positions = bundled.predict(images).position_mm
        positions.cpu()  # waits for the device
    rate = rounds * IMAGES / (time.perf_counter() - begin)
    off = 100 * float((here - there).norm() / here.norm())
    return (
        Figure("network", "network, positions apart by", "%", off, IMAGES),
        Figure("rate", "network, images of 128 px a second", "", rate, rounds * IMAGES),
    )


if __name__ == "__main__":
    sys.exit(main())
