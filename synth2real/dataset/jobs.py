"""Renders made realistic, as a job for `recon.synthesis.produce`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from recon.faces import load
from recon.methods.pretrained import digest
from recon.synthesis.column import Schema
from recon.synthesis.job import Row, Stage, Work
from recon.synthesis.record import Record
from recon.synthesis.render_job import render_manifest, row_of_rendered
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from synth2real.dataset.judges import LETTERS, open_judges
from synth2real.dataset.schema import row_from_translation, translated_schema
from synth2real.dataset.translate import as_drawn, translate
from synth2real.gan.generator import Generator

Rendered = tuple[Record, Row]


@dataclass(frozen=True)
class GenerateJob:
    """Realistic images beside render, labels and drift; those that drift more than `max_drift_mm` by the worse of both
    judges are drawn again, and at last left out.

    weights: the generator's file; None: nothing is translated, the image is the render. judges: the two files of the
    reconstructors that measure the drift; none where there is none.
    model: the name that `recon.faces.load` knows.
    """

    seed: int
    size: int
    scene: SceneConfig
    weights: Path | None
    judges: tuple[Path, ...]
    max_drift_mm: float | None = None
    model: str = "default"

    def schema(self) -> Schema:
        return translated_schema(load(self.model))

    def manifest(self) -> dict[str, Any]:
        weights = {}
        if self.weights is not None:
            judges = {f"judge_{letter}": digest(file) for letter, file in zip(LETTERS, self.judges, strict=True)}
            weights = {"generator": digest(self.weights), **judges}
        render = render_manifest(load(self.model), self.seed, self.size, self.scene)
        return {"kind": "generate", **render, "max_drift_mm": self.max_drift_mm, "weights": weights}

    def stages(self) -> tuple[Stage, ...]:
        if self.weights is None:
            return (Stage("render", self.open_drawn),)
        on_gpu = partial(self.open_translate, "cuda")
        return Stage("render", self.open_render), Stage("translate", self.open_translate, on_gpu)

    def open_render(self) -> Work:
        """indices -> (record, its row)."""
        torch.set_num_threads(1)
        model = load(self.model)

        def render(indices: Sequence[int]) -> list[Rendered]:
            scenes = [draw_scene(model, self.seed, index, self.scene) for index in indices]
            records = [render_record(model, scene, self.size) for scene in scenes]
            made = zip(scenes, records, strict=True)
            return [(record, row_of_rendered(model, scene, record)) for scene, record in made]

        return render

    def open_drawn(self) -> Work:
        """indices -> rows whose image is the render."""
        render = self.open_render()
        return lambda indices: [row_from_translation(as_drawn(record), row) for record, row in render(indices)]

    def open_translate(self, device: str = "cpu") -> Work:
        """What `open_render` gives -> rows; None where an image drifts too far."""
        torch.set_num_threads(1)
        torch.backends.cudnn.deterministic = True  # a block that is made again is the same bits
        assert self.weights is not None
        generator = Generator.from_pretrained(self.weights).to(device).to(memory_format=torch.channels_last)
        judges = open_judges(self.judges)
        for judge in judges:
            judge.network.to(device)

        def translate_rendered(rendered: Sequence[Rendered]) -> list[Row | None]:
            made = translate([record for record, _ in rendered], generator, judges, self.max_drift_mm)
            return [
                None if translation is None else row_from_translation(translation, row)
                for translation, (_, row) in zip(made, rendered, strict=True)
            ]

        return translate_rendered
