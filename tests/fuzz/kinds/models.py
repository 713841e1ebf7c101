"""Published face models."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recon.faces import bfm_files, flame_files, ict
from recon.faces.ict import EYEBALLS, LANDMARKS, TRANSPARENT
from recon.faces.texture_space import read_flame_texture
from tests.fuzz.reader import Reader
from tests.fuzz.seeds import PLACES, RNG, TRIANGLES, Seed, alone, arrays, made, mat, npy, unfit
from tests.fuzz.twists import misfit, twisted
from tests.recon.faces.python2 import Ch, csc_matrix, dumped


def flame() -> dict[str, np.ndarray]:
    n = 12
    return {
        "v_template": PLACES[:n] / 1000,
        "shapedirs": RNG.normal(size=(n, 3, 4)),
        "posedirs": RNG.normal(size=(n, 3, 36)),
        "J_regressor": np.where(RNG.random((5, n)) < 0.5, 0.5, 0),
        "weights": RNG.random((n, 5)),
        "kintree_table": np.array([[2**32 - 1, 0, 1, 1, 1], range(5)], np.uint32),
        "f": TRIANGLES.astype(np.uint32),
    }


def flame_models() -> list[Seed]:
    content: dict[str, Any] = {**flame(), "bs_style": "lbs"}
    old = {**content, "shapedirs": Ch(content["shapedirs"]), "J_regressor": csc_matrix(content["J_regressor"])}
    return [
        alone("generic_model.pkl", dumped(old)),
        alone("generic_model.pkl", dumped(old, 0)),
        alone("generic_model.pkl", pickle.dumps({**content, "modes": np.float64(4)}, 5)),
        alone("generic_model.pkl", pickle.dumps({**content, "t": torch.zeros(3, 2)}, 4)),
        alone("generic_model.npz", arrays(**flame())),
        *(alone("generic_model.pkl", dumped(misfit(content, RNG)), False) for _ in range(6)),
        *(alone("generic_model.pkl", dumped({**content, "f": f}), False) for f in (TRIANGLES + 12, [[1, 2], [3]])),
        *(alone("generic_model.npz", arrays(**misfit(flame(), RNG)), False) for _ in range(12)),
    ]


def flame_landmarks() -> list[Seed]:
    k, weights = RNG.integers(0, len(TRIANGLES), 68), np.full((68, 3), 1 / 3)
    outline = RNG.integers(0, len(TRIANGLES), (79, 17))
    table = {
        "full_lmk_faces_idx": k[None],
        "full_lmk_bary_coords": weights[None],
        "dynamic_lmk_faces_idx": outline,
        "dynamic_lmk_bary_coords": torch.full((79, 17, 3), 1 / 3),
    }
    static = {"lmk_face_idx": k[17:], "lmk_b_coords": weights[17:]}
    dynamic = {"lmk_face_idx": outline, "lmk_b_coords": np.full((79, 17, 3), 1 / 3)}
    two = {
        "flame_static_embedding.pkl": dumped(static),
        "flame_dynamic_embedding.npy": npy(np.array(dynamic, dtype=object), True),
    }
    return [
        alone("landmark_embedding.npy", npy(np.array(table, dtype=object), True)),
        *(Seed(name, two) for name in two),
        *(
            alone("landmark_embedding.npy", npy(np.array(misfit(table, RNG), dtype=object), True), False)
            for _ in range(9)
        ),
    ]


def flame_textures() -> list[Seed]:
    mean, modes = RNG.random((4, 4, 3)) * 255, RNG.random((4, 4, 3, 2))
    content = {"mean": mean, "tex_dir": modes, "vt": RNG.random((8, 2)), "ft": TRIANGLES}
    return [alone("FLAME_texture.npz", arrays(**content))]


def ict_arrays() -> list[Seed]:
    n = EYEBALLS["R"].stop
    held = io.BytesIO()
    values: dict[str, Any] = {
        "neutral": np.zeros((n, 3), np.float16),
        "identity": np.zeros((1, n, 3), np.float16),
        "expression": np.zeros((1, n, 3), np.float16),
        "expression_names": np.array(["browDown_L"]),
        "quads": np.arange(40).reshape(10, 4),
        "material": np.zeros(10, np.uint8),
        "material_names": np.array(["M_Face"]),
    }
    np.savez_compressed(held, allow_pickle=False, **values)
    return [alone("ict.npz", held.getvalue())]


def ict_folder() -> list[Seed]:
    n = EYEBALLS["R"].stop
    materials = "".join(f"usemtl {name}\nf 1/1 2/2 3/3 4/4\nf 2 3 4\n" for name in (*TRANSPARENT, "M_Face"))
    vertices = "v 1 2 3\n" * n
    told = json.dumps({"idx_to_landmark_verts": LANDMARKS})
    small = {"vertex_indices.json": told, "generic_neutral_mesh.obj": "v 1 2 3\nv 1 1 1\n" + materials}
    whole = {**small, "generic_neutral_mesh.obj": materials + vertices, "identity000.obj": vertices}
    return [
        *(Seed(name, {key: text.encode() for key, text in small.items()}, False) for name in small),
        Seed("generic_neutral_mesh.obj", {key: text.encode() for key, text in whole.items()}),
        Seed("identity000.obj", {key: text.encode() for key, text in whole.items()}).with_target(b"v 1 2 3"),
        alone("other.obj", vertices, False),
    ]


def mats() -> list[Seed]:
    """BFM's two MATLAB kinds, with and without compression."""
    n, tl = 24, TRIANGLES + 1
    column = {name: RNG.random((n, 1)) for name in ("MU", "m")}
    of_2009 = {f"{part}{name}": value for part in ("shape", "tex") for name, value in _modes(n).items()} | {"tl": tl}
    subset = {
        "mu_shape": column["MU"],
        "w": RNG.random((n, 2)),
        "sigma": np.ones((2, 1)),
        "tri": tl.T,
        "keypoints": RNG.integers(1, 9, (1, 68)),
    }
    cut = {"tri": tl.T, "keypoints": subset["keypoints"], "trimIndex": np.arange(1, 9)[:, None]}
    expressions = {"mu_exp": column["m"], "w_exp": RNG.random((n, 2)), "sigma_exp": np.ones((2, 1))}

    def writer(contents: dict[str, dict], target: str, packed: bool) -> Callable[[Path], Path]:
        def write(folder: Path) -> Path:
            for name, content in contents.items():
                mat(folder / name, content, packed)
            (folder / "landmarks.txt").write_text(" ".join(str(k % 8) for k in range(68)))
            return folder / target

        return write

    whole, shape = {"01_MorphableModel.mat": of_2009}, {"Model_Shape.mat": subset, "Model_Exp.mat": expressions}
    both = {"Model_Shape.mat": cut, "01_MorphableModel.mat": of_2009}
    return made(
        *(
            writer(whole, name, packed)
            for name in ("01_MorphableModel.mat", "landmarks.txt")
            for packed in (False, True)
        ),
        *(writer(shape, name, packed) for name in shape for packed in (False, True)),
        *(writer(both, name, False) for name in both),
    ) + unfit(
        made(
            *(
                writer({**each, name: misfit(each[name], RNG)}, name, False)
                for each in (whole, shape, both, shape, whole, shape)
                for name in each
                for _ in range(2)
            ),
            writer({"01_MorphableModel.mat": {**of_2009, "tl": tl + 8}}, "01_MorphableModel.mat", False),
            writer({"Model_Shape.mat": cut}, "Model_Shape.mat", False),
        )
    )


