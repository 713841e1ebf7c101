"""Colour a drawn person at any point of any face model: skin, lips, brows, facial hair, painted hair, eyes, clothes.

Everything is a function of the place on the template (the model's `canonical` place in the default model's
millimetres), so it knows no texture resolution. What varies slowly is computed at the vertices once (`Template`); what
varies finely comes from solid noise at each point. Points come last in every tensor, so that arithmetic runs along
them; what covers few points is worked out at these alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from recon.faces.appearance import Appearance
from recon.faces.model import REGIONS, FaceModel
from recon.faces.noise import solid_noise

# Beer-Lambert skin: reflectance .86 exp(-melanin a - haemoglobin b), linear RGB.
MELANIN = (0.75, 1.2, 2.1)
HAEMOGLOBIN = (0.25, 1.6, 1.65)
SOFT_REGIONS = ("lips", "eyes", "teeth", "mouth_inside", "clothes", "ears", "background")
FIELDS = (
    *SOFT_REGIONS,
    "optical_deg",  # angle of eyeball points from the optical axis
    "brow_mm",  # signed height above the line of the brows
    "brow_along",  # 0 outer to 1 inner end, outside of them away from the brows
    "hair_mm",  # height above the unshifted hairline
    "hair_front",  # how much a drawn shift of the hairline applies: 1 in front, 0 at the nape
    "flush",  # cheeks, tip of the nose, ears, chin
    "bags",  # under the eyes
    "beard",
    "moustache",
    "freckles",
)
BROW_DROP_MM = 4.5  # the markup's brow landmarks run along the upper edge of the hair


@dataclass(frozen=True)
class Template:
    """Slow fields of a model at its vertices. place_mm: (n, 3) place on the template; fields: (n, len(FIELDS))."""

    place_mm: Tensor
    fields: Tensor


@dataclass(frozen=True)
class Surface:
    """What shading needs at P points: albedo (3, P) linear; gloss, roughness and hair (P,), hair in [0, 1]."""

    albedo: Tensor
    gloss: Tensor
    roughness: Tensor
    hair: Tensor


def template_of(model: FaceModel) -> Template:
    """Compute a model's slow fields from its canonical places, landmarks and regions."""
    low, high = model.canonical_box_mm
    place = model.canonical * (high - low) + low
    marks = place[model.landmarks]
    fields = soft_regions(model)
    x, y, z = place.unbind(1)

    fields["optical_deg"] = optical_angle(model)
    fields["brow_mm"], fields["brow_along"] = brow_place(
        place, marks[17:27] - place.new_tensor([0.0, BROW_DROP_MM, 0.0])
    )
    fields["hair_mm"], fields["hair_front"] = hairline(place)
    cheek = place.new_tensor([0.0, 4.0, 6.0])
    fields["flush"] = (
        near(place, (marks[2] + marks[31]) / 2 + cheek, 20.0)
        + near(place, (marks[14] + marks[35]) / 2 + cheek, 20.0)
        + 0.8 * near(place, marks[30], 12.0)
        + fields["ears"]
        + 0.25 * near(place, marks[8], 14.0)
    )
    fields["bags"] = near(place, marks[40], 9.0) + near(place, marks[47], 9.0)
    mouth = float(marks[48:60, 1].mean())
    cheek_line = mouth + 4.0 + 0.42 * (x.abs() - 25.0).clamp(min=0)
    off_lips = 1 - fields["lips"].clamp(0, 1)
    below_lip = smoothstep(16.0, 8.0, x.abs()) * smoothstep(mouth - 14, mouth - 9, y)
    jaw = smoothstep(8.0, -8.0, y - cheek_line) * smoothstep(-150.0, -128.0, y)
    fields["beard"] = jaw * off_lips * (1 - below_lip)
    nose = float(marks[33, 1])
    above_lip = smoothstep(mouth + 2, mouth + 7, y) * smoothstep(nose + 2, nose - 4, y)
    fields["moustache"] = smoothstep(33.0, 24.0, x.abs()) * above_lip * (z > 10) * off_lips
    fields["freckles"] = smoothstep(70.0, 20.0, (place - marks[29]).norm(dim=1))
    return Template(place, torch.stack([fields[name] for name in FIELDS], 1))


def soft_regions(model: FaceModel) -> dict[str, Tensor]:
    """Memberships (n,) smoothed along the mesh; separate pieces such as eyes and teeth stay pure."""
    region = model.region.long()
    soft = torch.stack([(region == REGIONS.index(name)).float() for name in SOFT_REGIONS], 1)
    rough = soft
    edges = torch.cat([model.triangles[:, [0, 1]], model.triangles[:, [1, 2]], model.triangles[:, [2, 0]]]).long()
    count = torch.zeros(len(soft)).index_add(0, edges[:, 0], torch.ones(len(edges))).clamp(min=1)
    for _ in range(2):
        spread = torch.zeros_like(soft).index_add(0, edges[:, 0], soft[edges[:, 1]]) / count[:, None]
        soft = torch.lerp(soft, spread, 0.5)
    fields: dict[str, Tensor] = dict(zip(SOFT_REGIONS, soft.unbind(1), strict=True))
    fields["mouth_inside"] = torch.minimum(fields["mouth_inside"], rough[:, SOFT_REGIONS.index("mouth_inside")])
    return fields


