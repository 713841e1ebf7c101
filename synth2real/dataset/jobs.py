"""Renders made realistic, as a job for `recon.synthesis.produce`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from recon.faces import load
from recon.methods.pretrained import digest
from recon.synthesis.column import Schema
from recon.synthesis.produce import MakeRows, Row
from recon.synthesis.render_job import render_manifest
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.traits import traits_of
from synth2real.dataset.judges import LETTERS, open_judges
from synth2real.dataset.schema import row_from_translation, translated_schema
from synth2real.dataset.translate import translate
from synth2real.gan.generator import Generator


@dataclass(frozen=True)
class GenerateJob:
    """Realistic images beside render, labels and drift; those that drift more than `max_drift_mm` by the worse of both
    judges are drawn again, and at last left out.

    weights: the generator's file. judges: the two files of the reconstructors that measure the drift.
    model: the name that `recon.faces.load` knows.
    """

    seed: int
    size: int
    scene: SceneConfig
    weights: Path
    judges: tuple[Path, ...]
    max_drift_mm: float | None = None
    model: str = "default"

    def schema(self) -> Schema:
        return translated_schema(load(self.model))

    def manifest(self) -> dict[str, Any]:
        judges = {f"judge_{letter}": digest(file) for letter, file in zip(LETTERS, self.judges, strict=True)}
        weights = {"generator": digest(self.weights), **judges}
        render = render_manifest(load(self.model), self.seed, self.size, self.scene)
        return {"kind": "generate", **render, "max_drift_mm": self.max_drift_mm, "weights": weights}

    def open(self) -> MakeRows:
        torch.set_num_threads(1)
        model = load(self.model)
        generator, judges = Generator.from_pretrained(self.weights), open_judges(self.judges)

        def make_rows(indices: range) -> list[Row | None]:
            scenes = [draw_scene(model, self.seed, index, self.scene) for index in indices]
            records = [render_record(model, scene, self.size) for scene in scenes]
            made = zip(translate(records, generator, judges, self.max_drift_mm), records, scenes, strict=True)
            return [
                None if translation is None else row_from_translation(translation, record, traits_of(model, scene))
                for translation, record, scene in made
            ]

        return make_rows
