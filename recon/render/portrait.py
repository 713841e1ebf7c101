# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""The light of a painted head on each pixel: interpolation, paint and shading in one kernel, averaged over samples."""

from dataclasses import dataclass

import warp as wp
from torch import Tensor

from recon.geometry.launch import launch
from recon.geometry.raster_kernel import weights_at
from recon.people.appearance import Appearance
from recon.people.mouth.paint import MouthLook, mouth_at
from recon.people.noise import volume
from recon.people.skin.paint import Person, paint, person_of, slow_row
from recon.people.skin.texture import SkinLaid, texture_at
from recon.people.template import Slow
from recon.render.eye_shading import EyePair, shade_eye
from recon.render.lighting import Lighting
from recon.render.panes import PaneMesh, behind_pane, pane_mesh
from recon.render.scenery import Panes, Scenery, Seen
from recon.render.shading import Lights, coat_row, lights_of, reddened, shade, shade_coat
from recon.render.skin_light import SkinSeen, shade_skin

BARE_GLOSS = wp.constant(0.4)  # half of the least that skin has, see `skin_gloss`
ALIKE = wp.constant(0.96)  # cosine between normals within a pixel, from which on skin is shaded once for all of it
NEAR_MM = wp.constant(4.0)  # the same of distances

wp.set_module_options({"enable_backward": False})


@dataclass(frozen=True)
class Portrait:
    """All that the light of a painted head with its parts depends on; the head has h vertices, the scenery n.

    Attributes:
        scenery, seen, panes: what stands there, and which of it the camera sees; panes None: none.
        lighting: the light. arriving: (n,) float32, share of the first lamp that reaches each vertex, from `lit`.
        appearance: the person's. slow: (h, len(Slow)) from `slow_values`. occlusion: (h, 3) from `colour_occlusion`.
        eyes: from `eye_pair`. mouth: from `mouth_look`.
        skin: up close; None: smooth. texture: of the skin, from photos; None: painted.
    """

    scenery: Scenery
    seen: Seen
    panes: Panes | None
    lighting: Lighting
    arriving: Tensor
    appearance: Appearance
    slow: Tensor
    occlusion: Tensor
    eyes: EyePair
    mouth: MouthLook
    skin: SkinSeen | None = None
    texture: SkinLaid | None = None


@wp.struct
class Mesh:
    """`Scenery` for the kernel, and what `Portrait` knows at its vertices; skin_gloss empty: smooth skin;
    skin_place: no texture."""

    points: wp.array(dtype=wp.vec3)
    triangles: wp.array(dtype=wp.vec3i)
    normals: wp.array(dtype=wp.vec3)
    arriving: wp.array(dtype=wp.float32)
    slow: wp.array(dtype=slow_row)
    occlusion: wp.array(dtype=wp.vec3)
    skin_gloss: wp.array(dtype=wp.float32)
    skin_place: wp.array(dtype=wp.vec3)
    coats: wp.array(dtype=coat_row)


@wp.struct
class Pixels:
    """`Seen` for the kernel, and the relief at pixel centres; samples: ids of them; count: so many along a pixel."""

    centres: wp.array2d(dtype=wp.int32)
    samples: wp.array2d(dtype=wp.int32)
    count: int
    relief: wp.array2d(dtype=wp.vec4)
    focal: float
    centre: wp.vec2


@wp.struct
class Look:
    """How a portrait is painted and lit; texture: `SkinLaid.factor`; noise: see `recon.people.noise.volume`."""

    who: Person
    eyes: EyePair
    mouth: MouthLook
    texture: wp.array2d(dtype=wp.vec3)
    panes: PaneMesh
    light: Lights
    noise: wp.array(dtype=wp.vec2)


@wp.func
def glossy(corners: wp.vec3i, skin_gloss: wp.array(dtype=wp.float32)) -> bool:
    """Whether all of a triangle is bare skin of the head."""
    a, b, c = corners[0], corners[1], corners[2]
    if a >= skin_gloss.shape[0]:
        return False
    return skin_gloss[a] > BARE_GLOSS and skin_gloss[b] > BARE_GLOSS and skin_gloss[c] > BARE_GLOSS


