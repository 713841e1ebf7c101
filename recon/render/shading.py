# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Light and surface shading in linear RGB: spherical-harmonic sky, directional lights, a specular lobe, shadows.

Shading is warp functions, called by a kernel at each point.
"""

import torch
import warp as wp

from recon.people.skin.paint import Surface
from recon.render.environment import surroundings_of
from recon.render.harmonics import irradiance_at, seen_in
from recon.render.lighting import Lighting
from recon.render.scenery import COAT

coat_row = wp.types.vector(length=COAT, dtype=wp.float32)
WRAP = wp.constant(wp.vec3(0.28, 0.12, 0.08))  # skin's scattering: light beyond the terminator, red most
STUDIO = 1.65  # softness of a photo's light, by the width of highlights on photographed faces
FAINT = wp.constant(10.0)  # a highlight is left out where it is below exp(-10) of its peak

wp.set_module_options({"enable_backward": False})


@wp.struct
class Lights:
    """`Lighting` for kernels: the same fields, and of its environment `Surroundings`, empty without one; of a photo's
    light, `harmonics` alone.

    softness: gain on the roughness of skin, which broadens its highlights where lamps are wide as a studio's.
    widening: what each light's size adds to the square of a highlight's width, radians squared.
    """

    sky: wp.vec3
    ground: wp.vec3
    side: wp.vec3
    side_direction: wp.vec3
    directions: wp.array(dtype=wp.vec3)
    colours: wp.array(dtype=wp.vec3)
    widening: wp.array(dtype=wp.float32)
    softness: float
    harmonics: wp.array(dtype=wp.vec3)
    glass: wp.array2d(dtype=wp.vec3)
    sheen: wp.array2d(dtype=wp.vec3)


def lights_of(lighting: Lighting, device: torch.device) -> Lights:
    lights = Lights()
    for name in ("sky", "ground", "side", "side_direction"):
        setattr(lights, name, wp.vec3(*getattr(lighting, name)))
    for name in ("directions", "colours"):
        rows = torch.tensor(getattr(lighting, name), dtype=torch.float32, device=device)
        setattr(lights, name, wp.from_torch(rows, dtype=wp.vec3))
    # The half vector turns by half as much as a light, and a disc's variance is a quarter of its radius squared.
    spreads = torch.tensor(lighting.spreads or (0.0,) * len(lighting.colours), dtype=torch.float32, device=device)
    lights.widening = wp.from_torch(spreads * spreads / 16)
    lights.softness = 1.0 if lighting.irradiance is None else STUDIO
    if lighting.environment is not None:
        around = surroundings_of(lighting.environment)
        for name in ("harmonics", "glass", "sheen"):
            rows = torch.from_numpy(getattr(around, name)).to(device)
            setattr(lights, name, wp.from_torch(rows, dtype=wp.vec3))
    elif lighting.irradiance is not None:
        rows = torch.tensor(lighting.irradiance, dtype=torch.float32, device=device)
        lights.harmonics = wp.from_torch(rows, dtype=wp.vec3)
    return lights


@wp.func
def sky_irradiance(light: Lights, normal: wp.vec3) -> wp.vec3:
    """Irradiance of the low-frequency sky on a unit normal.

    A sky linear in height and one cosine lobe, both kept to the second order of spherical harmonics.
    """
    if light.harmonics.shape[0] > 0:
        return irradiance_at(light.harmonics, normal)
    up = (normal[1] + 1.0) / 2.0
    cosine = wp.dot(light.side_direction, normal)
    lobe = 0.25 + 0.5 * cosine + 0.25 * cosine * cosine  # = ((1 + cos) / 2)^2
    return light.ground + (light.sky - light.ground) * up + light.side * lobe


@wp.func
def mirrored_sky(light: Lights, direction: wp.vec3) -> wp.vec3:
    """What a rough surface mirrors from about a unit direction, beside the directional lights."""
    if light.sheen.shape[0] > 0:
        return seen_in(light.sheen, direction)
    return sky_irradiance(light, direction)


@wp.func
def shade(
    surface: Surface, normal: wp.vec3, view: wp.vec3, occlusion: wp.vec3, arriving: float, light: Lights
) -> wp.vec3:
    """Linear radiance of a point, 0 and up.

    Args:
        surface: its reflectance. normal, view: unit, camera frame, view toward the camera.
        occlusion: ambient of each colour, 0 closed to 1 open; see `colour_occlusion`.
        arriving: share of the first directional light that arrives; the others cast no shadow.
    """
    facing = wp.max(wp.dot(normal, view), 0.0)
    diffuse = wp.cw_mul(sky_irradiance(light, normal), occlusion)
    grazing = 1.0 - facing
    fresnel = 0.04 + 0.35 * grazing * grazing * grazing * grazing * grazing
    specular = mirrored_sky(light, 2.0 * facing * normal - view) * (0.6 * fresnel * occlusion[1])
    wrap = WRAP * (1.0 - surface.hair)
    squared = surface.roughness * surface.roughness
    exponent = 2.0 / (squared * squared) - 2.0
    for k in range(light.directions.shape[0]):
        toward = light.directions[k]
        strength = light.colours[k]
        if k == 0:
            strength = strength * arriving
        cosine = wp.dot(toward, normal)
        diffuse += wp.vec3(
            strength[0] * wp.max((cosine + wrap[0]) / (1.0 + wrap[0]), 0.0),
            strength[1] * wp.max((cosine + wrap[1]) / (1.0 + wrap[1]), 0.0),
            strength[2] * wp.max((cosine + wrap[2]) / (1.0 + wrap[2]), 0.0),
        )
        if cosine > 0.0:
            along = wp.max(wp.dot(normal, wp.normalize(view + toward)), 0.0)
            sharp = exponent / (1.0 + exponent * light.widening[k])
            if sharp * (1.0 - along) < FAINT:
                lobe = wp.pow(along, sharp) * (sharp + 2.0) / 8.0
                specular += strength * (lobe * fresnel * cosine)
    return wp.cw_mul(surface.albedo, diffuse) + surface.gloss * specular


@wp.func
def shade_strand(
    albedo: wp.vec3,
    tangent: wp.vec3,
    normal: wp.vec3,
    view: wp.vec3,
    gloss: float,
    roughness: float,
    arriving: float,
    light: Lights,
) -> wp.vec3:
    """Kajiya and Kay (1989): a strand scatters light about its tangent; shaded as a whole by the normal of the hair.

    The highlight is one of the surface, white and shifted toward the root, and one through the strand, tinted.
    """
    diffuse = 0.8 * sky_irradiance(light, normal)
    surface, through = wp.vec3(), wp.vec3()
    exponent = 12.0 / wp.max(roughness * roughness, 0.02)
    shifted = wp.normalize(tangent + 0.12 * normal)
    for k in range(light.directions.shape[0]):
        toward = light.directions[k]
        strength = light.colours[k]
        if k == 0:
            strength = strength * arriving
        along = wp.dot(tangent, toward)
        wrapped = wp.clamp((wp.dot(normal, toward) + 0.4) / 1.4, 0.0, 1.0)
        if wrapped > 0.0:
            strength = strength * wrapped
            diffuse += strength * wp.sqrt(wp.max(1.0 - along * along, 0.0))
            half = wp.normalize(view + toward)
            surface += strength * ring(wp.dot(shifted, half), exponent)
            through += strength * ring(wp.dot(tangent, half), 0.25 * exponent)
    return wp.cw_mul(albedo, diffuse) + gloss * (0.05 * surface + 0.3 * wp.cw_mul(albedo, through))


@wp.func
def ring(cosine: float, exponent: float) -> float:
    """sin^exponent of the angle whose cosine is given: bright across the strand."""
    if 0.5 * exponent * cosine * cosine > FAINT:
        return 0.0
    return wp.exp(0.5 * exponent * wp.log(wp.max(1.0 - cosine * cosine, 1e-9)))


@wp.func
def shade_coat(coat: coat_row, normal: wp.vec3, view: wp.vec3, arriving: float, light: Lights) -> wp.vec3:
    """Linear radiance of a part's surface, seen from either side; its columns as in `recon.render.scenery.Scenery`."""
    albedo = wp.vec3(coat[0], coat[1], coat[2])
    tangent = wp.vec3(coat[3], coat[4], coat[5])
    if wp.length_sq(tangent) > 0.1:
        return shade_strand(albedo, wp.normalize(tangent), normal, view, coat[6], coat[7], arriving, light)
    surface = Surface()
    surface.albedo = albedo
    surface.gloss = coat[6]
    surface.roughness = coat[7]
    surface.hair = 1.0  # no scattering beyond the terminator
    toward_us = wp.where(wp.dot(normal, view) < 0.0, -normal, normal)
    return shade(surface, toward_us, view, wp.vec3(1.0, 1.0, 1.0), arriving, light)


