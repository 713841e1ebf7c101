# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""The light of a painted head on each pixel: interpolation, paint and shading in one kernel, averaged over samples."""

import warp as wp
from torch import Tensor

from recon.geometry.cameras import Camera
from recon.geometry.launch import launch
from recon.geometry.raster_kernel import weights_at
from recon.geometry.rasterize import rasterize
from recon.people.appearance import Appearance
from recon.people.mouth.paint import MouthLook, mouth_at
from recon.people.noise import volume
from recon.people.skin.paint import Person, paint, person_of, slow_row
from recon.people.template import Slow
from recon.render.eye_shading import EyePair, shade_eye
from recon.render.scenery import Panes, Scenery
from recon.render.shading import Lighting, Lights, coat_row, lights_of, reddened, shade, shade_coat, through_pane
from recon.render.skin_light import shade_skin

BARE_GLOSS = wp.constant(0.4)  # half of the least that skin has, see `skin_gloss`
ALIKE = wp.constant(0.96)  # cosine between normals within a pixel, from which on skin is shaded once for all of it
NEAR_MM = wp.constant(4.0)  # the same of distances

wp.set_module_options({"enable_backward": False})


@wp.struct
class PaneMesh:
    """`Panes` for kernels, with the ids of the samples and the vertices' places in the image; ids empty: none."""

    ids: wp.array2d(dtype=wp.int32)
    points: wp.array(dtype=wp.vec3)
    triangles: wp.array(dtype=wp.vec3i)
    normals: wp.array(dtype=wp.vec3)
    tint: wp.array(dtype=wp.vec3)


@wp.func
def behind_pane(
    panes: PaneMesh, t: int, x: float, y: float, distance: float, behind: wp.vec3, view: wp.vec3, light: Lights
) -> wp.vec3:
    """Radiance of a surface at `distance` seen through pane triangle t, unchanged where the pane is not before it."""
    if t < 0:
        return behind
    corners = panes.triangles[t]
    a, b, c = corners[0], corners[1], corners[2]
    weights = weights_at(x, y, panes.points[a], panes.points[b], panes.points[c])
    u, v, w = weights[0], weights[1], weights[2]
    if u * panes.points[a][2] + v * panes.points[b][2] + w * panes.points[c][2] > distance:
        return behind
    normal = wp.normalize(u * panes.normals[a] + v * panes.normals[b] + w * panes.normals[c])
    tint = u * panes.tint[a] + v * panes.tint[b] + w * panes.tint[c]
    return through_pane(behind, tint, normal, view, light)


@wp.func
def glossy(corners: wp.vec3i, skin_gloss: wp.array(dtype=wp.float32)) -> bool:
    """Whether all of a triangle is bare skin of the head."""
    a, b, c = corners[0], corners[1], corners[2]
    if a >= skin_gloss.shape[0]:
        return False
    return skin_gloss[a] > BARE_GLOSS and skin_gloss[b] > BARE_GLOSS and skin_gloss[c] > BARE_GLOSS


@wp.func
def even_skin(
    row: int,
    column: int,
    samples: int,
    centre: int,
    ids: wp.array2d(dtype=wp.int32),
    panes: PaneMesh,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    normals: wp.array(dtype=wp.vec3),
    skin_gloss: wp.array(dtype=wp.float32),
) -> bool:
    """Whether a pixel sees nothing but one piece of skin that faces one way, so that its centre, which sees triangle
    `centre`, is enough."""
    if centre < 0:
        return False
    if not glossy(triangles[centre], skin_gloss):
        return False
    here = triangles[centre][0]
    for i in range(row * samples, (row + 1) * samples):
        for j in range(column * samples, (column + 1) * samples):
            t = ids[i, j]
            if t < 0:
                return False
            if t != centre:
                if not glossy(triangles[t], skin_gloss):
                    return False
                there = triangles[t][0]
                if wp.dot(normals[there], normals[here]) < ALIKE:
                    return False
                if wp.abs(points[there][2] - points[here][2]) > NEAR_MM:
                    return False
            pane = wp.int32(-1)
            if panes.ids.shape[0] > 0:
                pane = panes.ids[i, j]
            if pane >= 0:
                return False
    return True


