"""The parts of a generator's experiment as settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recon.configuration import bounded
from recon.methods.widths import refuse_widths
from recon.photos.framing import FramingMode
from recon.ranges import COUNT, SHARE, WEIGHT, WIDTH

GROUP = 8  # channels of the generator that are normalised together


@dataclass(frozen=True)
class GeneratorConfig:
    """The generator's network.

    widths          channels at each scale, finest first
    gbuffer         see correspondence and normals beside the colours
    noise_channels  maps of normal noise, the source of pores and stubble
    unshuffle       2 folds 2x2 pixels into channels: twice as fast, and the head still ends at full resolution
    head_width      channels at full resolution
    reach           the most that a colour changes by, a share of its range
    seam            the harmoniser: nothing changes but the face and so wide a seam around it, a share of the side; the
                    face mask is seen besides. null: everything may change
    """

    widths: tuple[int, ...] = bounded((40, 80, 144, 192), *WIDTH)
    gbuffer: bool = True
    noise_channels: int = bounded(1, 0, 64)
    unshuffle: int = bounded(2, 1, 8)
    head_width: int = bounded(16, *WIDTH)
    reach: float = bounded(1.0, *SHARE)
    seam: float | None = bounded(None, *SHARE)

    def __post_init__(self) -> None:
        refuse_widths(self.widths, GROUP)

    @property
    def stride(self) -> int:
        """Height and width of an image must be divisible by this."""
        return self.unshuffle * 2 ** (len(self.widths) - 1)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The discriminators' networks.

    width          channels of the first layer, doubled at each of `strides` convolutions
    strides        how many 4x4 convolutions with stride 2
    window_radius  how far D sees beyond the face mask, a share of the image's side
    whole_weight   weight of a second discriminator on the whole image, 0: none; it pushes bigger heads, suits and hair
                   into the renders where these differ between the domains
    scales         at how many sizes of the image patches are judged, each half of the one before: at 256 px, 3 are 256,
                   128 and 64
    maps           what D sees beside the image, hard masks, places and classes of the frozen network: "none"; "source",
                   those of the photo, and of the render that became the fake, so that teeth on lips that are closed in
                   the render are seen to be false; "image", those of the photo and of the fake itself
    """

    width: int = bounded(40, *WIDTH)
    strides: int = bounded(3, 1, 8)
    window_radius: float = bounded(0.06, *SHARE)
    whole_weight: float = bounded(0.0, *WEIGHT)
    scales: int = bounded(1, 1, 6)
    maps: Literal["none", "source", "image"] = "none"


@dataclass(frozen=True)
class AdversarialConfig:
    """The adversarial objective, and what the discriminator's input goes through.

    form      "nonsaturating" (Goodfellow et al. 2014) with R1 (Mescheder et al. 2018) gives fewer artefacts than
              "hinge"
    r1        weight gamma of the penalty gamma/2 |grad D|^2 on photos
    r1_every  steps between penalties, each weighted by as many (lazy regularisation)
    augment   what D sees is changed in colour and moved, and a patch cut out of half, photos and renders alike, so that
              it cannot learn 1,000 photos by heart
    colour    brightness and contrast change by up to this, either way, where D's input is augmented
    shift     D's input moves by up to this share of the side where it is augmented
    """

    form: Literal["nonsaturating", "hinge"] = "nonsaturating"
    r1: float = bounded(0.3, *WEIGHT)
    r1_every: int = bounded(8, *COUNT)
    augment: bool = True
    colour: float = bounded(0.1, *SHARE)
    shift: float = bounded(0.09, 0, 0.5)


@dataclass(frozen=True)
class FidelityConfig:
    """Plain pixel terms that hold G to its render.

    identity  weight of the L1 outside D's window; without it the background turns to junk
    colour    weight of the L1 of the colours averaged over 1/8 of the side, everywhere: keeps skin tone and light
    """

    identity: float = bounded(3.0, *WEIGHT)
    colour: float = bounded(0.2, *WEIGHT)


@dataclass(frozen=True)
class GeometryLossConfig:
    """The geometric loss, through any reconstructor.

    network  weights of the frozen reconstructor, a file, folder or Hub id; null: the bundled one
    weight   of the whole term; 0: off
    mask     weight of where the face ends against where its points lie
    mouth    extra weight of the points at the mouth, where a generator paints smiles on; 0: none
    """

    network: str | None = None
    weight: float = bounded(30.0, *WEIGHT)
    mask: float = bounded(0.5, *WEIGHT)
    mouth: float = bounded(1.0, *WEIGHT)


@dataclass(frozen=True)
class ParserLossConfig:
    """The parser term: what each pixel of the image shows, as the frozen network's parser reads it, must be what the
    render's labels say.

    weight        of the whole term, a mean over the face's pixels; 0: off
    lips          weight of the pixels of the lips, beside 1 of skin, hair and the rest
    teeth         of the teeth
    mouth_inside  of the rest of the mouth's inside
    eyes          of the eyes
    """

    weight: float = bounded(0.0, *WEIGHT)
    lips: float = bounded(4.0, *WEIGHT)
    teeth: float = bounded(4.0, *WEIGHT)
    mouth_inside: float = bounded(4.0, *WEIGHT)
    eyes: float = bounded(2.0, *WEIGHT)


@dataclass(frozen=True)
class PhotosConfig:
    """The photos that the discriminators learn from.

    folder           of photos of faces, at any depth
    points           CSV with five points of each face; null: the folder's own faces.csv, where there is one
    drop             file with names of photos to leave out, one a line
    framing          where the face is in a photo, see `recon.photos.folder.load_photos`
    without_glasses  drop photos that seem to show any
    rotation_deg     photos are turned by up to this, since framing levels their eyes and the renders roll
    balance          draw photos so that mouths are open, skins light and glasses worn as often as in the renders
    """

    folder: Path | None = None
    points: Path | None = None
    drop: Path | None = None
    framing: FramingMode = "auto"
    without_glasses: bool = True
    rotation_deg: float = bounded(8.0, 0, 180)
    balance: bool = False
