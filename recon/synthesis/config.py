"""What is drawn, where records come from and how they are moved, as settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Literal

from recon.configuration import bounded
from recon.errors import UserError
from recon.people.config import DressConfig
from recon.photos.framing import EYE_SHARE, EYES_MIDDLE
from recon.ranges import COUNT, SEEDS, SHARE, WEIGHT
from recon.render.config import KeyLight
from recon.synthesis.groups import groups_of


@dataclass(frozen=True)
class Cell:
    """One cell of a grid of factors; None: not varied."""

    yaw_deg: float | None = None
    pitch_deg: float | None = None
    expression: str | None = None
    light: int | None = None


@dataclass(frozen=True)
class FactorsConfig:
    """A full grid of pictures of each person; a factor without values is not varied.

    yaw_deg     the heads' yaws
    pitch_deg   the heads' pitches
    expression  the expressions: neutral, or units of the face model joined by +, a side left out standing for both,
                such as mouthSmile+jawOpen
    lights      number of lights, the same ones for everybody
    """

    yaw_deg: tuple[float, ...] = bounded((), -90, 90)
    pitch_deg: tuple[float, ...] = bounded((), -90, 90)
    expression: tuple[str, ...] = ()
    lights: int = bounded(0, 0, 1000)

    @cached_property
    def cells(self) -> list[Cell]:
        """The grid, the last factor fastest; one cell that varies nothing where none is given."""
        views = product(self.yaw_deg or (None,), self.pitch_deg or (None,))
        rest = list(product(self.expression or (None,), range(self.lights) or (None,)))
        return [Cell(*view, *cell) for view in views for cell in rest]

    def __bool__(self) -> bool:
        return len(self.cells) > 1 or self.cells[0] != Cell()


@dataclass(frozen=True)
class CanvasConfig:
    """Faces drawn on canvases, real photos whose face was taken away (`recon.synthesis.canvas`). Pose, camera, framing
    and light are the photo's; hair, ears, neck, clothes and what lies over the face as well.

    folder      the folder of canvases that `synth2real canvases` made, or "bundled"; null: surroundings are drawn
    turn_deg    the drawn head is turned from the photo's by about as much, about either axis
    shape       share of the shape that is the photo's person's; the rest is drawn (but for the eyes' length)
    expression  share of faces with nearly the expression that the photo's face had, which agrees with cheeks and neck
    """

    folder: str | None = None
    turn_deg: float = bounded(2.5, 0, 15)
    shape: float = bounded(0.3, *SHARE)
    expression: float = bounded(0.5, *SHARE)


@dataclass(frozen=True)
class SceneConfig:
    """What is drawn. Angles in degrees.

    yaw_mean_deg    mean of the head's yaw
    yaw_max_deg     yaw is normal about its mean with half this spread, and cut this far from it
    pitch_mean_deg  mean of the head's pitch; positive looks down
    pitch_sd_deg    spread of the pitch
    pitch_max_deg   pitch is cut there, either way
    roll_sd_deg     spread of the roll in the image
    fov_min_deg     least of the camera's field of view across the image
    fov_max_deg     greatest of the camera's field of view across the image
    eye_share       distance between the eyes, a share of the image's side
    eye_level       height of the eyes from the top, a share of the image's side
    framing_jitter  spread of the distance between the eyes, relative to it
    place_jitter    spread of the place of the eyes, a share of the side; null: half of framing_jitter
    smile           share of faces that smile, many with teeth showing
    open_mouth      share of jaws that open without cause
    grin            share of faces that grin or laugh whatever else was drawn, the mouth wider than a smile makes it
    extreme         share of faces with a jaw wide open, pursed lips, blown cheeks, closed eyes or one side alone
    melanin_scale   each melanin m of the broad mix of skins is made melanin_scale * m ** melanin_power
    melanin_power   the exponent there: below 1, skins differ less
    environment     share of scenes lit by a drawn environment, which is also what is seen behind; the rest are lit by a
                    plain sky and lamps, before a background that knows nothing of them
    even            share of the rest lit evenly from all around, as by a ring flash or in a scanner
    variation       share of people whose shape leaves the model's identities by a smooth random field
    key             where the key light comes from
    exposure        gain on the exposure that is drawn for the camera
    exposure_sd     spread of the exposure's logarithm
    contrast        gain on the contrast that is drawn for the camera
    metered         share of cameras that meter the face and do not burn it out
    calm            0 draws backgrounds from plain to striped; nearer to 1, plain ones alone, as portraits have
    backgrounds     folder of images to crop backgrounds from; null: procedural ones
    dress           what people have on
    skin            share of people with wrinkles, pores, oil; the others' skin is smooth
    skin_texture    skin from photos: "photos", the bundled statistics, or a file of `recon learn-textures`; null:
                    painted
    eyes            share of people whose eyes are painted in detail; the others' are plain
    mouth           share of people whose mouth is painted in detail inside; the others' are plain
    canvas          real photos to draw the faces in, instead of heads before drawn surroundings
    shots_per_person  pictures of each person, one after the other: shape, skin and hair stay, all else changes
    factors         a person's pictures as a full grid; with shots_per_person so many of each cell
    balance         trait -> group -> share: what share of the scenes is wanted of each group, such as
                    {yaw_deg: {"-90:-30": 1, "-30:30": 2, "30:90": 1}, glasses: {none: 3, other: 1}}; what is not named
                    is drawn as ever
    """

    yaw_mean_deg: float = bounded(0.0, -90, 90)
    yaw_max_deg: float = bounded(40.0, 0, 90)
    pitch_mean_deg: float = bounded(0.0, -30, 30)
    pitch_sd_deg: float = bounded(7.0, 0, 30)
    pitch_max_deg: float = bounded(30.0, 0, 90)
    roll_sd_deg: float = bounded(4.0, 0, 20)
    fov_min_deg: float = bounded(8.0, 1, 120)
    fov_max_deg: float = bounded(40.0, 1, 120)
    eye_share: float = bounded(EYE_SHARE, 0.02, 0.8)
    eye_level: float = bounded(EYES_MIDDLE[1], *SHARE)
    framing_jitter: float = bounded(0.04, 0, 0.5)
    place_jitter: float | None = bounded(None, 0, 0.5)
    smile: float = bounded(0.4, *SHARE)
    open_mouth: float = bounded(0.3, *SHARE)
    grin: float = bounded(0.0, *SHARE)
    extreme: float = bounded(0.0, *SHARE)
    melanin_scale: float = bounded(1.0, 0.01, 100)
    melanin_power: float = bounded(1.0, 0, 3)
    environment: float = bounded(0.7, *SHARE)
    even: float = bounded(0.0, *SHARE)
    variation: float = bounded(0.0, *SHARE)
    key: KeyLight = field(default_factory=KeyLight)
    exposure: float = bounded(1.0, 0.05, 20)
    exposure_sd: float = bounded(0.25, 0, 2)
    contrast: float = bounded(1.0, 0.1, 10)
    metered: float = bounded(0.9, *SHARE)
    calm: float = bounded(0.0, *SHARE)
    backgrounds: str | None = None
    dress: DressConfig = field(default_factory=DressConfig)
    skin: float = bounded(1.0, *SHARE)
    skin_texture: str | None = None
    eyes: float = bounded(1.0, *SHARE)
    mouth: float = bounded(1.0, *SHARE)
    canvas: CanvasConfig = field(default_factory=CanvasConfig)
    shots_per_person: int = bounded(1, 1, 10_000)
    factors: FactorsConfig = field(default_factory=FactorsConfig)
    balance: dict[str, dict[str, float]] = field(default_factory=dict, metadata={"range": WEIGHT})

    @property
    def shots(self) -> int:
        """Pictures of each person."""
        return self.shots_per_person * len(self.factors.cells)

    def __post_init__(self) -> None:
        groups_of(self.balance)
        if self.fov_min_deg > self.fov_max_deg:
            raise UserError(f"fov_min_deg {self.fov_min_deg:g} is above fov_max_deg {self.fov_max_deg:g}")
        if self.canvas.folder is not None and self.factors:
            raise UserError("pose and light come from canvas.folder, so factors can't vary them: leave one of both out")


@dataclass(frozen=True)
class SourceConfig:
    """One source of records: either `scene`, `dataset`, `fitted` or `photos` says which.

    weight         share of the batch, beside the other sources' weights
    scene          drawn: what, a scene file (configs/scenes/*.yaml) or its keys
    model          drawn: the face model, "default" or "ict:FOLDER"
    seed           drawn: of the scenes; null: the experiment's
    count          drawn: scenes 0 to count - 1 of the seed
    yaw_limit_deg  drawn: leave out scenes whose head is turned further
    dataset        stored: a folder that `synth2real render` or `generate` wrote, or such a one's name on the Hub
    image          stored: "image", the realistic one, where there is one; or the "render"
    first          stored: the first row
    last           stored: the row after the last; null: to the end
    fitted         fitted: a folder of photos with their meshes (`recon.synthesis.fitted`)
    bfm            fitted: the Basel model's files, where that folder is 300W-LP's or AFLW2000-3D's as it is published
    photos         a folder with a folder of photos for each person: images alone (`recon.synthesis.person_tree`), or
                   with 68 landmarks beside each and skin masks (`recon.synthesis.labelled_tree`)
    """

    weight: float = bounded(1.0, *WEIGHT)
    scene: SceneConfig | None = None
    model: str = "default"
    seed: int | None = bounded(None, *SEEDS)
    count: int = bounded(30_000, *COUNT)
    yaw_limit_deg: float | None = bounded(None, 0, 90)
    dataset: str | None = None
    image: Literal["image", "render"] = "image"
    first: int = bounded(0, 0, 10**9)
    last: int | None = bounded(None, *COUNT)
    fitted: str | None = None
    bfm: str | None = None
    photos: str | None = None


@dataclass(frozen=True)
class PlacementConfig:
    """How records are moved before a network sees them; the defaults but `mirror`: not at all.

    mirror        probability of the mirror image
    rotation_deg  turned in the image by up to this, either way
    upside_down   probability of another half turn
    zoom          spread of the logarithm of the scale
    shift         spread of the shift, in shares of the side
    beside        probability of a close look at a corner instead, where little or nothing of the face is
    scale_min     scaled besides, evenly between this
    scale_max     and this
    shift_max     shifted besides, evenly by up to this share of the side, right or left and up or down
    """

    mirror: float = bounded(0.5, *SHARE)
    rotation_deg: float = bounded(0.0, 0, 180)
    upside_down: float = bounded(0.0, *SHARE)
    zoom: float = bounded(0.0, 0, 1)
    shift: float = bounded(0.0, 0, 0.5)
    beside: float = bounded(0.0, *SHARE)
    scale_min: float = bounded(1.0, 0.1, 10)
    scale_max: float = bounded(1.0, 0.1, 10)
    shift_max: float = bounded(0.0, 0, 0.5)

    def __post_init__(self) -> None:
        if self.scale_min > self.scale_max:
            raise UserError(f"scale_min {self.scale_min:g} is above scale_max {self.scale_max:g}")
