"""What a drawn person looks like in a photo: the skin's pigments by its tone, brows, lids, lips, eyes and folds.

Set so that drawn faces have the tone, redness and contrast of photos place by place, as `recon evaluate appearance`
measures them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recon.faces.parsing import CLASSES
from recon.people.appearance import Appearance, rgb
from recon.people.eyes.paint import Eyes
from recon.people.hair.facial_hair_style import BrowStyle
from recon.people.skin import paint
from recon.people.skin.wrinkles import ZONES, Skin
from recon.render.environment import Colour
from recon.synthesis.canvas import Canvas

LIPS = (0.25, 0.6)  # extra blood in lips: paler ones are lost in a photo's tone, redder ones are make-up
FINE, SHORT = 0.22, 0.7  # width and length of brows' hairs, of the drawn ones
LASH = (0.4, 1.6)  # the same of lashes, length and width
LOWER_MM, BROADER_MM, THINNEST_MM = 3.4, 0.9, 3.6  # brows in photos are nearer to the eyes, and broader than drawn ones
BROW_SHADE, BROW_DENSITY, BROW_TAIL = (0.55, 0.9), (0.25, 0.6), (0.4, 0.7)  # photos have faint and dense ones
BROW_TILT_MM, BROW_OUTER, BROW_INNER = 1.4, (0.12, 0.05), (0.95, 0.04)  # spread; means and spreads
FEATHERED = 0.12  # of the brow's length at its inner end, where hairs lie on bare skin
LAMP, WINDOW = 0.5, 0.4  # of what eyes reflect: at a face's size in photos wide lights make pupils grey
LASH_LINE = 0.85
LEAST_HAIR = 0.01  # of the picture
FAIREST_BROW = 0.06  # linear
BROWN = np.array([1.5, 0.95, 0.55])  # of mean 1
EXPOSED = 0.95  # radiance of a white surface in a usual portrait
MELANIN, HAEMOGLOBIN = (np.array([float(depth) for depth in pigment]) for pigment in (paint.MELANIN, paint.HAEMOGLOBIN))
TINT, PIGMENTS = 0.12, np.array([0.8, 0.08, 0.35])  # spreads: log of a light's colours; melanin, haemoglobin, exposure
SCLERA, REDDER = 0.84, 0.5  # of the drawn white of the eyes, which lids and lashes shade; more of its redness
DARK_SCLERA = 0.4  # by which it is darker in dark skin
FRECKLES = 0.4  # of the drawn ones
GLOSS = (1.35, 2.8)  # of skin without melanin, and more for its square: as strong as highlights in photos
FURROWS, SMILE_FOLDS = 0.8, 1.1  # of the depth of drawn ones: the skin of photos has its own, but folds of a smile none
DEEPEST_MM = 0.75
IRIS_GREY, IRIS_LIGHT = 0.6, 1.5  # of a drawn iris: strong colours look lit from within in a photo
BROWN_IRIS = (0.045, 0.022, 0.011)  # of dark skin, linear
LIDS = (0.3, 0.7)  # how much darker the skin about the eyes is: folds, lashes and a depth that the mesh lacks


def photographed(
    one: Canvas, appearance: Appearance, brows: BrowStyle | None, rng: np.random.Generator
) -> tuple[Appearance, BrowStyle | None]:
    """A drawn person and brows, None where there are none, as the photo of a canvas would show them."""
    look = toned(appearance, one.tone)
    look = replace(look, hair=brow_colour(one, look), lids=float(rng.uniform(*LIDS)))
    if brows is None:
        return look, None
    brows = haired(brows, look.hair, rng)
    return shaded(look, brows), brows


def toned(appearance: Appearance, tone: np.ndarray) -> Appearance:
    """A person whose skin has that mean linear colour (3,), by `recon.people.skin.paint`'s two pigments and an exposure
    together, without hair but brows.

    The likeliest of them: what they leave of the colour is the light's tint, which highlights share. Were a dark skin's
    colour left to the light instead, its highlights would be brown.
    """
    aims = np.log(np.maximum(tone.astype(float), 2e-3) / (0.86 * EXPOSED))
    usual = np.array([0.5, appearance.haemoglobin, 0.0])  # of melanin, haemoglobin, the exposure's logarithm
    rows = np.vstack([np.column_stack([-MELANIN, -HAEMOGLOBIN, np.ones(3)]) / TINT, np.diag(1 / PIGMENTS)])
    melanin, haemoglobin, _ = np.linalg.lstsq(rows, np.concatenate([aims / TINT, usual / PIGMENTS]))[0]
    return replace(
        appearance,
        melanin=float(np.clip(melanin, 0.05, 2.0)),
        haemoglobin=float(np.clip(haemoglobin, 0.05, 0.45)),
        lips=float(np.clip(appearance.lips, *LIPS)),
        gloss=float((GLOSS[0] + GLOSS[1] * max(melanin, 0.0) ** 2) * np.sqrt(appearance.gloss)),
        iris=iris_of(appearance.iris, melanin),
        sclera=SCLERA * appearance.sclera * (1 - DARK_SCLERA * float(np.clip(melanin, 0, 1))),
        freckles=FRECKLES * appearance.freckles,
        hair_cover=0.0,
        hair_mm=0.0,
        beard=0.0,
        moustache=0.0,
        shaven=0.0,
    )


def iris_of(iris: Colour, melanin: float) -> Colour:
    """A drawn iris, greyer and lighter, and the browner the darker the skin is."""
    brown = float(np.clip((melanin - 0.25) / 0.3, 0, 1))
    dark = np.array(BROWN_IRIS) * np.clip(sum(iris) / 0.3, 0.6, 1.4)
    pale = IRIS_LIGHT * (np.array(iris) + IRIS_GREY * (np.mean(iris) - np.array(iris)))
    return rgb((1 - brown) * pale + brown * dark)


def brow_colour(one: Canvas, look: Appearance) -> Colour:
    """Linear colour of brows that belong to the photo's hair, a little darker and never grey or fair; the drawn one's
    where it shows too little hair."""
    hair = (one.classes == CLASSES.index("hair")) & ~one.face
    colour = np.array(look.hair)
    if hair.mean() > LEAST_HAIR:
        seen = np.median((one.plate[hair] / 255.0) ** 2.2, 0) / white_of(one.tone, look)
        colour = 0.4 * seen + 0.6 * seen.mean() * BROWN  # grey hair in a blue light has no blue brows
    return rgb(colour * min(1.0, FAIREST_BROW / max(float(colour.max()), 1e-6)))


def white_of(tone: np.ndarray, look: Appearance) -> float:
    """How bright a white surface is in the photo: its skin's green over that of a skin with such pigments."""
    return float(max(tone[1], 1e-3) / (0.86 * np.exp(-MELANIN[1] * look.melanin - HAEMOGLOBIN[1] * look.haemoglobin)))