@wp.func
def through_pane(behind: wp.vec3, tint: wp.vec3, normal: wp.vec3, view: wp.vec3, light: Lights) -> wp.vec3:
    """Light from behind a thin pane, tinted, with what its front mirrors of the sky and the lights."""
    toward_us = wp.where(wp.dot(normal, view) < 0.0, -normal, normal)
    facing = wp.dot(toward_us, view)
    grazing = 1.0 - facing
    fresnel = 0.05 + 0.95 * grazing * grazing * grazing * grazing * grazing
    mirrored = 2.0 * facing * toward_us - view
    if light.glass.shape[0] > 0:
        return wp.cw_mul(behind, tint) * (1.0 - fresnel) + seen_in(light.glass, mirrored) * fresnel
    seen = sky_irradiance(light, mirrored)
    for k in range(light.directions.shape[0]):
        seen += 6.0 * light.colours[k] * wp.smoothstep(0.96, 0.995, wp.dot(mirrored, light.directions[k]))
    return wp.cw_mul(behind, tint) * (1.0 - fresnel) + seen * fresnel


@wp.func
def reddened(openness: float) -> wp.vec3:
    """`colour_occlusion` of one point."""
    dim = wp.max(openness, 1e-6)
    return wp.vec3(wp.pow(dim, 0.75), dim, wp.pow(dim, 1.1))


def colour_occlusion(openness: torch.Tensor) -> torch.Tensor:
    """Ambient occlusion (n,) -> (n, 3) of each colour: light that entered skin leaves it reddened where it is
    shadowed, so red closes slower."""
    return openness[:, None].clamp(min=1e-9) ** openness.new_tensor([0.75, 1.0, 1.1])
