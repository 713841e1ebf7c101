"""What the paint of a person needs at the vertices of a face model: slow fields, computed once or once a person.

Everything is a function of the place on the template (the model's `canonical` place in the default model's
millimetres), so it knows no texture resolution. `Template` belongs to a model, `slow_values` to a person;
`recon.people.skin.paint` adds at each point what varies finely.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor

from recon.faces.brows import along_brow, brow_place
from recon.faces.model import REGIONS, FaceModel
from recon.people.appearance import Appearance
from recon.people.noise import solid_noise

LID_MM, LOWER_LID = 14.0, 0.85  # about the eyes, skin is darker; below them, by that share of it
SOFT_REGIONS = ("lips", "eyes", "teeth", "mouth_inside", "clothes", "ears", "background")


class Slow(IntEnum):
    """Columns of `slow_values`."""

    X = 0  # place on the template, mm
    Y = 1
    Z = 2
    MELANIN = 3
    HAEMOGLOBIN = 4
    FRECKLES = 5  # melanin that the darkest freckles add
    STUBBLE = 6  # bluish shade of shaven skin, [0, 1]
    LIPS = 7
    LARGE = 8  # coarse noise
    HAIR_MM = 9  # ragged height over the hairline
    HAIR_COVER = 10  # opacity of hair above it
    FACIAL = 11  # opacity of beard and moustache
    BROW_MM = 12  # signed height over the middle of the brows
    BROW_ALONG = 13  # 0 outer to 1 inner end, outside of them away from the brows
    EYES = 14  # opacities, [0, 1]
    OPTICAL_DEG = 15  # angle of eyeball points from the optical axis
    TEETH = 16
    MOUTH_INSIDE = 17
    LIDS = 18
    CLOTHES = 19


@dataclass(frozen=True)
class Template:
    """Slow fields of a model at its vertices; each field (n,) float32.

    Attributes:
        place_mm: (n, 3) place on the template.
        fields: memberships of SOFT_REGIONS, and
            optical_deg: angle of eyeball points from the optical axis;
            brow_mm, brow_along: signed height above the line of the brows, place along it (`Slow.BROW_ALONG`);
            hair_mm, hair_front: height above the unshifted hairline, and how much a drawn shift of it applies: 1 in
            front, 0 at the nape;
            flush: cheeks, tip of the nose, ears, chin; lids: about the eyes; bags: under them; beard, moustache,
            freckles: their place.
    """

    place_mm: Tensor
    fields: dict[str, Tensor]


def template_of(model: FaceModel) -> Template:
    """Compute a model's slow fields from its canonical places, landmarks and regions."""
    low, high = model.canonical_box_mm
    place = model.canonical * (high - low) + low
    marks = place[model.landmarks]
    fields = soft_regions(model)
    x, y, z = place.unbind(1)

    fields["optical_deg"] = optical_angle(model)
    fields["brow_mm"], fields["brow_along"] = brow_place(place, place[model.over_brows])
    fields["hair_mm"], fields["hair_front"] = hairline(place)
    cheek = place.new_tensor([0.0, 4.0, 6.0])
    fields["flush"] = (
        near(place, (marks[2] + marks[31]) / 2 + cheek, 20.0)
        + near(place, (marks[14] + marks[35]) / 2 + cheek, 20.0)
        + 0.8 * near(place, marks[30], 12.0)
        + fields["ears"]
        + 0.25 * near(place, marks[8], 14.0)
    )
    about_eyes = torch.maximum(about_eye(place, marks[36:42]), about_eye(place, marks[42:48]))
    fields["lids"] = about_eyes * (1 - fields["eyes"])
    fields["bags"] = near(place, marks[40], 9.0) + near(place, marks[47], 9.0)
    mouth = float(marks[48:60, 1].mean())
    cheek_line = mouth + 4.0 + 0.42 * (x.abs() - 25.0).clamp(min=0)
    off_lips = 1 - fields["lips"].clamp(0, 1)
    below_lip = smoothstep(16.0, 8.0, x.abs()) * smoothstep(mouth - 14, mouth - 9, y)
    jaw = smoothstep(8.0, -8.0, y - cheek_line) * smoothstep(-150.0, -128.0, y)
    fields["beard"] = jaw * off_lips * (1 - below_lip)
    nose = float(marks[33, 1])
    above_lip = smoothstep(mouth + 2, mouth + 7, y) * smoothstep(nose - 2.5, nose - 8.5, y)
    fields["moustache"] = smoothstep(33.0, 24.0, x.abs()) * above_lip * (z > 10) * off_lips
    fields["freckles"] = smoothstep(70.0, 20.0, (place - marks[29]).norm(dim=1))
    return Template(place, fields)


