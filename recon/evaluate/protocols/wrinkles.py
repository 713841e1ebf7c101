"""What DECA's displacement does on drawn people whose wrinkles are known.

Each person is drawn twice, all alike but the expression: at rest, and with the brows raised, which deepens the lines of
the forehead (`recon.people.skin.wrinkles`).

- With the person's detail code kept and the codes of expression exchanged for those of raised brows, the displacement
  should change where these lines run, more than elsewhere: with the expression that was drawn, as who animates a face
  gives it, and with the one that the network sees.
- The displacement of the raised picture should be like the height of the drawn furrows.
- With the next person's detail code the expression should stay: the face's detailed picture with the other's code is
  looked at again, and its expression codes are compared with those of its picture with its own.
- The detailed normals should be nearer to those of the drawn skin than the coarse ones. They are compared at the pixels
  of the skin with raised brows, in the same places for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from recon.configuration import to_plain
from recon.errors import UserError
from recon.evaluate.networks import digests, open_network
from recon.evaluate.results import Measure, Result, figures_of
from recon.evaluate.settings import WrinklesSettings as Settings
from recon.faces import load
from recon.faces.model import FaceModel
from recon.methods.base import device_of
from recon.methods.deca.codes import Codes, with_expressions
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.deca.detail.surface import texels_of
from recon.methods.deca.detail.training import picture_of
from recon.people.config import DressConfig
from recon.people.skin.wrinkles import ZONES
from recon.progress import tracked
from recon.synthesis.head import prepared
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.targets import SkinTarget
from recon.synthesis.targets.skin_height import face_texels, skin_height

RAISED = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
ZONE = "forehead"
SCENE = SceneConfig(dress=DressConfig(dressed=0), yaw_max_deg=20.0, skin=1.0, smile=0.0, open_mouth=0.0)
MEASURES = {
    "lines_mm": Measure("displacement changed by raised brows, where lines are drawn", "mm"),
    "elsewhere_mm": Measure("the same elsewhere", "mm"),
    "excess_mm": Measure("more at the lines than elsewhere", "mm"),
    "seen_lines_mm": Measure("changed at the lines by the expression that is seen", "mm"),
    "seen_excess_mm": Measure("of it more than elsewhere", "mm"),
    "height_r": Measure("correlation of displacement and drawn furrows"),
    "expression": Measure("expression changed by raised brows", "of its codes"),
    "expression_swapped": Measure("expression changed by another's detail", "of its codes"),
    "coarse_deg": Measure("coarse normals off the drawn skin's", "deg"),
    "detailed_deg": Measure("detailed normals off the drawn skin's", "deg"),
    "nearer_deg": Measure("detailed normals nearer than coarse ones by", "deg"),
    "relief_deg": Measure("the drawn relief's own angle", "deg"),
}


@dataclass(frozen=True)
class Looked:
    """A network's answer to a picture: codes of one, detail (1, code)."""

    codes: Codes
    detail: Tensor


def run(settings: Settings) -> Result:
    """Draw each person twice, look at both, exchange codes."""
    network = open_network(settings.network, False)
    if not isinstance(network, DetailedDeca):
        raise UserError(f"wrinkles asks for a displacement, which {network.name} tells none of: give deca_detail")
    zone = lines_of(network).to(device_of(network))
    values: list[dict[str, Any]] = []
    last: Looked | None = None
    for rest, raised in tracked(pairs(settings, network.size), "people", settings.people):
        still, moved = answer(network, rest), answer(network, raised)
        acted = [acting(network, looked, record) for looked, record in ((still, rest), (moved, raised))]
        seen = changed(network, still, moved, zone)
        value = {
            **changed(network, acted[0], acted[1], zone),
            **{f"seen_{name}": seen[name] for name in ("lines_mm", "excess_mm")},
            "expression": apart_of(still.codes.expression, moved.codes.expression),
            "height_r": like_drawn(network, acted[1], raised),
            **normals_off(network, moved, raised),
        }
        if last is not None:
            value["expression_swapped"] = by_detail(network, still, last.detail)
        values.append({"person": len(values), "expression_swapped": np.nan, **value})
        last = still
    return Result(
        title=f"Wrinkles of {settings.people} drawn people",
        protocol="wrinkles",
        settings=to_plain(settings),
        figures=figures_of(values, MEASURES),
        notes=(
            f"Lines: of the {ZONE}, {float((zone > 0).float().mean()):.1%} of the texels. Expressions are told apart "
            "by the root mean square of their codes' differences.",
            "Detail is exchanged with the person's before; the first has none.",
        ),
        weights=digests(settings.network),
        values=values,
    )


def pairs(settings: Settings, size: int) -> Iterator[tuple[Record, Record]]:
    """Each person at rest and with raised brows."""
    model, found, index = load("default"), 0, 0
    while found < settings.people:
        scene = draw_scene(model, settings.seed, index, SCENE)
        index += 1
        if scene.skin is None or scene.skin.age < settings.age_min:
            continue
        found += 1
        rest, raised = (
            render_record(model, replace(scene, expression=expression(model, names)), size) for names in ((), RAISED)
        )
        yield rest, raised