@wp.func
def even_skin(row: int, column: int, pixels: Pixels, mesh: Mesh, pane_ids: wp.array2d(dtype=wp.int32)) -> bool:
    """Whether a pixel sees nothing but one piece of skin that faces one way, so that its centre is enough."""
    centre = pixels.centres[row, column]
    if centre < 0:
        return False
    if not glossy(mesh.triangles[centre], mesh.skin_gloss):
        return False
    here = mesh.triangles[centre][0]
    for i in range(row * pixels.count, (row + 1) * pixels.count):
        for j in range(column * pixels.count, (column + 1) * pixels.count):
            t = pixels.samples[i, j]
            if t < 0:
                return False
            if t != centre:
                if not glossy(mesh.triangles[t], mesh.skin_gloss):
                    return False
                there = mesh.triangles[t][0]
                if wp.dot(mesh.normals[there], mesh.normals[here]) < ALIKE:
                    return False
                if wp.abs(mesh.points[there][2] - mesh.points[here][2]) > NEAR_MM:
                    return False
            pane = wp.int32(-1)
            if pane_ids.shape[0] > 0:
                pane = pane_ids[i, j]
            if pane >= 0:
                return False
    return True


@wp.func
def shade_painted(
    mesh: Mesh,
    look: Look,
    bump: wp.vec4,
    corners: wp.vec3i,
    weights: wp.vec3,
    point: wp.vec3,
    smooth: wp.vec3,
    view: wp.vec3,
    arriving: float,
) -> wp.vec3:
    """Linear radiance of a point of the head, but for detailed eyes; bump: of `relief_maps`; smooth: the normal."""
    a, b, c = corners[0], corners[1], corners[2]
    u, v, w = weights[0], weights[1], weights[2]
    values = u * mesh.slow[a] + v * mesh.slow[b] + w * mesh.slow[c]
    texture = wp.vec4(1.0, 1.0, 1.0, 0.0)
    if mesh.skin_place.shape[0] > 0:
        texture = texture_at(u * mesh.skin_place[a] + v * mesh.skin_place[b] + w * mesh.skin_place[c], look.texture)
    surface = paint(look.who, values, texture, look.noise)
    open_sky = u * mesh.occlusion[a] + v * mesh.occlusion[b] + w * mesh.occlusion[c]
    normal, lit = smooth, arriving
    inside = wp.max(values[Slow.TEETH], values[Slow.MOUTH_INSIDE])
    if look.mouth.on == 1 and inside > 0.0:
        place = wp.vec3(values[Slow.X], values[Slow.Y], values[Slow.Z])
        spot = u * look.mouth.place[a] + v * look.mouth.place[b] + w * look.mouth.place[c]
        wet = mouth_at(look.mouth, spot, values[Slow.TEETH], place, point, normal, look.noise)
        surface.albedo = wp.lerp(surface.albedo, wet.albedo, inside)
        surface.gloss = wp.lerp(surface.gloss, wet.gloss, inside)
        surface.roughness = wp.lerp(surface.roughness, wet.roughness, inside)
        open_sky = wp.lerp(open_sky, reddened(wet.open), inside)
        lit = wp.lerp(lit, lit * wet.open, inside)
        normal = wp.normalize(wp.lerp(normal, wet.normal, inside))
    gloss = wp.float32(0.0)
    if mesh.skin_gloss.shape[0] > 0:
        gloss = u * mesh.skin_gloss[a] + v * mesh.skin_gloss[b] + w * mesh.skin_gloss[c]
    if gloss > BARE_GLOSS:
        return shade_skin(surface, bump, normal, view, open_sky, lit, gloss, look.light)
    return shade(surface, normal, view, open_sky, lit, look.light)


