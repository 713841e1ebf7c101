# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""A second renderer for the colours: pyrender's metallic-roughness shading, on OpenGL. The labels stay ours.

`second_light` stands in for `recon.render.portrait.head_light`: the same scenery under the same lights, developed by
the same camera. Paint and our shadows come from the vertices; the sky is what pyrender knows, directional lights, which
give the right irradiance along the six axes. Its shader tints highlights by the vertex colours too, and mirrors no sky.
"""

import importlib
import importlib.util
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
import warp as wp
from torch import Tensor

from recon.errors import UserError
from recon.faces.model import REGIONS
from recon.geometry.cameras import Camera
from recon.geometry.launch import launch
from recon.geometry.surfaces import vertex_normals
from recon.people.noise import volume
from recon.people.skin.paint import Person, paint, person_of, slow_row
from recon.people.skin.texture import texture_at
from recon.render.portrait import Portrait
from recon.render.shading import Lights, lights_of, sky_irradiance

SAMPLES = 2  # of a pixel, along each axis, beside the library's own four
HEADROOM = 2.0  # light up to this is kept: the library answers in 8 bits
GAMMA = 2.2  # of its answers
SKIN_ROUGHNESS, WET_ROUGHNESS, WORN_ROUGHNESS, CLAY_ROUGHNESS = 0.45, 0.15, 0.6, 0.7
MOST_LIGHTS = 16  # the six axes' and the lamps; the library draws 4 by itself, and drops others without a word
WET = torch.tensor([REGIONS.index("eyes"), REGIONS.index("teeth")])
KEY, FILL = (-0.35, 0.45, 0.82), (0.8, 0.1, 0.6)  # toward the lights of previews, camera frame
CLAY = (0.62, 0.6, 0.57)  # linear RGB
AXES = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32)

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Surface:
    """Triangles of one material.

    Attributes:
        name: face, head (the rest of it), wet (eyes and teeth), worn (parts) or laid (parts that the labels don't see).
        triangles: (f, 3) int32 ids of the scenery's vertices. roughness: of the material.
    """

    name: str
    triangles: np.ndarray
    roughness: float


@wp.kernel
def paint_vertices(
    who: Person,
    slow: wp.array(dtype=slow_row),
    normals: wp.array(dtype=wp.vec3),
    occlusion: wp.array(dtype=wp.vec3),
    arriving: wp.array(dtype=wp.float32),
    light: Lights,
    place: wp.array(dtype=wp.vec3),
    factors: wp.array2d(dtype=wp.vec3),
    noise: wp.array(dtype=wp.vec2),
    colours: wp.array(dtype=wp.vec3),
):
    """colours[i] = the paint of a vertex, less the share of its light that is shadowed; `colours` holds the parts'."""
    i = wp.tid()
    openness = wp.vec3(1.0, 1.0, 1.0)
    if i < slow.shape[0]:
        texture = wp.vec4(1.0, 1.0, 1.0, 0.0)
        if place.shape[0] > 0:
            texture = texture_at(place[i], factors)
        surface = paint(who, slow[i], texture, noise)
        colours[i] = surface.albedo
        openness = wp.vec3(occlusion[i][0], occlusion[i][1], occlusion[i][2])
    free = sky_irradiance(light, normals[i])
    reaching = wp.cw_mul(free, openness)
    for k in range(light.directions.shape[0]):
        faced = light.colours[k] * wp.max(wp.dot(light.directions[k], normals[i]), 0.0)
        free += faced
        reaching += faced * wp.where(k == 0, arriving[i], 1.0)
    share = wp.cw_div(reaching, free + wp.vec3(1.0e-6, 1.0e-6, 1.0e-6))
    colours[i] = wp.cw_mul(colours[i], share)


@wp.kernel
def sky_at(light: Lights, normals: wp.array(dtype=wp.vec3), found: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    found[i] = sky_irradiance(light, normals[i])


def second_light(portrait: Portrait) -> tuple[Tensor, Tensor]:
    """What a camera of S pixels a side receives of a portrait, as `head_light` answers it.

    Returns:
        (S, S, 3) float32 mean linear light of each pixel's samples on the head, (S, S) float32 share of them.
    Raises:
        UserError: pyrender or OpenGL is not there.
    """
    camera = portrait.seen.camera
    shown, _ = drawn(portrait_scene(portrait)[0], camera.scaled(SAMPLES), library().RenderFlags.RGBA)
    samples = torch.from_numpy(shown.astype(np.float32) / 255)
    cover, stored = samples[..., 3:], samples[..., :3]
    linear = HEADROOM * (stored / cover.clamp(min=1 / 255)).clamp(max=1) ** GAMMA * cover
    size = camera.size_px
    light, share = (x.reshape(size, SAMPLES, size, SAMPLES, -1).mean((1, 3)) for x in (linear, cover))
    return light / share.clamp(min=1e-6), share[..., 0]


def portrait_scene(portrait: Portrait) -> tuple[Any, dict[str, Any]]:
    """A portrait as a pyrender scene without a camera, and its nodes by the names of their surfaces."""
    pyrender, scenery = library(), portrait.scenery
    light = lights_of(portrait.lighting, scenery.vertices.device)
    scene = pyrender.Scene(bg_color=(0, 0, 0, 0), ambient_light=np.zeros(3))
    colours = painted(portrait, light)
    nodes: dict[str, Any] = {}
    for surface in surfaces_of(portrait):
        material = pyrender.MetallicRoughnessMaterial(metallicFactor=0.0, roughnessFactor=surface.roughness)
        mesh = mesh_of(scenery.vertices, scenery.normals, surface.triangles, colours, material)
        nodes[surface.name] = scene.add(mesh, name=surface.name)
    sky = sky_along_axes(light)
    scene.ambient_light = sky.min(0) / HEADROOM
    for toward, colour in zip(AXES, sky - sky.min(0), strict=True):
        add_light(scene, toward, colour / HEADROOM)
    for toward, colour in zip(portrait.lighting.directions, portrait.lighting.colours, strict=True):
        add_light(scene, np.array(toward), np.array(colour) / HEADROOM)
    return scene, nodes


def surfaces_of(portrait: Portrait) -> list[Surface]:
    """A portrait's opaque triangles by material. Panes of glass are left out: the shader knows no refraction."""
    scenery = portrait.scenery
    region, number = scenery.region[scenery.triangles.long()], torch.arange(len(scenery.triangles))
    head, labelled = number < scenery.head_triangles, number < scenery.labelled
    wet = torch.isin(region, WET).all(1) & head & ~scenery.face
    kinds = {
        "face": (scenery.face, SKIN_ROUGHNESS),
        "wet": (wet, WET_ROUGHNESS),
        "head": (head & ~wet & ~scenery.face, SKIN_ROUGHNESS),
        "worn": (~head & labelled, WORN_ROUGHNESS),
        "laid": (~labelled, WORN_ROUGHNESS),
    }
    found = [Surface(name, scenery.triangles[chosen].numpy(), rough) for name, (chosen, rough) in kinds.items()]
    return [surface for surface in found if len(surface.triangles)]


def painted(portrait: Portrait, light: Lights) -> Tensor:
    """(n, 3) float32 linear: the paint at each vertex of the scenery, dimmed where light does not arrive."""
    scenery = portrait.scenery
    colours = torch.zeros_like(scenery.vertices)
    colours[scenery.head_vertices :] = scenery.coat[:, :3]
    laid = portrait.texture
    arrays = (torch.zeros(0, 3), torch.zeros(0, 0, 3)) if laid is None else (laid.place, laid.factor)
    texture = [wp.from_torch(array, dtype=wp.vec3) for array in arrays]
    inputs = [
        person_of(portrait.appearance),
        wp.from_torch(portrait.slow, dtype=slow_row),
        wp.from_torch(scenery.normals.contiguous(), dtype=wp.vec3),
        wp.from_torch(portrait.occlusion, dtype=wp.vec3),
        wp.from_torch(portrait.arriving),
        light,
        *texture,
        wp.from_torch(volume(str(colours.device)), dtype=wp.vec2),
        wp.from_torch(colours, dtype=wp.vec3),
    ]
    launch(paint_vertices, len(colours), inputs, colours.device)
    return colours


def sky_along_axes(light: Lights) -> np.ndarray:
    """(6, 3) irradiance of what is not a directional light, on surfaces that face AXES."""
    normals, found = torch.from_numpy(AXES), torch.zeros(len(AXES), 3)
    rows = wp.from_torch(normals, dtype=wp.vec3), wp.from_torch(found, dtype=wp.vec3)
    launch(sky_at, len(AXES), [light, *rows], found.device)
    return found.clamp(min=0).numpy()


def second_picture(
    vertices: np.ndarray, triangles: np.ndarray, camera: Camera, colours: np.ndarray | None = None
) -> np.ndarray:
    """A mesh as a camera sees it, as `recon.reconstruction.views.picture` takes and answers it, but that `colours`,
    (n, 3) sRGB in [0, 1], are lit too: by two lights from the viewer's side, before white."""
    pyrender = library()
    places, faces = torch.from_numpy(vertices).float(), torch.from_numpy(np.asarray(triangles, np.int32))
    shown_as = np.tile(CLAY, (len(places), 1)) ** (1 / GAMMA) if colours is None else colours
    linear = torch.from_numpy(shown_as).float() ** GAMMA
    material = pyrender.MetallicRoughnessMaterial(metallicFactor=0.0, roughnessFactor=CLAY_ROUGHNESS)
    scene = pyrender.Scene(bg_color=(1.0, 1.0, 1.0, 1.0), ambient_light=np.full(3, 0.35))
    scene.add(mesh_of(places, vertex_normals(places, faces.long()), faces.numpy(), linear, material))
    for toward, strength in ((KEY, 0.6), (FILL, 0.25)):
        add_light(scene, np.array(toward) / np.linalg.norm(toward), np.full(3, strength))
    shown, _ = drawn(scene, camera.scaled(SAMPLES))
    size = camera.size_px
    return shown.reshape(size, SAMPLES, size, SAMPLES, 3).mean((1, 3)).round().astype(np.uint8)


def drawn(scene: Any, camera: Camera, flags: int = 0, seg_node_map: dict[Any, Any] | None = None) -> tuple[Any, Any]:
    """A scene through a camera: (S, S, 3 or 4) uint8 as `flags` ask, (S, S) float32 mm away, 0 where nothing is."""
    pyrender, (u, v) = library(), camera.centre_px
    distance = np.concatenate([-mesh.bounds[:, 2] for mesh in scene.meshes])
    near, far = max(1.0, 0.99 * distance.min()), 1.01 * distance.max()
    eye = scene.add(pyrender.IntrinsicsCamera(camera.focal_px, camera.focal_px, u, v, znear=near, zfar=far))
    try:
        offscreen = renderer()
        offscreen.viewport_width = offscreen.viewport_height = camera.size_px
        return offscreen.render(scene, flags, seg_node_map)
    finally:
        scene.remove_node(eye)


def mesh_of(vertices: Tensor, normals: Tensor, triangles: np.ndarray, colours: Tensor, material: Any) -> Any:
    """vertices, normals (n, 3), linear colours (n, 3); of them those that `triangles` (f, 3) name."""
    used, numbered = np.unique(triangles, return_inverse=True)
    rgba = np.concatenate([colours.numpy()[used], np.ones((len(used), 1), np.float32)], 1)
    primitive = library().Primitive(
        positions=vertices.numpy()[used],
        normals=normals.numpy()[used],
        color_0=rgba,
        indices=numbered.reshape(-1, 3).astype(np.uint32),
        material=material,
        mode=4,
    )
    return library().Mesh([primitive])


def add_light(scene: Any, toward: np.ndarray, colour: np.ndarray) -> None:
    """A directional light; colour: its irradiance on a white surface that faces it, which then shows as it is."""
    strength = float(colour.max())
    if strength <= 0:
        return
    side = np.cross([0.0, 1.0, 0.0] if abs(toward[1]) < 0.9 else [1.0, 0.0, 0.0], toward)
    side /= np.linalg.norm(side)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([side, np.cross(toward, side), toward], 1)
    scene.add(library().DirectionalLight(color=colour / strength, intensity=np.pi * strength), pose=pose)


@lru_cache(maxsize=1)
def library() -> Any:
    """The pyrender package, on EGL where nothing else is said: OpenGL without a display."""
    if importlib.util.find_spec("pyrender") is None:
        raise UserError("--renderer pyrender needs the package pyrender: pip install 'synth2real[preview]'")
    if importlib.util.find_spec("triton") is not None:
        importlib.import_module("triton")  # torch's optimisers load it: its LLVM crashes after OpenGL's, not before it
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
    np.infty = np.inf  # type: ignore[attr-defined]  # pyrender 0.1.45 is older than numpy 2
    try:
        import pyrender
    except (ImportError, AttributeError, OSError) as error:
        raise UserError(f"pyrender finds no OpenGL ({error}): install EGL (Debian: libegl1 libgl1 libgles2)") from None
    pyrender.renderer.MAX_N_LIGHTS = MOST_LIGHTS
    return pyrender


@lru_cache(maxsize=1)
def renderer() -> Any:
    """The one OffscreenRenderer of this process: deleting one breaks the others."""
    try:
        return library().OffscreenRenderer(SAMPLES, SAMPLES)
    except Exception as error:  # whatever the driver raises
        raise UserError(f"pyrender finds no OpenGL ({error}): install EGL (Debian: libegl1 libgl1 libgles2)") from None


def version() -> str:
    """What a manifest calls it."""
    return f"pyrender {library().__version__}"
