"""ICT-FaceKit Light (USC ICT, MIT licence): the published `FaceXModel` folder behind the `FaceModel` interface.

The folder holds one OBJ each for the neutral head, the identity modes (`identity###.obj`) and the expressions, in
centimetres, all of one topology, and `vertex_indices.json` with the 68 landmark vertices. Reading all of it takes
seconds, so the arrays are cached as one npz; such an npz can be given in the folder's place. The fit to the default
model (`carry_over`) is cached beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from recon.arrays import read_npz
from recon.errors import UserError
from recon.faces.cache import Arrays, cached
from recon.faces.carry_over import CarriedOver, fitted, markup
from recon.faces.model import REGIONS, Eyeball, FaceModel
from recon.geometry.similarity import fit_rigid
from recon.texts import read_json, read_text

MM_PER_CM = 10.0
TRANSPARENT = (
    "M_LacrimalFluid",
    "M_EyeBlend",
    "M_EyeOcclusion",
    "M_EyeLashes",
)  # shells, in neither renders nor labels
OUTER_SKIN = range(0, 11248)  # face, head and neck; the sockets of mouth and eyes follow
EYE_SOCKETS = range(13294, 14062)
EYEBALLS = {"L": range(21451, 23021), "R": range(23021, 24591)}  # the model's left and right
SIDES: dict[str, Literal["Left", "Right"]] = {"L": "Left", "R": "Right"}
REGION_OF_MATERIAL = {"M_GumsTongue": "mouth_inside", "M_Teeth": "teeth"}
LANDMARKS = (  # the Multi-PIE markup, as in vertex_indices.json (an npz does not carry it)
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443, 268, 493,
    1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507,
    1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346,
    6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip


def load_ict(path: Path | str, template: FaceModel) -> FaceModel:
    """The model in mm, turned rigidly (never scaled) so that its mean faces as the default model's does.

    Identity coefficients are drawn from N(0, 1), expression coefficients from [0, 1].

    Args:
        path: the `FaceXModel` folder, or an npz of its arrays: neutral (n, 3) cm, identity (k, n, 3), expression (e,
            n, 3), expression_names (e,), quads (q, 4), material (q,), material_names.
        template: the default model, which canonical places and regions come from.
    Raises:
        UserError: the path is missing, is not that folder, or its files disagree.
    """
    path = Path(path)
    arrays = read_arrays(path)
    neutral_mm = arrays["neutral"].astype(np.float64) * MM_PER_CM
    quads = arrays["quads"][~np.isin(arrays["material"], _material_ids(arrays, TRANSPARENT))]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    ordered = np.sort(triangles, 1)
    triangles = triangles[
        (ordered[:, 1:] > ordered[:, :-1]).all(1)
    ]  # a triangle is stored as a quad with a corner twice
    count = int(triangles.max()) + 1  # the shells' vertices come last
    landmarks = np.array(LANDMARKS)
    pose = fit_rigid(neutral_mm[landmarks], template.mean.numpy()[markup(template)])
    mean = pose(neutral_mm[:count])
    mean -= np.mean([mean[ids].mean(0) for ids in EYEBALLS.values()], 0)
    carried = _carried_over(mean, triangles, template)
    region = _regions(arrays, carried.region)

    def turned(deltas: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(deltas[:, :count].astype(np.float32) @ (MM_PER_CM * pose.rotation.T).astype(np.float32))

    names = _expression_names(arrays)  # a folder may hold a part of the files: eyes then do not turn
    turning = [Eyeball.named(torch.arange(ids.start, ids.stop), SIDES[side], names) for side, ids in EYEBALLS.items()]
    return FaceModel(
        name="ict",
        mean=torch.as_tensor(mean, dtype=torch.float32),
        identity_basis=turned(arrays["identity"]),
        expression_basis=turned(arrays["expression"]),
        expression_names=names,
        triangles=torch.as_tensor(triangles.astype(np.int32)),
        uv=torch.as_tensor(carried.uv),
        landmarks=torch.as_tensor(landmarks, dtype=torch.int64),
        region=torch.as_tensor(region),
        face=torch.as_tensor(carried.on_face[triangles].all(1)),
        canonical=torch.as_tensor(carried.canonical),
        canonical_box_mm=template.canonical_box_mm,
        eyeballs=tuple(filter(None, turning)),
    )


def _expression_names(arrays: Arrays) -> tuple[str, ...]:
    """The default model's spelling: browDownLeft for browDown_L."""
    names = [str(name) for name in arrays["expression_names"]]
    return tuple(name[:-2] + SIDES[name[-1]] if name[-2:-1] == "_" else name for name in names)


def _regions(arrays: Arrays, carried: np.ndarray) -> np.ndarray:
    """Labels (n,) uint8: the template's on skin and eyeballs, the materials' own inside the mouth."""
    region = carried.copy()
    region[OUTER_SKIN.stop : EYE_SOCKETS.start] = REGIONS.index("mouth_inside")
    region[EYE_SOCKETS.start : EYE_SOCKETS.stop] = REGIONS.index("skin")
    for material, name in REGION_OF_MATERIAL.items():
        region[np.unique(arrays["quads"][np.isin(arrays["material"], _material_ids(arrays, (material,)))])] = (
            REGIONS.index(name)
        )
    for eyeball in EYEBALLS.values():
        region[eyeball.start : eyeball.stop] = REGIONS.index("eyes")
    return region


def _material_ids(arrays: Arrays, names: tuple[str, ...]) -> list[int]:
    return [i for i, name in enumerate(arrays["material_names"]) if str(name) in names]


