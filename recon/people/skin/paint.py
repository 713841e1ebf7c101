# pyright: reportOperatorIssue=false, reportArgumentType=false, reportInvalidTypeForm=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false
"""Colour a drawn person at any point of any face model: skin, lips, brows, facial hair, painted hair, eyes, clothes.

What varies slowly comes interpolated from the vertices (`recon.people.template`); what varies finely comes from solid
noise at each point. Warp functions, called by the kernel that shades what a camera sees.
"""

import warp as wp

from recon.people.appearance import Appearance
from recon.people.noise import noise_at
from recon.people.template import Slow

# Beer-Lambert skin: reflectance .86 exp(-melanin a - haemoglobin b), linear RGB.
MELANIN = wp.constant(wp.vec3(0.75, 1.2, 2.1))
HAEMOGLOBIN = wp.constant(wp.vec3(0.25, 1.6, 1.65))
STUBBLE = wp.constant(wp.vec3(0.72, 0.76, 0.82))
TEETH = wp.constant(wp.vec3(1.0, 0.94, 0.84))
MOUTH_INSIDE = wp.constant(wp.vec3(0.30, 0.07, 0.06))
LIDS = wp.constant(wp.vec3(0.40, 0.30, 0.27))
SCLERA = wp.constant(wp.vec3(1.0, 0.93, 0.88))
FINE_MM = wp.constant(wp.vec3(2.2, 2.2, 2.2))
STRANDS_MM = wp.constant(wp.vec3(1.0, 4.5, 4.5))
BALD_BELOW_MM = wp.constant(-16.0)  # no strand of noise reaches the hairline from so far below

slow_row = wp.types.vector(length=len(Slow), dtype=wp.float32)

wp.set_module_options({"enable_backward": False})


@wp.struct
class Person:
    """What `paint` reads of an `Appearance`, under the same names."""

    melanin: float
    haemoglobin: float
    mottle: float
    brow: float
    brow_half_mm: float
    hair: wp.vec3
    iris: wp.vec3
    iris_half_deg: float
    pupil_half_deg: float
    sclera: float
    teeth: float
    gloss: float
    shirt: wp.vec3
    jacket: wp.vec3
    collar_mm: float
    offset: wp.vec3


@wp.struct
class Surface:
    """What shading needs at a point: albedo, linear; gloss, roughness; hair in [0, 1]."""

    albedo: wp.vec3
    gloss: float
    roughness: float
    hair: float


def person_of(appearance: Appearance) -> Person:
    person = Person()
    for name in Person.vars:
        value = getattr(appearance, name)
        setattr(person, name, wp.vec3(*value) if isinstance(value, tuple) else value)
    return person


@wp.func
def paint(who: Person, slow: slow_row, texture: wp.vec4, noise: wp.array(dtype=wp.vec2)) -> Surface:
    """Colour a person at a point, given its interpolated `slow_values`.

    texture: the factors of a skin's texture and its cover, see `recon.people.skin.texture.texture_at`; without one, 1
    and 0. noise: see `recon.people.noise.volume`.
    """
    place = wp.vec3(slow[Slow.X], slow[Slow.Y], slow[Slow.Z])
    fine = noise_at(place, FINE_MM, who.offset, noise)
    eye, teeth = slow[Slow.EYES], slow[Slow.TEETH]
    cloth = wp.smoothstep(0.3, 0.7, slow[Slow.CLOTHES])
    brow = brow_cover(who, slow)
    strands = wp.vec2(0.0, 0.0)
    hairy = slow[Slow.HAIR_COVER] > 0.0 and slow[Slow.HAIR_MM] > BALD_BELOW_MM
    if hairy or brow > 0.0 or slow[Slow.FACIAL] > 0.0 or eye > 0.0:
        strands = noise_at(place, STRANDS_MM, who.offset, noise)
    hair = hair_cover(slow, brow, fine, strands)

    albedo = skin(who, slow, fine, texture)
    if hair > 0.0:
        tint = wp.clamp(1.0 + 0.35 * strands[0] + 0.2 * slow[Slow.LARGE], 0.3, 2.0)
        albedo = wp.lerp(albedo, who.hair * tint, hair)
    if eye > 0.0:
        albedo = wp.lerp(albedo, eyeball(who, slow[Slow.OPTICAL_DEG], strands[1]), eye)
    if teeth > 0.0:
        albedo = wp.lerp(albedo, who.teeth * TEETH, teeth)
    if slow[Slow.MOUTH_INSIDE] > 0.0:
        albedo = wp.lerp(albedo, MOUTH_INSIDE, slow[Slow.MOUTH_INSIDE])
    if slow[Slow.LIDS] > 0.0:  # the rims of the lids, dark with lashes
        albedo = wp.lerp(albedo, wp.cw_mul(albedo, LIDS), slow[Slow.LIDS])
    if cloth > 0.0:
        albedo = wp.lerp(albedo, clothes(who, place, fine[0]), cloth)

    dull, wet = wp.max(hair, cloth), wp.max(eye, teeth)
    surface = Surface()
    surface.albedo = wp.vec3(
        wp.clamp(albedo[0], 0.002, 0.95), wp.clamp(albedo[1], 0.002, 0.95), wp.clamp(albedo[2], 0.002, 0.95)
    )
    gloss = who.gloss * (1.0 - 0.85 * dull) * (1.0 + 0.15 * fine[0]) * (1.0 - wet) + 1.5 * wet
    surface.gloss = wp.max(gloss, 0.0)
    surface.roughness = wp.lerp(0.42 - 0.1 * slow[Slow.LIPS], 0.12, wet)
    surface.hair = hair
    return surface


