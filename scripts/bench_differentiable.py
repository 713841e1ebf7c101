#!/usr/bin/env python3
"""The differentiable renderer against a rasteriser in torch alone: python scripts/bench_differentiable.py

Both draw the bundled face in the same pictures, forward and backward, in one run. The other one is what a torch
implementation does without a kernel: each triangle is tried at every pixel, in blocks, the nearest hit kept. Its
pictures must agree. Times are of the processor on a CPU, as a busy machine's clock says little.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from recon.evaluate.results import Figure, Measure, Result
from recon.methods.deca.codes import Codes
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.face import Face, face_of
from recon.methods.deca.network import Deca
from recon.render.differentiable.camera import in_pixels, orthographic
from recon.render.differentiable.raster import Fragments, barycentric, fragments

BLOCK = 64  # triangles that are tried at once
TIME = Measure("time of a picture, there and back", "ms")


def naive(points_px: Tensor, triangles: Tensor, side: int) -> Fragments:
    """`fragments` in torch alone."""
    count, vertices = points_px.shape[:2]
    line = torch.arange(side, device=points_px.device) + 0.5
    centres = torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 1, 1, 2)
    nearest = points_px.new_full((count, side**2), -torch.inf)
    ids = torch.full((count, side**2), -1, device=points_px.device)
    with torch.no_grad():
        for first in range(0, len(triangles), BLOCK):
            for image, points in enumerate(points_px):
                corners = points[triangles[first : first + BLOCK].long()]  # (k, 3, 3)
                (ax, ay), (bx, by), (cx, cy) = (corners[:, k, :2].unbind(1) for k in range(3))
                front = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) < 0  # rows run downward
                weights = barycentric((corners[None, ..., :2] - centres).flatten(0, 1)).view(side**2, -1, 3)
                depth = (weights * corners[None, ..., 2]).sum(2)
                depth = depth.masked_fill(~(front & (weights >= 0).all(2)), -torch.inf)
                best, which = depth.max(1)
                nearer = best > nearest[image]
                nearest[image] = torch.where(nearer, best, nearest[image])
                ids[image] = torch.where(nearer, which + first, ids[image])
    pixels = (ids.view(-1) >= 0).nonzero()[:, 0]
    seen = ids.view(-1)[pixels]
    corners = triangles.long()[seen] + torch.div(pixels, side**2, rounding_mode="floor")[:, None] * vertices
    places = points_px[..., :2].reshape(-1, 2)[corners] - centres[pixels % side**2, 0]
    return Fragments(pixels, seen, corners, barycentric(places), count, side)


def there_and_back(face: Face, codes: Codes, side: int, draw: Callable[[Tensor, Tensor, int], Fragments]) -> Tensor:
    """(B, 3, S, S): the mesh's places as a picture, its gradient to the vertices taken."""
    vertices = face.vertices_mm(codes).detach().requires_grad_()
    seen = draw(in_pixels(orthographic(vertices, codes.camera), side), face.surface.triangles, side)
    picture = seen.image(seen.of_vertices(vertices))
    picture.square().sum().backward()
    return picture.detach()


def seconds(work: Callable[[], Tensor], device: torch.device, repeats: int) -> float:
    """The least of some runs; of the processor on a CPU."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    found = []
    for _ in range(repeats):
        start = clock()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        found.append(clock() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=4, help="pictures at once")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_differentiable.json is written")
    args = parser.parse_args()

    device, config = torch.device(args.device), DecaConfig(size=args.size, encoder="resnet18", norm="group")
    face, codes = face_of(config, device), Deca(config).mean_codes(args.count, device)
    ways = {"torch alone": (naive, 1), "exact rasteriser": (fragments, 5)}
    pictures = {name: there_and_back(face, codes, args.size, draw) for name, (draw, _) in ways.items()}
    apart = (pictures["torch alone"] - pictures["exact rasteriser"]).abs().amax(1) > 1e-2
    if float(apart.float().mean()) > 1e-3:
        raise SystemExit(f"the two draw different pictures: {float(apart.float().mean()):.2%} of the pixels")
    taken = {}
    for name, (draw, repeats) in ways.items():
        taken[name] = seconds(lambda draw=draw: there_and_back(face, codes, args.size, draw), device, repeats)
        print(f"{name}: {1000 * taken[name] / args.count:.2f} ms a picture")
    result = Result(
        title="The differentiable renderer against a rasteriser in torch alone",
        protocol="bench_differentiable",
        settings={
            "count": args.count,
            "size": args.size,
            "device": args.device,
            "triangles": len(face.surface.triangles),
        },
        figures=tuple(
            Figure("ms", *TIME, 1000 * value / args.count, args.count, group=name) for name, value in taken.items()
        ),
    )
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_differentiable", ["python", "scripts/bench_differentiable.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
