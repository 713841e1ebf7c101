#!/usr/bin/env python3
"""Our renderer against pyrender, stock and patched, on the same meshes in the same run: python scripts/bench_render.py

Each image is a new mesh (the default head, about 20k vertices and 40k triangles, drawn identity and pose) with five
outputs at 256 px: shaded RGB, depth, correspondence, normals, mask. Ours supersamples RGB 2 x 2. Stock pyrender needs
four passes (its RGB has 4 x multisampling, its flat colours are 8-bit). The patched one draws into three float32
targets in one pass, without any anti-aliasing of RGB, which favours it. Rounds are interleaved; medians over rounds.
The rate of the full record stands beside. Rates mean little on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
os.environ.setdefault("PYGLET_HEADLESS", "1")
import cv2
import numpy as np
import torch

from recon.evaluate.results import Figure, Measure, Result
from recon.faces import load
from recon.geometry.cameras import Camera
from recon.geometry.rasterize import interpolate, rasterize_supersampled
from recon.geometry.surfaces import vertex_normals
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

SIZE, FOV_DEG, SEED = 256, 20.0, 7
LIGHT = (0.3, 0.4, 0.87)
MEASURES = {
    "rate": Measure("images a second"),
    "slowest": Measure("slowest round"),
    "fastest": Measure("fastest round"),
    "faster": Measure("ours is faster by"),
}
Head = tuple[torch.Tensor, torch.Tensor]  # vertices (n, 3) mm in the camera frame, unit normals (n, 3)
Renderers = dict[str, Callable[[Head], tuple[np.ndarray, ...]]]


def drawn_heads(count: int, device: torch.device) -> list[Head]:
    model, heads = load("default"), []
    for index in range(count):
        scene = draw_scene(model, SEED, index, SceneConfig())
        vertices = model.vertices(torch.from_numpy(scene.identity), torch.from_numpy(scene.expression))
        distance = Camera.from_fov(FOV_DEG, SIZE).focal_px * 62 / (0.27 * SIZE)
        vertices = vertices @ torch.from_numpy(scene.rotation).T + torch.tensor([0.0, 5.0, -distance])
        heads.append((vertices.to(device), vertex_normals(vertices, model.triangles).to(device)))
    return heads


def ours(head: Head) -> tuple[np.ndarray, ...]:
    vertices, normals = head
    camera, (triangles, canonical) = Camera.from_fov(FOV_DEG, SIZE), surface(vertices.device)
    attributes = torch.cat([vertices[:, 2:], canonical, normals], 1)
    points = camera.project_with_distance(vertices)
    ids, fine = rasterize_supersampled(points, triangles, SIZE, SIZE, 2, closed=len(triangles))
    labels = interpolate(ids, points, triangles, attributes).cpu().numpy()
    points = camera.scaled(2).project_with_distance(vertices)
    shade = (normals @ torch.tensor(LIGHT, device=normals.device)).clamp(min=0) * 0.8 + 0.2
    lit = interpolate(fine, points, triangles, canonical * shade[:, None]).clamp(0, 1).cpu()
    rgb = np.rint(cv2.resize(lit.numpy(), (SIZE, SIZE), interpolation=cv2.INTER_AREA) * 255).astype(np.uint8)
    return rgb, labels[..., 0], labels[..., 1:4], labels[..., 4:], (ids >= 0).cpu().numpy()


@cache
def surface(device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The model's triangles and canonical places on a device."""
    model = load("default")
    return model.triangles.to(device), model.canonical.to(device)


def full_record(index: int) -> None:
    model = load("default")
    render_record(model, draw_scene(model, SEED, index, SceneConfig()), SIZE)