def optical_angle(model: FaceModel) -> Tensor:
    """(n,) degrees from straight ahead for the vertices of the two eyeballs, 0 elsewhere."""
    angle = torch.zeros(len(model.mean))
    eyes = model.region == REGIONS.index("eyes")
    for side in (-1, 1):
        ball = eyes & (model.mean[:, 0] * side > 0)
        if ball.any():
            centre = (model.mean[ball].amax(0) + model.mean[ball].amin(0)) / 2
            ray = torch.nn.functional.normalize(model.mean[ball] - centre, dim=1)
            angle[ball] = torch.rad2deg(torch.arccos(ray[:, 2].clamp(-1, 1)))
    return angle


def brow_place(place: Tensor, brow: Tensor) -> tuple[Tensor, Tensor]:
    """Signed height in mm over the brow line, and the place along it; brow (10, 3), landmarks 17 to 26."""
    x, y, z = place.unbind(1)
    right, left = brow[:5], brow[5:].flip(0)
    line = (right + left * place.new_tensor([-1.0, 1.0, 1.0])) / 2  # both sides in one, from the outer to the inner end
    ends = line[:, 0].abs()
    along = ((ends[0] - x.abs()) / (ends[0] - ends[4])).clamp(-0.5, 1.5)
    knots = ((ends[0] - ends) / (ends[0] - ends[4])).contiguous()
    k = torch.searchsorted(knots, along.clamp(0, 1).contiguous(), right=True).clamp(1, 4)
    t = (along.clamp(0, 1) - knots[k - 1]) / (knots[k] - knots[k - 1])
    height = torch.lerp(line[k - 1, 1], line[k, 1], t)
    return torch.where(z > 0, y - height, torch.full_like(y, 60.0)), along


def hairline(place: Tensor) -> tuple[Tensor, Tensor]:
    """Height in mm over the hairline (scalp, above and behind the ears, nape) and how much of its shift applies."""
    x, y, z = place.unbind(-1)
    azimuth = torch.atan2(x.abs(), z + 70.0)
    behind = smoothstep(1.35, 1.75, azimuth)
    front = 66.0 - 40.0 * (azimuth / 1.25).clamp(0, 1) ** 2.5
    return y - torch.lerp(front, torch.full_like(front, -75.0), behind), 1 - behind


def near(place: Tensor, point: Tensor, radius_mm: float) -> Tensor:
    return torch.exp(-((place - point) ** 2).sum(1) / (2 * radius_mm**2))


def smoothstep(low: float, high: float, x: Tensor) -> Tensor:
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def hair_lift(template: Template, who: Appearance) -> Tensor:
    """(n,) mm by which hair lifts the scalp along its normals."""
    field = hair_height(dict(zip(FIELDS, template.fields.unbind(1), strict=True)), who)
    lump = solid_noise(template.place_mm.T, 28.0, who.offset)[0] * 0.12 + 1.0
    return who.hair_mm * who.hair_cover * smoothstep(0.0, 26.0, field) * lump


def hair_height(fields: dict[str, Tensor], who: Appearance) -> Tensor:
    return fields["hair_mm"] - who.hairline_mm * fields["hair_front"]


def paint(who: Appearance, place: Tensor, values: Tensor) -> Surface:
    """Colour a person at P points.

    Args:
        place: (3, P) template mm; values: (len(FIELDS), P), both interpolated from `Template`.
    """
    fields: dict[str, Tensor] = dict(zip(FIELDS, values, strict=True))
    large = solid_noise(place, 16.0, who.offset)
    fine = solid_noise(place, 2.2, who.offset)
    strands = solid_noise(place, (1.0, 4.5, 4.5), who.offset)
    albedo = skin(who, fields, large, fine)
    hair = hair_cover(who, fields, large, fine, strands)
    eye = fields["eyes"].clamp(0, 1)
    cloth = smoothstep(0.3, 0.7, fields["clothes"])

    def tint(at: Tensor) -> Tensor:
        return colour(who.hair, place) * (1 + 0.35 * strands[0, at] + 0.2 * large[0, at]).clamp(0.3, 2)

    lay(albedo, hair, tint)
    lay(albedo, eye, lambda at: eyeball(who, fields["optical_deg"][at], strands[1, at]))
    lay(albedo, fields["teeth"], lambda at: who.teeth * colour((1.0, 0.94, 0.84), place))
    lay(albedo, fields["mouth_inside"].clamp(0, 1), lambda at: colour((0.30, 0.07, 0.06), place))
    # The rims of the lids, dark with lashes.
    lay(albedo, fields["background"].clamp(0, 1), lambda at: albedo[:, at] * colour((0.40, 0.30, 0.27), place))
    lay(albedo, cloth, lambda at: clothes(who, place[:, at], fine[0, at]))

    dull = torch.maximum(hair, cloth)
    wet = torch.maximum(eye, fields["teeth"])
    gloss = who.gloss * (1 - 0.85 * dull) * (1 + 0.15 * fine[0]) * (1 - wet) + 1.5 * wet
    roughness = torch.lerp(0.42 - 0.1 * fields["lips"], torch.full_like(gloss, 0.12), wet)
    return Surface(albedo.clamp_(0.002, 0.95), gloss.clamp_(min=0), roughness, hair)