@wp.kernel
def light_of_pixels(
    centres: wp.array2d(dtype=wp.int32),
    ids: wp.array2d(dtype=wp.int32),
    samples: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    slow: wp.array(dtype=slow_row),
    normals: wp.array(dtype=wp.vec3),
    occlusion: wp.array(dtype=wp.vec3),
    arriving: wp.array(dtype=wp.float32),
    coats: wp.array(dtype=coat_row),
    focal: float,
    centre: wp.vec2,
    who: Person,
    light: Lights,
    noise: wp.array(dtype=wp.vec2),
    panes: PaneMesh,
    eyes: EyePair,
    mouth: MouthLook,
    skin_gloss: wp.array(dtype=wp.float32),
    relief: wp.array2d(dtype=wp.vec4),
    found: wp.array2d(dtype=wp.vec3),
    cover: wp.array2d(dtype=wp.float32),
):
    """found[pixel] = mean light of the samples that see the head, cover[pixel] = their share."""
    row, column = wp.tid()
    total, seen = wp.vec3(), wp.float32(0.0)
    count = wp.int32(samples)
    if even_skin(row, column, samples, centres[row, column], ids, panes, points, triangles, normals, skin_gloss):
        count = 1
    step = 1.0 / float(count)
    head = slow.shape[0]
    for i in range(row * count, (row + 1) * count):
        for j in range(column * count, (column + 1) * count):
            t = centres[row, column]
            if count > 1:
                t = ids[i, j]
            if t >= 0:
                x, y = (float(j) + 0.5) * step, (float(i) + 0.5) * step
                corners = triangles[t]
                a, b, c = corners[0], corners[1], corners[2]
                weights = weights_at(x, y, points[a], points[b], points[c])
                u, v, w = weights[0], weights[1], weights[2]
                normal = wp.normalize(u * normals[a] + v * normals[b] + w * normals[c])
                view = wp.normalize(wp.vec3(centre[0] - x, y - centre[1], focal))
                lit = u * arriving[a] + v * arriving[b] + w * arriving[c]
                distance = u * points[a][2] + v * points[b][2] + w * points[c][2]
                radiance = wp.vec3()
                if a < head and eyes.on == 1 and slow[a][Slow.EYES] > 0.5:
                    point = wp.vec3(x - centre[0], centre[1] - y, -focal) * (distance / focal)
                    radiance = shade_eye(eyes, point, view, lit, light, noise)
                elif a < head:
                    values = u * slow[a] + v * slow[b] + w * slow[c]
                    surface = paint(who, values, noise)
                    open_sky = u * occlusion[a] + v * occlusion[b] + w * occlusion[c]
                    inside = wp.max(values[Slow.TEETH], values[Slow.MOUTH_INSIDE])
                    if mouth.on == 1 and inside > 0.0:
                        here = wp.vec3(x - centre[0], centre[1] - y, -focal) * (distance / focal)
                        place = wp.vec3(values[Slow.X], values[Slow.Y], values[Slow.Z])
                        spot = u * mouth.place[a] + v * mouth.place[b] + w * mouth.place[c]
                        wet = mouth_at(mouth, spot, values[Slow.TEETH], place, here, normal, noise)
                        surface.albedo = wp.lerp(surface.albedo, wet.albedo, inside)
                        surface.gloss = wp.lerp(surface.gloss, wet.gloss, inside)
                        surface.roughness = wp.lerp(surface.roughness, wet.roughness, inside)
                        open_sky = wp.lerp(open_sky, reddened(wet.open), inside)
                        lit = wp.lerp(lit, lit * wet.open, inside)
                        normal = wp.normalize(wp.lerp(normal, wet.normal, inside))
                    gloss = wp.float32(0.0)
                    if skin_gloss.shape[0] > 0:
                        gloss = u * skin_gloss[a] + v * skin_gloss[b] + w * skin_gloss[c]
                    if gloss > BARE_GLOSS:
                        bump = relief[row, column]
                        radiance = shade_skin(surface, bump, normal, view, open_sky, lit, gloss, light)
                    else:
                        radiance = shade(surface, normal, view, open_sky, lit, light)
                else:
                    coat = u * coats[a - head] + v * coats[b - head] + w * coats[c - head]
                    radiance = shade_coat(coat, normal, view, lit, light)
                if panes.ids.shape[0] > 0 and count > 1:
                    radiance = behind_pane(panes, panes.ids[i, j], x, y, distance, radiance, view, light)
                total += radiance
                seen += 1.0
    found[row, column] = total / wp.max(seen, 1.0)
    cover[row, column] = seen / float(count * count)