class Pyrender:
    """One OffscreenRenderer (deleting one breaks the others), whose inner renderer is swapped for the patched one."""

    def __init__(self) -> None:
        np.infty = np.inf  # type: ignore[attr-defined]  # pyrender 0.1.45 is older than numpy 2
        import pyrender

        self.library: Any = pyrender
        self.offscreen = self.library.OffscreenRenderer(SIZE, SIZE)
        self.stock_renderer = self.offscreen._renderer
        self.float_renderer = _float_renderer()

    def _scene(self, head: Head, colours: np.ndarray):
        library = self.library
        vertices, normals = (part.cpu().numpy() for part in head)
        colours = np.concatenate([colours, np.ones((len(colours), 1), np.float32)], 1)
        primitive = library.Primitive(
            vertices, normals, color_0=colours, indices=load("default").triangles.numpy(), mode=4
        )
        scene = library.Scene(bg_color=(0, 0, 0, 0), ambient_light=(0.2, 0.2, 0.2))
        node = scene.add(library.Mesh([primitive]))
        camera = library.PerspectiveCamera(np.radians(FOV_DEG), znear=50.0, zfar=5000.0, aspectRatio=1.0)
        scene.add(camera)
        scene.add(library.DirectionalLight(intensity=3.0))
        return scene, node

    def stock(self, head: Head) -> tuple[np.ndarray, ...]:
        flags, places = self.library.RenderFlags, load("default").canonical.numpy()
        self.offscreen._renderer = self.stock_renderer
        scene, node = self._scene(head, places)
        rgb, depth = self.offscreen.render(scene)
        correspondence, _ = self.offscreen.render(scene, flags.FLAT)
        mask, _ = self.offscreen.render(scene, flags.SEG, {node: 255})
        facing, _ = self.offscreen.render(self._scene(head, head[1].cpu().numpy() / 2 + 0.5)[0], flags.FLAT)
        return rgb, -depth, correspondence / 255.0, facing / 127.5 - 1, mask[..., 0] > 0

    def patched(self, head: Head) -> tuple[np.ndarray, ...]:
        self.offscreen._renderer = self.float_renderer
        (rgb, places, facing), depth = self.offscreen.render(self._scene(head, load("default").canonical.numpy())[0])
        rgb = (rgb[..., :3].clip(0, 1) * 255).round().astype(np.uint8)
        return rgb, -depth, places[..., :3], facing[..., :3], places[..., 3] > 0


def _float_renderer():
    """pyrender's renderer with three float32 colour targets: shaded colour, vertex colour (correspondence), normal."""
    import pyrender.renderer as module
    from OpenGL import GL

    gl: Any = GL  # its constants and buffers have types that no checker follows
    from pyrender.shader_program import ShaderProgramCache

    class FloatRenderer(module.Renderer):
        def _configure_main_framebuffer(self):
            if self._main_fb is not None:
                return
            colours = list(gl.glGenRenderbuffers(3))
            self._main_db = gl.glGenRenderbuffers(1)
            self._main_fb = self._main_fb_ms = gl.glGenFramebuffers(1)
            gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._main_fb)
            attachments = [gl.GL_COLOR_ATTACHMENT0 + i for i in range(3)] + [gl.GL_DEPTH_ATTACHMENT]
            formats = [gl.GL_RGBA32F] * 3 + [gl.GL_DEPTH_COMPONENT32F]
            for buffer, attachment, kind in zip([*colours, self._main_db], attachments, formats, strict=True):
                gl.glBindRenderbuffer(gl.GL_RENDERBUFFER, buffer)
                gl.glRenderbufferStorage(gl.GL_RENDERBUFFER, kind, self.viewport_width, self.viewport_height)
                gl.glFramebufferRenderbuffer(gl.GL_FRAMEBUFFER, attachment, gl.GL_RENDERBUFFER, buffer)
            gl.glDrawBuffers(3, attachments[:3])
            self._main_fb_dims = (self.viewport_width, self.viewport_height)

        def _read_main_framebuffer(self, scene, flags):
            width, height = self._main_fb_dims
            gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self._main_fb)

            def read(kind: int, channels: int) -> np.ndarray:
                pixels = np.frombuffer(gl.glReadPixels(0, 0, width, height, kind, gl.GL_FLOAT), np.float32)
                return pixels.reshape(height, width, channels)[::-1]

            maps = []
            for i in range(3):
                gl.glReadBuffer(gl.GL_COLOR_ATTACHMENT0 + i)
                maps.append(read(gl.GL_RGBA, 4))
            stored = read(gl.GL_DEPTH_COMPONENT, 1)[..., 0]
            near, far = scene.main_camera_node.camera.znear, scene.main_camera_node.camera.zfar
            depth = 2 * near * far / (far + near - (2 * stored - 1) * (far - near))
            return maps, np.where(stored == 1, 0, depth)

    folder = Path(tempfile.mkdtemp())
    shutil.copytree(Path(module.__file__).parent / "shaders", folder, dirs_exist_ok=True)
    shader = folder / "mesh.frag"
    outputs = ("frag_color", "frag_place", "frag_facing")
    declared = "\n".join(f"layout(location = {i}) out vec4 {name};" for i, name in enumerate(outputs))
    text = shader.read_text().replace("out vec4 frag_color;", declared)
    body, _, rest = text.rpartition("}")
    shader.write_text(
        f"{body}frag_place = color_multiplier;\nfrag_facing = vec4(normalize(frag_normal), 1.0);\n}}{rest}"
    )
    renderer = FloatRenderer(SIZE, SIZE)
    renderer._program_cache = ShaderProgramCache(shader_dir=str(folder))
    return renderer