def haired(brows: BrowStyle, colour: Colour, rng: np.random.Generator) -> BrowStyle:
    """Brows of this colour, of many fine hairs over a shade of the skin, whose place and density are spread as those of
    photos are; lashes are darker, and dense as they look in photos, where they draw the lid's line."""
    return replace(
        brows,
        colour=colour,
        grey=0.0,
        height=brows.height - LOWER_MM,
        half=max(brows.half + BROADER_MM, THINNEST_MM),
        tail=float(rng.uniform(*BROW_TAIL)),
        tilt=float(rng.normal(0, BROW_TILT_MM)),
        outer=float(rng.normal(*BROW_OUTER)),
        inner=float(rng.normal(*BROW_INNER)),
        length=SHORT * brows.length,
        width=FINE * brows.width,
        density=float(rng.uniform(*BROW_DENSITY)),
        variation=0.5 * brows.variation,
        lash_colour=rgb(0.2 * np.array(colour)),
        lash_length=LASH[0] * brows.lash_length,
        lash_density=1.0,
        lash_width=LASH[1] * brows.lash_width,
    )


def shaded(look: Appearance, brows: BrowStyle) -> Appearance:
    """A person with the shade of the skin that lies under these brows, the deeper the denser they are."""
    dense = (brows.density - BROW_DENSITY[0]) / (BROW_DENSITY[1] - BROW_DENSITY[0])
    return replace(
        look,
        brow=BROW_SHADE[0] + dense * (BROW_SHADE[1] - BROW_SHADE[0]),
        brow_height_mm=brows.height,
        brow_half_mm=brows.half,
        brow_tilt_mm=brows.tilt,
        brow_outer=brows.outer,
        brow_inner=brows.inner - FEATHERED,
    )


def folded(skin: Skin) -> Skin:
    """Drawn skin whose furrows are as deep as photos show them, and when all moves none deeper than DEEPEST_MM: deeper
    ones are strokes of a pen on one side and catch the lamp on the other, as no wall shades the opposite one."""
    gains = []
    for name, zone, depth in zip(ZONES, ZONES.values(), skin.depths, strict=True):
        gain = SMILE_FOLDS if name == "nasolabial" else FURROWS
        gains.append(min(gain * depth, DEEPEST_MM / zone.depth_mm(skin.aged, moved=1.0)))
    return replace(skin, depths=tuple(gains))


def seen(eyes: Eyes) -> Eyes:
    """Drawn eyes as a photo shows them."""
    return replace(
        eyes,
        lamp_deg=LAMP * eyes.lamp_deg,
        window=WINDOW * eyes.window,
        lash_line=LASH_LINE,
        redness=min(eyes.redness + REDDER, 1.0),
    )