def about_eye(place: Tensor, opening: Tensor) -> Tensor:
    """(n,) 1 at the rim of an eye's opening, landmarks (6, 3), falling to 0 within LID_MM; less below it and toward the
    nose, where sockets are deep already."""
    rim = opening[:, None].lerp(opening.roll(-1, 0)[:, None], torch.linspace(0, 1, 9)[None, :, None]).reshape(-1, 3)
    share = (1 - torch.cdist(place, rim).amin(1) / LID_MM).clamp(min=0)
    below = smoothstep(2.0, -6.0, place[:, 1] - opening[:, 1].mean())
    inner, outer = opening[:, 0].abs().aminmax()
    aside = smoothstep(-0.3, 0.7, (place[:, 0].abs() - inner) / (outer - inner))
    return share * (1 - (1 - LOWER_LID) * below) * aside


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
    field = hair_height(template, who)
    lump = solid_noise(template.place_mm.T, 28.0, who.offset)[0] * 0.12 + 1.0
    return who.hair_mm * who.hair_cover * smoothstep(0.0, 26.0, field) * lump


def hair_height(template: Template, who: Appearance) -> Tensor:
    """(n,) mm over the person's hairline."""
    return template.fields["hair_mm"] - who.hairline_mm * template.fields["hair_front"]


def slow_values(template: Template, who: Appearance) -> Tensor:
    """(n, len(Slow)) float32: all that paint needs of a person at the vertices."""
    fields = template.fields
    large = solid_noise(template.place_mm.T, 16.0, who.offset)
    lips, beard, moustache = fields["lips"], fields["beard"], fields["moustache"]
    bags = (0.06 + 0.18 * who.melanin) * fields["bags"]
    brow_mm, brow_along = along_brow(
        fields["brow_mm"],
        fields["brow_along"],
        who.brow_height_mm,
        who.brow_tilt_mm,
        who.brow_outer,
        who.brow_inner,
    )
    columns = {
        Slow.X: template.place_mm[:, 0],
        Slow.Y: template.place_mm[:, 1],
        Slow.Z: template.place_mm[:, 2],
        Slow.MELANIN: who.melanin * (1 + who.blotch * large[0] + 0.25 * lips) + bags,
        Slow.HAEMOGLOBIN: who.haemoglobin * (1 + who.blush * fields["flush"] + 1.5 * who.blotch * large[1])
        + 0.75 * who.lips * lips,
        Slow.FRECKLES: 0.5 * who.freckles * fields["freckles"],
        Slow.STUBBLE: (beard + moustache).clamp(0, 1) * (0.35 * who.shaven),
        Slow.LIPS: lips,
        Slow.LARGE: large[0],
        Slow.HAIR_MM: hair_height(template, who) + 3.0 * large[1],
        Slow.HAIR_COVER: who.hair_cover * (1 - fields["ears"].clamp(0, 1)) * (1 - fields["clothes"]),
        Slow.FACIAL: torch.maximum(beard * who.beard, moustache * who.moustache),
        Slow.BROW_MM: brow_mm,
        Slow.BROW_ALONG: brow_along,
        Slow.EYES: fields["eyes"].clamp(0, 1),
        Slow.OPTICAL_DEG: fields["optical_deg"],
        Slow.TEETH: fields["teeth"],
        Slow.MOUTH_INSIDE: fields["mouth_inside"].clamp(0, 1),
        Slow.LIDS: torch.maximum(fields["background"].clamp(0, 1), who.lids * fields["lids"]),
        Slow.CLOTHES: fields["clothes"],
    }
    return torch.stack([columns[name] for name in Slow], 1)
