#!/usr/bin/env python3
"""On a CUDA machine: do renderer and bundled network answer there what they answer on the CPU, and how fast?"""

from __future__ import annotations

import sys
import time

import torch

from recon import assets
from recon.faces import load
from recon.geometry.rasterize import interpolate, rasterize
from recon.methods.base import Reconstructor
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE, HEADS, ROUNDS = 256, 10, 20


def main() -> int:
    if not torch.cuda.is_available():
        print("scripts/gpu_checks.py needs a CUDA GPU and finds none", file=sys.stderr)
        return 2
    failed = not renderer_agrees()
    failed |= not network_agrees()
    return int(failed)


def renderer_agrees() -> bool:
    """Ids may differ at edges alone (fused multiply-add); depth within 0.01 mm where they agree."""
    model = load("default")
    differing, worst = 0, 0.0
    for index in range(HEADS):
        scene = draw_scene(model, 0, index, SceneConfig())
        shape = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        places = shape @ torch.from_numpy(scene.rotation).T + torch.from_numpy(scene.translation_mm(63.0, SIZE))
        points = scene.camera(SIZE).project_with_distance(places)
        here = rasterize(points, model.triangles, SIZE, SIZE)
        there = rasterize(points.cuda(), model.triangles.cuda(), SIZE, SIZE)
        depth = interpolate(here, points, model.triangles, places)
        depth_there = interpolate(there, points.cuda(), model.triangles.cuda(), places.cuda()).cpu()
        same = here == there.cpu()
        differing += int((~same).sum())
        worst = max(worst, float((depth - depth_there)[same].abs().max()))
    share = differing / (HEADS * SIZE**2)
    print(f"renderer: {100 * share:.4f} % of pixels see another triangle, places within {worst:.5f} mm elsewhere")
    return share < 1e-3 and worst < 0.01


def network_agrees() -> bool:
    network = Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))
    assert isinstance(network, Reconstructor)
    images = torch.rand(16, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        here = network.predict(images).position_mm
        network.cuda()
        on_gpu = images.cuda()
        there = network.predict(on_gpu).position_mm.cpu()
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(ROUNDS):
            network.predict(on_gpu)
        torch.cuda.synchronize()
    rate = ROUNDS * len(images) / (time.perf_counter() - begin)
    relative = float((here - there).norm() / here.norm())
    print(f"network: relative difference {relative:.2e}, {rate:.0f} images a second at batch {len(images)}")
    return relative < 1e-2  # tf32 and another order of sums


if __name__ == "__main__":
    sys.exit(main())