@wp.kernel
def light_of_pixels(
    pixels: Pixels,
    mesh: Mesh,
    look: Look,
    found: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.float32),
):
    """found[pixel] = mean light of the samples that see the head, cover[pixel] = their share."""
    row, column = wp.tid()
    total, seen = wp.vec3(), wp.float32(0.0)
    count = wp.int32(pixels.count)
    if even_skin(row, column, pixels, mesh, look.panes.ids):
        count = 1
    step = 1.0 / float(count)
    head = mesh.slow.shape[0]
    for i in range(row * count, (row + 1) * count):
        for j in range(column * count, (column + 1) * count):
            t = pixels.centres[row, column]
            if count > 1:
                t = pixels.samples[i, j]
            if t >= 0:
                x, y = (float(j) + 0.5) * step, (float(i) + 0.5) * step
                corners = mesh.triangles[t]
                a, b, c = corners[0], corners[1], corners[2]
                weights = weights_at(x, y, mesh.points[a], mesh.points[b], mesh.points[c])
                u, v, w = weights[0], weights[1], weights[2]
                normal = wp.normalize(u * mesh.normals[a] + v * mesh.normals[b] + w * mesh.normals[c])
                view = wp.normalize(wp.vec3(pixels.centre[0] - x, y - pixels.centre[1], pixels.focal))
                lit = u * mesh.arriving[a] + v * mesh.arriving[b] + w * mesh.arriving[c]
                distance = u * mesh.points[a][2] + v * mesh.points[b][2] + w * mesh.points[c][2]
                ray = wp.vec3(x - pixels.centre[0], pixels.centre[1] - y, -pixels.focal)
                point = ray * (distance / pixels.focal)
                radiance = wp.vec3()
                if a < head and look.eyes.on == 1 and mesh.slow[a][Slow.EYES] > 0.5:
                    radiance = shade_eye(look.eyes, point, view, lit, look.light, look.noise)
                elif a < head:
                    bump = wp.vec4()
                    if pixels.relief.shape[0] > 0:
                        bump = pixels.relief[row, column]
                    radiance = shade_painted(mesh, look, bump, corners, weights, point, normal, view, lit)
                else:
                    coat = u * mesh.coats[a - head] + v * mesh.coats[b - head] + w * mesh.coats[c - head]
                    radiance = shade_coat(coat, normal, view, lit, look.light)
                if look.panes.ids.shape[0] > 0 and count > 1:
                    pane = look.panes.ids[i, j]
                    radiance = behind_pane(look.panes, pane, x, y, distance, radiance, view, look.light)
                total += radiance
                seen += 1.0
    found[row, column] = total / wp.max(seen, 1.0)
    cover[row, column] = seen / float(count * count)


def head_light(portrait: Portrait) -> tuple[Tensor, Tensor]:
    """What a camera of S pixels a side receives of a portrait.

    Returns:
        (S, S, 3) float32 mean linear light of each pixel's samples on the head, (S, S) float32 share of them.
    """
    size = portrait.seen.camera.size_px
    light = portrait.slow.new_empty(size, size, 3)
    cover = portrait.slow.new_empty(size, size)
    inputs = [
        pixels_of(portrait),
        mesh_of(portrait),
        look_of(portrait),
        wp.from_torch(light, dtype=wp.vec3),
        wp.from_torch(cover),
    ]
    launch(light_of_pixels, (size, size), inputs, light.device)
    return light, cover


def pixels_of(portrait: Portrait) -> Pixels:
    seen = portrait.seen
    pixels = Pixels()
    pixels.centres, pixels.samples = wp.from_torch(seen.labelled), wp.from_torch(seen.samples)
    pixels.count = seen.samples.shape[0] // seen.camera.size_px
    pixels.focal, pixels.centre = seen.camera.focal_px, wp.vec2(*seen.camera.centre_px)
    if portrait.skin is not None:
        pixels.relief = wp.from_torch(portrait.skin.relief, dtype=wp.vec4)
    return pixels


def mesh_of(portrait: Portrait) -> Mesh:
    scenery = portrait.scenery
    mesh = Mesh()
    mesh.points = wp.from_torch(portrait.seen.points_px, dtype=wp.vec3)
    mesh.triangles = wp.from_torch(scenery.triangles, dtype=wp.vec3i)
    mesh.normals = wp.from_torch(scenery.normals, dtype=wp.vec3)
    mesh.arriving = wp.from_torch(portrait.arriving)
    mesh.slow = wp.from_torch(portrait.slow, dtype=slow_row)
    mesh.occlusion = wp.from_torch(portrait.occlusion, dtype=wp.vec3)
    mesh.coats = wp.from_torch(scenery.coat, dtype=coat_row)
    if portrait.skin is not None:
        mesh.skin_gloss = wp.from_torch(portrait.skin.gloss)
    if portrait.texture is not None:
        mesh.skin_place = wp.from_torch(portrait.texture.place, dtype=wp.vec3)
    return mesh


def look_of(portrait: Portrait) -> Look:
    device = portrait.slow.device
    look = Look()
    look.who, look.eyes, look.mouth = person_of(portrait.appearance), portrait.eyes, portrait.mouth
    look.panes = pane_mesh(portrait.panes, portrait.seen.camera, portrait.seen.samples.shape[0])
    look.light = lights_of(portrait.lighting, device)
    look.noise = wp.from_torch(volume(str(device)), dtype=wp.vec2)
    if portrait.texture is not None:
        look.texture = wp.from_torch(portrait.texture.factor, dtype=wp.vec3)
    return look