def check_agreement(head: Head, others: Renderers) -> None:
    """All must have drawn the same head, or the rates compare nothing."""
    _, depth, places, normals, mask = ours(head)
    for name, render in others.items():
        rgb, their_depth, their_places, their_normals, their_mask = render(head)
        both = mask & their_mask
        print(
            f"{name} against ours: mask IoU {both.sum() / (mask | their_mask).sum():.4f}, median depth difference "
            f"{np.median(np.abs(depth - their_depth)[both]):.4f} mm, correspondence "
            f"{np.median(np.abs(places - their_places)[both]):.5f}, normals "
            f"{np.median(np.abs(normals - their_normals)[both]):.5f}, mean RGB {rgb[both].mean():.0f}"
        )


def interleaved(renderers: Renderers, heads: list[Head], rounds: int) -> dict[str, list[float]]:
    """Images a second of each renderer in each round, and of our full record."""
    rates: dict[str, list[float]] = {name: [] for name in [*renderers, "ours, full record"]}
    full_record(0)
    for _ in range(rounds):
        for name, render in renderers.items():
            start = time.perf_counter()
            for head in heads:
                render(head)
            rates[name].append(len(heads) / (time.perf_counter() - start))
        start = time.perf_counter()
        for index in range(len(heads)):
            full_record(index)
        rates["ours, full record"].append(len(heads) / (time.perf_counter() - start))
    return rates


def result_of(rates: dict[str, list[float]], rounds: int, images: int, device: str) -> Result:
    """Medians over the rounds."""
    model, base, figures = load("default"), statistics.median(rates["ours"]), []
    for name, each in rates.items():
        middle = statistics.median(each)
        values = (middle, min(each), max(each), base / middle)
        figures += [
            Figure(key, *measure, value, rounds, group=name)
            for (key, measure), value in zip(MEASURES.items(), values, strict=True)
        ]
    return Result(
        title="Renderer beside pyrender's",
        protocol="bench_render",
        settings={"rounds": rounds, "images": images, "size": SIZE, "seed": SEED, "device": device},
        figures=tuple(figures),
        notes=(
            f"{len(model.mean)} vertices, {len(model.triangles)} triangles, {SIZE} px, {torch.get_num_threads()} torch "
            f"thread(s); medians over n interleaved rounds of {images} images.",
            f"The machine's load at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where bench_render.json is written")
    parser.add_argument("--images", type=int, default=20, help="of each renderer in a round")
    parser.add_argument("--device", default="cpu", help="of ours, but for the full record (default: cpu)")
    args = parser.parse_args()
    heads = drawn_heads(args.images, torch.device(args.device))
    renderers: Renderers = {"ours": ours}
    try:
        library = Pyrender()
        renderers |= {"pyrender, stock": library.stock, "pyrender, patched": library.patched}
    except Exception as error:  # no EGL, no pyrender: ours alone is still worth a number
        print(f"pyrender can't be used here ({error}); it needs EGL (Debian: apt-get install libegl1 libegl-mesa0)")
    check_agreement(heads[0], {name: render for name, render in renderers.items() if render is not ours})

    result = result_of(interleaved(renderers, heads, args.rounds), args.rounds, args.images, args.device)
    print(result.markdown())
    if args.out:
        result.write(args.out, "bench_render", ["python", "scripts/bench_render.py", *sys.argv[1:]])


if __name__ == "__main__":
    main()