def _carried_over(mean: np.ndarray, triangles: np.ndarray, template: FaceModel) -> CarriedOver:
    skin = np.zeros(len(mean), bool)
    skin[OUTER_SKIN.start : OUTER_SKIN.stop] = True
    eyeballs = sorted((np.array(ids) for ids in EYEBALLS.values()), key=lambda ids: mean[ids, 0].mean())
    return fitted("ict", mean, triangles, np.array(LANDMARKS), tuple(eyeballs), skin, template)


def read_arrays(path: Path) -> Arrays:
    if path.suffix == ".npz":
        try:
            arrays = read_npz(path)
        except (OSError, ValueError) as error:
            raise UserError(
                f"the ICT-FaceKit arrays {path} can't be read ({error}): give the FaceXModel folder"
            ) from None
        missing = {
            "neutral",
            "identity",
            "expression",
            "expression_names",
            "quads",
            "material",
            "material_names",
        } - set(arrays)
        if missing:
            raise UserError(f"{path} lacks the arrays {', '.join(sorted(missing))}: give the FaceXModel folder")
        _check(path, arrays)
        return arrays
    if not (path / "generic_neutral_mesh.obj").is_file():
        raise UserError(f"{path} has no generic_neutral_mesh.obj: give ICT-FaceKit's FaceXModel folder")
    files = sorted(path.glob("*.obj"))
    stamps = [f"{file.resolve()} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    key = hashlib.sha256("\n".join(stamps).encode()).hexdigest()[:16]
    return cached(f"ict_{key}", lambda: _read_folder(path, files))


def _read_folder(path: Path, files: list[Path]) -> Arrays:
    _check_landmarks(path / "vertex_indices.json")
    neutral, quads, material, material_names = _read_topology(path / "generic_neutral_mesh.obj")

    def deltas(chosen: list[Path]) -> np.ndarray:
        return np.array([_read_vertices(file, len(neutral)) - neutral for file in chosen], np.float32).reshape(
            -1, *neutral.shape
        )

    identities = [file for file in files if file.stem.startswith("identity")]
    expressions = [file for file in files if file not in identities and file.stem != "generic_neutral_mesh"]
    return {
        "neutral": neutral,
        "identity": deltas(identities),
        "expression": deltas(expressions),
        "expression_names": np.array([file.stem for file in expressions], dtype=np.str_),
        "quads": quads,
        "material": material,
        "material_names": np.array(material_names),
    }


def _check(path: Path, arrays: Arrays) -> None:
    """Raise a UserError where the arrays of an npz are not as `load_ict` says."""
    n, quads = len(arrays["neutral"]) if arrays["neutral"].ndim else 0, arrays["quads"]
    shapes = {"neutral": (n, 3), "quads": (len(quads) if quads.ndim else 0, 4), "material": quads.shape[:1]}
    for kind, names in (("identity", arrays["identity"].shape[:1]), ("expression", arrays["expression_names"].shape)):
        shapes[kind] = (*names, n, 3)
    fits = all(arrays[name].shape == shape for name, shape in shapes.items())
    fits = fits and all(arrays[name].dtype.kind in "fiu" and np.isfinite(arrays[name]).all() for name in shapes)
    fits = fits and n >= EYEBALLS["R"].stop and quads.dtype.kind in "iu" and arrays["material_names"].ndim == 1
    if not fits or not quads.size or quads.min() < 0 or quads.max() >= n:
        raise UserError(
            f"{path} is not the neutral head of ICT-FaceKit Light with its modes: give the FaceXModel folder"
        )


def _check_landmarks(file: Path) -> None:
    try:
        found = tuple(read_json(file)["idx_to_landmark_verts"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise UserError(
            f"{file} is missing or has no idx_to_landmark_verts: give the whole FaceXModel folder"
        ) from None
    if found != LANDMARKS:
        raise UserError(f"{file} lists other landmark vertices than ICT-FaceKit Light: this version can't be read")


def _read_vertices(file: Path, count: int | None = None) -> np.ndarray:
    """The `v` lines of an OBJ -> (n, 3) float32, n checked against count."""
    try:
        rows = [line.split()[1:4] for line in read_text(file).split("\n") if line.startswith("v ")]
        vertices = np.array(rows, np.float32).reshape(-1, 3)
        if not np.isfinite(vertices).all():
            raise ValueError("a vertex is no place")
    except (OSError, ValueError):
        raise UserError(f"{file} is not a readable OBJ file: download it again") from None
    if count is not None and len(vertices) != count:
        raise UserError(f"{file} has {len(vertices)} vertices, the neutral head {count}: download it again")
    return vertices


def _read_topology(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """vertices (n, 3) cm, quads (q, 4) int32 (a triangle repeats its last corner), material (q,) uint8, their names."""
    vertices = _read_vertices(file)
    quads: list[list[int]] = []
    materials: list[str] = []
    current = ""
    try:
        for line in read_text(file).split("\n"):
            if line.startswith("usemtl "):
                current = line.removeprefix("usemtl ").strip()
            elif line.startswith("f "):
                corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
                if not 3 <= len(corners) <= 4 or not all(0 <= corner < len(vertices) for corner in corners):
                    raise ValueError("a face is of other corners")
                quads.append((corners + corners[-1:])[:4])
                materials.append(current)
    except ValueError:
        raise UserError(f"{file} has faces of other corners than its {len(vertices)} vertices: download it") from None
    names = sorted(set(materials))
    expected = EYEBALLS["R"].stop
    if len(vertices) < expected or not set(TRANSPARENT) <= set(names):
        raise UserError(
            f"{file} is not the neutral head of ICT-FaceKit Light ({len(vertices)} vertices): check the folder"
        )
    return vertices, np.array(quads, np.int32), np.array([names.index(name) for name in materials], np.uint8), names
