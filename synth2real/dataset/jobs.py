"""The two datasets that we write, as jobs for `recon.synthesis.produce`: renders, and renders made realistic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Features, Image, Value

from recon.configuration import to_plain
from recon.errors import UserError
from recon.faces import load
from recon.files import whole_file
from recon.methods.base import Reconstructor
from recon.synthesis.produce import MakeRows
from recon.synthesis.records import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.shards import image_to_column, record_features, row_from_record
from synth2real.dataset.translate import translate
from synth2real.gan.generator import Generator


@dataclass(frozen=True)
class RenderJob:
    """Renders with exact labels: row i is the scene drawn from (seed, i)."""

    seed: int
    size: int
    scene: SceneConfig

    def manifest(self) -> dict[str, Any]:
        return {"kind": "render", "seed": self.seed, "size": self.size, "scene": to_plain(self.scene)}

    def open(self) -> MakeRows:
        torch.set_num_threads(1)  # one process a core; and the same bits whatever the machine's cores
        model = load("default")

        def make_rows(indices: range) -> list[dict[str, Any] | None]:
            scenes = (draw_scene(model, self.seed, index, self.scene) for index in indices)
            return [row_from_record(render_record(model, scene, self.size)) for scene in scenes]

        return make_rows


@dataclass(frozen=True)
class GenerateJob:
    """Realistic images beside render, labels and drift; those that drift more than `max_drift_mm` are left out."""

    seed: int
    size: int
    scene: SceneConfig
    weights: Path
    network: Path
    max_drift_mm: float | None = None

    def manifest(self) -> dict[str, Any]:
        weights = {"generator": _digest(self.weights), "network": _digest(self.network)}
        rest = {"seed": self.seed, "size": self.size, "max_drift_mm": self.max_drift_mm, "scene": to_plain(self.scene)}
        return {"kind": "generate", **rest, "weights": weights}

    def open(self) -> MakeRows:
        torch.set_num_threads(1)
        model = load("default")
        generator, network = load_generator(self.weights), Reconstructor.from_pretrained(self.network)

        def make_rows(indices: range) -> list[dict[str, Any] | None]:
            scenes = (draw_scene(model, self.seed, index, self.scene) for index in indices)
            records = [render_record(model, scene, self.size) for scene in scenes]
            rows: list[dict[str, Any] | None] = []
            for record, translation in zip(records, translate(records, generator, network), strict=True):
                if self.max_drift_mm is not None and translation.drift_mm > self.max_drift_mm:
                    rows.append(None)
                    continue
                drift = {name: getattr(translation, name) for name in DRIFT}
                rows.append({"image": image_to_column(translation.image), **row_from_record(record), **drift})
            return rows

        return make_rows


DRIFT = ("drift_mm", "drift_correspondence", "mask_iou")


def render_features() -> Features:
    """The columns of a `RenderJob`."""
    model = load("default")
    return record_features(len(model.mean), len(model.identity_basis), len(model.expression_basis))


def generate_features() -> Features:
    """The columns of a `GenerateJob`: the image first, its drift last."""
    drift = {name: Value("float32") for name in DRIFT}
    return Features({"image": Image(), **render_features(), **drift})


def write_template(out: Path) -> None:
    """Write `out/template.npz`: what the meshes of all rows share, so that they can be used without our code."""
    model = load("default")
    names = ("triangles", "uv", "canonical", "landmarks", "region", "face")
    with whole_file(out / "template.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{name: getattr(model, name).numpy() for name in names})


def load_generator(path: Path) -> Generator:
    """The translator's weights."""
    return Generator.from_pretrained(path)


def _digest(path: Path) -> str:
    """SHA-256 of a file: going on with other weights would mix two datasets."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"the weights {path} can't be read ({error.strerror}): check the path") from None