def lay(albedo: Tensor, cover: Tensor, coat: Callable[[Tensor], Tensor]) -> None:
    """Lay a coat over `albedo` (3, P), in place, with opacity `cover` (P,): coat(indices (Q,)) -> (3, Q) or (3, 1)."""
    at = cover.nonzero().view(-1)
    if len(at) > 0:
        below = albedo[:, at]
        albedo[:, at] = torch.lerp(below, coat(at).expand_as(below), cover[at])


def colour(values: tuple[float, float, float], like: Tensor) -> Tensor:
    """(3, 1), to go with (P,)."""
    return like.new_tensor(values)[:, None]


def skin(who: Appearance, fields: dict[str, Tensor], large: Tensor, fine: Tensor) -> Tensor:
    """(3, P) linear reflectance of bare and shaven skin."""
    melanin = who.melanin * (1 + who.blotch * large[0] + who.mottle * fine[0] + 0.25 * fields["lips"])
    melanin += (0.06 + 0.18 * who.melanin) * fields["bags"]
    if who.freckles > 0:
        melanin += 0.5 * who.freckles * fields["freckles"] * smoothstep(0.9, 1.6, fine[1])
    varied = 1 + who.blush * fields["flush"] + who.blotch * 1.5 * large[1] + who.mottle * fine[1]
    haemoglobin = who.haemoglobin * varied + 0.75 * who.lips * fields["lips"]
    albedo = 0.86 * torch.exp(-(melanin * colour(MELANIN, melanin) + haemoglobin * colour(HAEMOGLOBIN, melanin)))
    if who.shaven > 0:
        stubble = (fields["beard"] + fields["moustache"]).clamp(0, 1) * who.shaven * 0.35
        lay(albedo, stubble, lambda at: albedo[:, at].mean(0) * colour((0.72, 0.76, 0.82), albedo))
    return albedo


def hair_cover(who: Appearance, fields: dict[str, Tensor], large: Tensor, fine: Tensor, strands: Tensor) -> Tensor:
    """(P,) opacity in [0, 1] of beard, moustache, brows and painted hair on the scalp."""
    field = hair_height(fields, who) + 3.0 * large[1] + 2.0 * strands[0]
    scalp = smoothstep(-4.0, 10.0, field) * who.hair_cover * (1 - fields["ears"].clamp(0, 1)) * (1 - fields["clothes"])
    along = fields["brow_along"]
    half = who.brow_half_mm * (0.4 + 0.6 * smoothstep(-0.05, 0.75, along))
    across = (fields["brow_mm"] - who.brow_height_mm).abs() / half
    ends = smoothstep(-0.12, 0.1, along) * smoothstep(1.18, 0.95, along)
    brow = smoothstep(1.15, 0.3, across) * ends * who.brow * (0.85 + 0.18 * fine[1] + 0.15 * strands[1]).clamp(0, 1)
    cover = torch.maximum(scalp, brow)
    if who.beard > 0 or who.moustache > 0:
        ragged = (0.95 + 0.08 * strands[0] + 0.1 * fine[0] + 0.1 * large[0]).clamp(0, 1.2)
        facial = torch.maximum(fields["beard"] * who.beard, fields["moustache"] * who.moustache)
        cover = torch.maximum(cover, facial * ragged)
    return cover.clamp(0, 1)


def eyeball(who: Appearance, angle_deg: Tensor, streaks: Tensor) -> Tensor:
    """(3, P) sclera, iris with a dark rim, pupil, by the angle from the optical axis."""
    sclera = who.sclera * (1 - 0.004 * angle_deg.clamp(max=60)) * colour((1.0, 0.93, 0.88), streaks)
    iris = colour(who.iris, streaks) * (1.1 + 0.5 * streaks).clamp(0.4, 2)
    rim = 1 - 0.6 * smoothstep(who.iris_half_deg - 7.0, who.iris_half_deg, angle_deg)
    coloured = smoothstep(who.iris_half_deg + 2.0, who.iris_half_deg - 2.0, angle_deg)
    pupil = smoothstep(who.pupil_half_deg + 1.5, who.pupil_half_deg - 1.5, angle_deg)
    return torch.lerp(torch.lerp(sclera, iris * rim, coloured), torch.full_like(iris, 0.004), pupil)


def clothes(who: Appearance, place: Tensor, fine: Tensor) -> Tensor:
    """(3, P) a jacket, open at the front over a shirt."""
    x, y, _ = place
    opening = 6.0 + who.collar_mm * smoothstep(-290.0, -120.0, y) ** 0.5
    shirt = smoothstep(2.0, -2.0, x.abs() - opening)
    jacket, below = colour(who.jacket, place), colour(who.shirt, place)
    return (jacket + shirt * (below - jacket)) * (1 + 0.08 * fine)
