"""Records that no training draws: what is evaluated on renders."""

from __future__ import annotations

from collections.abc import Iterator

from recon.evaluate.published_settings import HELD_OUT_SEED as SEED  # noqa: F401
from recon.faces.model import FaceModel
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene


def drawn_records(
    model: FaceModel, count: int, size: int, seed: int, config: SceneConfig | None = None
) -> Iterator[Record]:
    """Records 0 to count - 1 of the dataset `seed`, drawn and rendered as they are asked for."""
    for index in range(count):
        yield render_record(model, draw_scene(model, seed, index, config or SceneConfig()), size)