def _modes(n: int) -> dict[str, np.ndarray]:
    return {"MU": RNG.random((n, 1)), "PC": RNG.random((n, 2)).astype(np.float32), "EV": np.ones((2, 1))}


def hdf5() -> list[Seed]:
    import h5py  # type: ignore[import-not-found]

    def write(folder: Path, less: str = "", **options: Any) -> Path:
        with h5py.File(folder / "model2019_bfm.h5", "w") as file:
            for part in ("shape", "color", "expression"):
                for name, value in zip(("mean", "pcaBasis", "pcaVariance"), _modes(24).values(), strict=True):
                    file.create_dataset(
                        f"{part}/model/{name}", data=value[:, 0] if value.shape[1] == 1 else value, **options
                    )
            file["shape/representer/cells"] = TRIANGLES.T
            if less:
                other = twisted(file.pop(less)[()], RNG)
                file[less] = other.astype("S3") if other.dtype.kind == "U" else other
        return folder / "model2019_bfm.h5"

    places = [f"{part}/model/{name}" for part in ("shape", "color") for name in ("mean", "pcaBasis", "pcaVariance")]
    places += ["shape/representer/cells"] * 4
    return made(write, lambda folder: write(folder, compression="gzip")) + unfit(
        made(*(partial(write, less=place) for place in places))
    )


READERS = (
    Reader("FLAME", flame_files.read_model, flame_models),
    Reader("FLAME's landmarks", lambda file: flame_files.read_landmarks(file.parent, TRIANGLES), flame_landmarks),
    Reader("FLAME's textures", read_flame_texture, flame_textures),
    Reader("BFM, MATLAB", lambda file: bfm_files.read_bfm(file.parent), mats),
    Reader("BFM, HDF5", lambda file: bfm_files.read_bfm(file.parent), hdf5),
    Reader("ICT, arrays", ict.read_arrays, ict_arrays),
    Reader("ICT, folder", lambda file: ict.read_arrays(file.parent), ict_folder),
)
