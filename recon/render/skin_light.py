# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportAssignmentType=false
"""Skin's own shading: light spread under the surface, two highlights, and the label of its fine normals."""

from dataclasses import dataclass

import warp as wp
from torch import Tensor

from recon.geometry.launch import launch
from recon.geometry.raster_kernel import weights_at
from recon.people.skin.paint import Surface
from recon.people.skin.relief import Relief, height_and_gradient, raised
from recon.render.scenery import Scenery, Seen
from recon.render.shading import Lights, sky_irradiance

# Mean free paths in skin of red, green and blue are as 1 : 0.37 : 0.19 (Jensen et al. 2001): so wide, in cosines, is
# the light spread about the terminator, and by so much relief below a few mm is smoothed away.
SPREAD = wp.constant(wp.vec3(0.36, 0.14, 0.08))
SMOOTHED = wp.constant(wp.vec3(0.50, 0.24, 0.12))
CAVITY = wp.constant(0.5)  # share of the sky that a furrow 1 mm deep and a little wider hides at its bottom
# Two lobes about the surface's roughness, as in Jimenez et al. (2013): oil's tight one, the horny layer's broad one.
TIGHT, BROAD, TIGHT_SHARE = wp.constant(0.75), wp.constant(1.3), wp.constant(0.45)
FAINT = wp.constant(10.0)

wp.set_module_options({"enable_backward": False})


@wp.func
def spread(cosine: float, width: float) -> float:
    """Lambert's max(cosine, 0) averaged over cosines within `width`: the same away from the terminator, soft at it."""
    within = wp.max(cosine + width, 0.0)
    return wp.where(cosine > width, cosine, within * within / (4.0 * width))


@wp.func
def lobe(along: float, roughness: float) -> float:
    """Blinn's normalised lobe at the cosine `along` between normal and half vector, its power as an exponential."""
    squared = roughness * roughness
    exponent = 2.0 / (squared * squared) - 2.0
    falls = exponent * (1.0 - along)
    if falls > FAINT:
        return 0.0
    return wp.exp(-falls) * (exponent + 2.0) / 8.0


@wp.func
def shade_skin(
    surface: Surface,
    relief: wp.vec4,
    smooth: wp.vec3,
    view: wp.vec3,
    occlusion: wp.vec3,
    arriving: float,
    gloss: float,
    light: Lights,
) -> wp.vec3:
    """Linear radiance of skin; relief: height in mm and its gradient, raised over a surface with the normal `smooth`;
    gloss: gain on the surface's; the rest as `shade`.

    Under the surface light travels furthest where it is red: red sees the smooth normal and a soft terminator, blue
    the relief and a sharp one. The highlight is two lobes, TIGHT and BROAD times the roughness, the first with
    TIGHT_SHARE of the strength; oil (gloss above 1) sharpens both.
    """
    normal = raised(smooth, wp.vec3(relief[1], relief[2], relief[3]))
    open_sky = occlusion * wp.clamp(1.0 + CAVITY * relief[0], 0.5, 1.0)
    facing = wp.max(wp.dot(normal, view), 0.0)
    grazing = 1.0 - facing
    fresnel = 0.04 + 0.35 * grazing * grazing * grazing * grazing * grazing
    diffuse = wp.cw_mul(sky_irradiance(light, normal), open_sky)
    haze = 0.6 * fresnel * open_sky[1] / (light.softness * light.softness)
    specular = sky_irradiance(light, 2.0 * facing * normal - view) * haze
    width = SPREAD * (1.0 - 0.8 * surface.hair)
    roughness = surface.roughness * wp.clamp(1.12 - 0.12 * gloss, 0.75, 1.1) * light.softness
    for k in range(light.directions.shape[0]):
        toward = light.directions[k]
        strength = light.colours[k]
        if k == 0:
            strength = strength * arriving
        cosine, soft = wp.dot(toward, normal), wp.dot(toward, smooth)
        diffuse += wp.vec3(
            strength[0] * spread(wp.lerp(cosine, soft, SMOOTHED[0]), width[0]),
            strength[1] * spread(wp.lerp(cosine, soft, SMOOTHED[1]), width[1]),
            strength[2] * spread(wp.lerp(cosine, soft, SMOOTHED[2]), width[2]),
        )
        if cosine > 0.0:
            along = wp.max(wp.dot(normal, wp.normalize(view + toward)), 0.0)
            lobes = TIGHT_SHARE * lobe(along, TIGHT * roughness) + (1.0 - TIGHT_SHARE) * lobe(along, BROAD * roughness)
            specular += strength * (lobes * fresnel * cosine)
    return wp.cw_mul(surface.albedo, diffuse) + surface.gloss * gloss * specular


@wp.kernel
def relief_of_pixels(
    ids: wp.array2d(dtype=wp.int32),
    head: int,
    points: wp.array(dtype=wp.vec3),
    triangles: wp.array(dtype=wp.vec3i),
    relief: Relief,
    heights: wp.array2d(dtype=wp.vec4),
    normals: wp.array2d(dtype=wp.vec3),
):
    """Writes `heights` and turns `normals` where one of the first `head` triangles is seen and has relief."""
    i, j = wp.tid()
    t = ids[i, j]
    if t < 0 or t >= head:
        return
    corners = triangles[t]
    a, b, c = corners[0], corners[1], corners[2]
    weights = weights_at(float(j) + 0.5, float(i) + 0.5, points[a], points[b], points[c])
    found = height_and_gradient(relief, a, b, c, weights)
    if found[0] != 0.0:
        heights[i, j] = found
        normals[i, j] = raised(normals[i, j], wp.vec3(found[1], found[2], found[3]))


@dataclass(frozen=True)
class SkinSeen:
    """Skin up close, as light and labels see it; the head has h vertices.

    Attributes:
        gloss: (h,) float32, see `skin_gloss`. relief: (S, S, 4) and normals: (S, S, 3) from `relief_maps`.
    """

    gloss: Tensor
    relief: Tensor
    normals: Tensor


def relief_maps(normals: Tensor, scenery: Scenery, seen: Seen, relief: Relief) -> tuple[Tensor, Tensor]:
    """The relief at pixel centres, which light and label have in common; normals: (S, S, 3) of `label_maps`.

    Returns:
        (S, S, 4) height in mm and its gradient, camera frame, 0 where there is none; (S, S, 3) unit normals with it.
    """
    shape = tuple(seen.labelled.shape)
    heights, fine = normals.new_zeros(*shape, 4), normals.clone()
    inputs = [
        wp.from_torch(seen.labelled),
        scenery.head_triangles,
        wp.from_torch(seen.points_px, dtype=wp.vec3),
        wp.from_torch(scenery.triangles, dtype=wp.vec3i),
        relief,
        wp.from_torch(heights, dtype=wp.vec4),
        wp.from_torch(fine, dtype=wp.vec3),
    ]
    launch(relief_of_pixels, shape, inputs, normals.device)
    return heights, fine