def expression(model: FaceModel, names: tuple[str, ...]) -> np.ndarray:
    """(e,) float32: these units fully active."""
    return model.coefficients(dict.fromkeys(names, 1.0)).numpy()


def lines_of(network: DetailedDeca) -> Tensor:
    """(T, T) float, how far a texel of the displacement lies where the lines of ZONE run, 0 to 1."""
    config = network.config.coarse
    if load(config.model) is not load("default"):
        raise UserError(f"wrinkles are drawn on the default model, not on '{config.model}': give a network of it")
    model = load("default")
    texels, furrows = face_texels(model, network.config.texture_px), prepared(model).furrows
    share = torch.zeros(len(model.mean))
    here = furrows.zone == list(ZONES).index(ZONE)
    share[furrows.held[here]] = furrows.share[here]
    return texels.spread(share[None, :, None])[0, 0] * texels.mask


@torch.no_grad()
def answer(network: DetailedDeca, record: Record) -> Looked:
    """What the network says of a record's picture."""
    rgb = torch.from_numpy(record.rgb.copy()).permute(2, 0, 1)[None].to(device_of(network)).float() / 255
    return Looked(network.codes(rgb), network(rgb))


@torch.no_grad()
def changed(network: DetailedDeca, rest: Looked, raised: Looked, zone: Tensor) -> dict[str, float]:
    """How the person's displacement follows the expression, in the zone (T, T) and elsewhere on the face."""
    still, moved = (network.displacement(rest.detail, one.codes)[0, 0] for one in (rest, raised))
    mask = texels_of(network.config.coarse, len(still), still.device).mask
    change, elsewhere = (moved - still).abs(), mask * (zone == 0)
    lines, other = (float((change * where).sum() / where.sum()) for where in (zone, elsewhere))
    return {"lines_mm": lines, "elsewhere_mm": other, "excess_mm": lines - other}


def acting(network: DetailedDeca, looked: Looked, record: Record) -> Looked:
    """The answer with a record's true expression."""
    expression = torch.from_numpy(record.expression)[None].to(looked.codes.expression)
    return replace(looked, codes=with_expressions(network.config.coarse, looked.codes, expression))


@torch.no_grad()
def like_drawn(network: DetailedDeca, looked: Looked, record: Record) -> float:
    """Correlation over the texels of the face of the displacement and the height of the drawn furrows; NaN where one
    of them is even."""
    found = network.displacement(looked.detail, looked.codes)[0, 0].cpu()
    mask = texels_of(network.config.coarse, len(found), torch.device("cpu")).mask
    both = torch.stack([found[mask], skin_height(record, record.model, len(found))[0][mask]])
    return float(torch.corrcoef(both)[0, 1])


@torch.no_grad()
def by_detail(network: DetailedDeca, looked: Looked, detail: Tensor) -> float:
    """How far the expression that is told of the detailed picture moves with another's detail code."""
    own, other = (
        picture_of(network, looked.codes, network.displacement(one, looked.codes), network.size).rgb.clamp(0, 1)
        for one in (looked.detail, detail)
    )
    return apart_of(network.codes(own).expression, network.codes(other).expression)


def apart_of(one: Tensor, other: Tensor) -> float:
    """Root mean square of the differences of codes (1, e)."""
    return float((one - other).square().mean().sqrt())


@torch.no_grad()
def normals_off(network: DetailedDeca, looked: Looked, record: Record) -> dict[str, float]:
    """Mean angles in degrees of the coarse and of the detailed normals to those of the drawn skin, at its pixels."""
    side, device = network.size, device_of(network)
    displacement = network.displacement(looked.detail, looked.codes)
    coarse, fine = (picture_of(network, looked.codes, one, side) for one in (None, displacement))
    skin = (SkinTarget(side)(record)["mask"].to(device) * coarse.mask[0])[0] > 0
    true, smooth = (
        torch.from_numpy(np.asarray(values, np.float32)).to(device)[skin]
        for values in (record.fine_normals, record.normals)
    )
    if not skin.any():
        return {name: float("nan") for name in ("coarse_deg", "detailed_deg", "nearer_deg", "relief_deg")}
    off = [angle_deg(one.normals[0].permute(1, 2, 0)[skin], true) for one in (coarse, fine)]
    return {
        "coarse_deg": off[0],
        "detailed_deg": off[1],
        "nearer_deg": off[0] - off[1],
        "relief_deg": angle_deg(smooth, true),
    }


def angle_deg(one: Tensor, other: Tensor) -> float:
    """Mean angle between unit vectors (k, 3)."""
    return float(torch.rad2deg((one * other).sum(1).clamp(-1, 1).arccos()).mean())