def head_light(
    centres: Tensor,
    ids: Tensor,
    points_px: Tensor,
    scenery: Scenery,
    panes: Panes | None,
    slow: Tensor,
    occlusion: Tensor,
    arriving: Tensor,
    camera: Camera,
    appearance: Appearance,
    lighting: Lighting,
    eyes: EyePair,
    mouth: MouthLook,
    skin_gloss: Tensor | None = None,
    relief: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """What a camera receives of a painted head and its parts.

    Args:
        centres, ids: (S, S) and (samples * S, samples * S) int32 triangle ids, as `rasterize_layers` gives.
        points_px: (V, 3) as there, of all of the scenery.
        slow: (head's V, len(Slow)) from `slow_values`. occlusion: (head's V, 3) from `colour_occlusion`.
        arriving: (V,) share of the first light, from `lit`.
        eyes: from `eye_pair`. mouth: from `mouth_look`.
        skin_gloss: (head's V,) and relief: (S, S, 4) from `relief_maps`: skin up close; None: smooth.

    Returns:
        (S, S, 3) float32 mean linear light of each pixel's samples on the head, (S, S) float32 share of them.
    """
    size = camera.size_px
    light = slow.new_empty(size, size, 3)
    cover = slow.new_empty(size, size)
    inputs = [
        wp.from_torch(centres),
        wp.from_torch(ids),
        ids.shape[0] // size,
        wp.from_torch(points_px, dtype=wp.vec3),
        wp.from_torch(scenery.triangles, dtype=wp.vec3i),
        wp.from_torch(slow, dtype=slow_row),
        wp.from_torch(scenery.normals, dtype=wp.vec3),
        wp.from_torch(occlusion, dtype=wp.vec3),
        wp.from_torch(arriving),
        wp.from_torch(scenery.coat, dtype=coat_row),
        camera.focal_px,
        wp.vec2(*camera.centre_px),
        person_of(appearance),
        lights_of(lighting, slow.device),
        wp.from_torch(volume(str(slow.device)), dtype=wp.vec2),
        pane_mesh(panes, camera, ids.shape[0]),
        eyes,
        mouth,
        wp.from_torch(slow.new_empty(0) if skin_gloss is None else skin_gloss),
        wp.from_torch(slow.new_empty(0, 0, 4) if relief is None else relief, dtype=wp.vec4),
        wp.from_torch(light, dtype=wp.vec3),
        wp.from_torch(cover),
    ]
    launch(light_of_pixels, (size, size), inputs, slow.device)
    return light, cover


def pane_mesh(panes: Panes | None, camera: Camera, side: int) -> PaneMesh:
    """Rasterise `panes` on `side` x `side` samples."""
    mesh = PaneMesh()
    if panes is None:
        return mesh
    points = camera.project_with_distance(panes.vertices)
    fine = camera.scaled(side // camera.size_px).project_with_distance(panes.vertices)
    mesh.ids = wp.from_torch(rasterize(fine, panes.triangles, side, side))
    mesh.points, mesh.normals, mesh.tint = (
        wp.from_torch(values.contiguous(), dtype=wp.vec3) for values in (points, panes.normals, panes.tint)
    )
    mesh.triangles = wp.from_torch(panes.triangles.contiguous(), dtype=wp.vec3i)
    return mesh