@wp.func
def skin(who: Person, slow: slow_row, fine: wp.vec2, texture: wp.vec4) -> wp.vec3:
    """Linear reflectance of bare and shaven skin; a texture has mottles of its own."""
    mottle = who.mottle * (1.0 - texture[3])
    melanin = slow[Slow.MELANIN] + who.melanin * mottle * fine[0]
    if slow[Slow.FRECKLES] > 0.0:
        melanin += slow[Slow.FRECKLES] * wp.smoothstep(0.9, 1.6, fine[1])
    haemoglobin = slow[Slow.HAEMOGLOBIN] + who.haemoglobin * mottle * fine[1]
    depth = melanin * MELANIN + haemoglobin * HAEMOGLOBIN
    albedo = 0.86 * wp.vec3(wp.exp(-depth[0]), wp.exp(-depth[1]), wp.exp(-depth[2]))
    albedo = wp.cw_mul(albedo, wp.vec3(texture[0], texture[1], texture[2]))
    grey = (albedo[0] + albedo[1] + albedo[2]) / 3.0
    return wp.lerp(albedo, grey * STUBBLE, slow[Slow.STUBBLE])


@wp.func
def brow_cover(who: Person, slow: slow_row) -> float:
    """Opacity in [0, 1] of the brows, but for their hairs."""
    along = slow[Slow.BROW_ALONG]
    half = who.brow_half_mm * (0.4 + 0.6 * wp.smoothstep(-0.05, 0.75, along))
    across = wp.abs(slow[Slow.BROW_MM]) / half
    ends = wp.smoothstep(-0.12, 0.1, along) * wp.smoothstep(1.18, 0.95, along)
    return wp.smoothstep(1.15, 0.3, across) * ends * who.brow


@wp.func
def hair_cover(slow: slow_row, brow: float, fine: wp.vec2, strands: wp.vec2) -> float:
    """Opacity in [0, 1] of beard, moustache, brows and painted hair on the scalp."""
    scalp = wp.smoothstep(-4.0, 10.0, slow[Slow.HAIR_MM] + 2.0 * strands[0]) * slow[Slow.HAIR_COVER]
    hairs = brow * wp.clamp(0.85 + 0.18 * fine[1] + 0.15 * strands[1], 0.0, 1.0)
    ragged = wp.clamp(0.95 + 0.08 * strands[0] + 0.1 * fine[0] + 0.1 * slow[Slow.LARGE], 0.0, 1.2)
    return wp.clamp(wp.max(wp.max(scalp, hairs), slow[Slow.FACIAL] * ragged), 0.0, 1.0)


@wp.func
def eyeball(who: Person, angle_deg: float, streaks: float) -> wp.vec3:
    """Sclera, iris with a dark rim, pupil, by the angle from the optical axis."""
    sclera = who.sclera * (1.0 - 0.004 * wp.min(angle_deg, 60.0)) * SCLERA
    iris = who.iris * wp.clamp(1.1 + 0.5 * streaks, 0.4, 2.0)
    rim = 1.0 - 0.6 * wp.smoothstep(who.iris_half_deg - 7.0, who.iris_half_deg, angle_deg)
    coloured = wp.smoothstep(who.iris_half_deg + 2.0, who.iris_half_deg - 2.0, angle_deg)
    pupil = wp.smoothstep(who.pupil_half_deg + 1.5, who.pupil_half_deg - 1.5, angle_deg)
    return wp.lerp(wp.lerp(sclera, iris * rim, coloured), wp.vec3(0.004, 0.004, 0.004), pupil)


@wp.func
def clothes(who: Person, place: wp.vec3, fine: float) -> wp.vec3:
    """A jacket, open at the front over a shirt."""
    opening = 6.0 + who.collar_mm * wp.sqrt(wp.smoothstep(-290.0, -120.0, place[1]))
    shirt = wp.smoothstep(2.0, -2.0, wp.abs(place[0]) - opening)
    return wp.lerp(who.jacket, who.shirt, shirt) * (1.0 + 0.08 * fine)
