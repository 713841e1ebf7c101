"""Where records come from: drawn from a scene file, or stored in a dataset.

A source is a pure function of the index and travels to worker processes by pickle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from recon.errors import UserError
from recon.faces import load
from recon.people.skin.texture import texture_key
from recon.synthesis.background import key_of
from recon.synthesis.canvas import key_of_canvases
from recon.synthesis.codecs import Pixels
from recon.synthesis.config import SourceConfig
from recon.synthesis.fitted import Fitted
from recon.synthesis.fitted_set import FittedSet
from recon.synthesis.hub import dataset_folder
from recon.synthesis.labelled_tree import LabelledTree, has_points
from recon.synthesis.on_canvas_scene import folder_of
from recon.synthesis.person_tree import PersonTree
from recon.synthesis.produce import produce
from recon.synthesis.record import Record
from recon.synthesis.render_job import RENDERER_VERSION, RenderJob
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.schema import columns_of, record_from_row
from recon.synthesis.shards import Rows, shard_files

ALWAYS = ("seed", "index", "model", "focal_px", "centre_px", "origin_mm", "scene")  # small, and the camera
PERSON = "person"  # column, see `recon.synthesis.traits`
HELD_OUT_SEED = 1_000_003  # added to an experiment's seed


class Source(Protocol):
    """`len(source)` records, each a pure function of its number."""

    def __len__(self) -> int: ...

    def record(self, number: int, names: Collection[str]) -> Record:
        """Record `number`, 0 to len - 1. Of its arrays only those in `names` are there, and the camera; the others are
        empty, (0,)."""
        ...

    def key(self) -> dict[str, Any]:
        """All that the records depend on, as plain JSON values: equal keys, equal records."""
        ...

    def people(self) -> np.ndarray:
        """(len,) int64, whose picture each record is: of one person the same number."""
        ...


def open_source(name: str, config: SourceConfig, size: int, seed: int, cache: Path | None, workers: int) -> Source:
    """The source that `config` describes; `name` stands in errors.

    Args:
        size: px, of drawn records. seed: where the config names none. cache: folder in which drawn records are kept as
            datasets, made by `workers` processes when first asked for; none without it.
    Raises:
        UserError: it is neither drawn nor stored, or both; it is empty; the dataset can't be read.
    """
    if sum(given is not None for given in (config.scene, config.dataset, config.fitted, config.photos)) != 1:
        kinds = f"sources.{name}.scene, .dataset, .fitted, .photos"
        raise UserError(f"source '{name}' needs either a scene or a dataset: give one of {kinds}")
    if config.bfm is not None and config.fitted is None:
        raise UserError(f"sources.{name}.bfm goes with .fitted, a folder as 300W-LP's: give that, or leave bfm out")
    if config.dataset is not None:
        source: Source = Stored.at(config.dataset, config.image, config.first, config.last)
    elif config.fitted is not None and config.bfm is not None:
        source = FittedSet.at(Path(config.fitted), Path(config.bfm), size, cache)
    elif config.fitted is not None:
        source = Fitted.at(Path(config.fitted))
    elif config.photos is not None:
        tree = Path(config.photos)
        source = LabelledTree.at(tree, size) if has_points(tree) else PersonTree.at(tree, size)
    else:
        assert config.scene is not None
        drawn = Drawn(config.model, config.scene, config.seed if config.seed is not None else seed, config.count, size)
        drawn = drawn.within(config.yaw_limit_deg)
        source = drawn if cache is None else cached(drawn, cache, max(1, workers))
    if not len(source):
        raise UserError(f"source '{name}' holds no records: raise its count, or widen what it takes")
    return source


def held_out_of(sources: Mapping[str, SourceConfig], seed: int, count: int) -> SourceConfig:
    """What the first drawn one of `sources` draws, from another seed: `count` scenes that no training learns from.

    Raises:
        UserError: none is drawn.
    """
    for source in sources.values():
        if source.scene is not None:
            return replace(source, seed=(seed if source.seed is None else source.seed) + HELD_OUT_SEED, count=count)
    raise UserError("no source is drawn, so none can be held out by itself: name one with held_out.dataset")


@dataclass(frozen=True)
class Drawn:
    """Scenes 0 to count - 1 of the dataset `seed`, rendered when asked for; those of `chosen` where it is given."""

    model: str
    scene: SceneConfig
    seed: int
    count: int
    size: int
    chosen: tuple[int, ...] | None = None

    def within(self, yaw_limit_deg: float | None) -> Drawn:
        """Those whose head is not turned further."""
        if yaw_limit_deg is None or yaw_limit_deg >= self.scene.yaw_max_deg + abs(self.scene.yaw_mean_deg):
            return self
        model = load(self.model)
        yaws = (draw_scene(model, self.seed, index, self.scene).yaw_deg for index in range(self.count))
        return replace(self, chosen=tuple(index for index, yaw in enumerate(yaws) if abs(yaw) <= yaw_limit_deg))

    def __len__(self) -> int:
        return self.count if self.chosen is None else len(self.chosen)

    def record(self, number: int, names: Collection[str]) -> Record:
        model = load(self.model)
        index = number if self.chosen is None else self.chosen[number]
        return only(render_record(model, draw_scene(model, self.seed, index, self.scene), self.size), names)

    def key(self) -> dict[str, Any]:
        what = {"kind": "drawn", "renderer": RENDERER_VERSION, "model": self.model, "size": self.size}
        what |= {} if self.scene.backgrounds is None else {"backgrounds": key_of(self.scene.backgrounds)}
        folder = self.scene.canvas.folder
        what |= {} if folder is None else {"canvases": key_of_canvases(folder_of(folder))}
        what |= texture_key(self.scene.skin_texture)
        drawn = None if self.chosen is None else content(self.chosen)
        return {**what, "seed": self.seed, "count": self.count, "chosen": drawn, "scene": asdict(self.scene)}

    def people(self) -> np.ndarray:
        return np.arange(self.count)[slice(None) if self.chosen is None else list(self.chosen)] // self.scene.shots


@dataclass(frozen=True)
class Stored:
    """Rows of a dataset; `numbers` of them where it is given."""

    rows: Rows
    image: Literal["image", "render"]
    numbers: Sequence[int]

    @classmethod
    def at(
        cls, place: str | Path, image: Literal["image", "render"] = "image", first: int = 0, last: int | None = None
    ) -> Stored:
        """Rows `first` to `last` - 1 of a dataset's folder, or of one on the Hub."""
        rows = Rows(dataset_folder(place))
        last = len(rows) if last is None else last
        if not 0 <= first < last <= len(rows):
            raise UserError(f"{place} holds rows 0 to {len(rows) - 1}: {first} to {last - 1} are not among them")
        return cls(rows, image, range(first, last))

    def __len__(self) -> int:
        return len(self.numbers)

    def record(self, number: int, names: Collection[str]) -> Record:
        names = {*names, *ALWAYS}
        realistic = self.image == "image" and "rgb" in names and "image" in self.rows.columns
        columns = [*columns_of(names - {"rgb"} if realistic else names), *(["image"] if realistic else [])]
        row = self.rows.row(self.numbers[number], columns)
        record = record_from_row(row, names - {"rgb"} if realistic else names)
        return replace(record, rgb=Pixels().decode(row["image"])) if realistic else record

    def key(self) -> dict[str, Any]:
        what = [(file.name, file.stat().st_size) for file in self.rows.files]
        rows = {"first": self.numbers[0], "count": len(self.numbers), "chosen": content(self.numbers)}
        return {"kind": "stored", "image": self.image, "shards": content(what), "rows": rows}

    def people(self) -> np.ndarray:
        """As `Source` says; without a column `person` everybody is seen once."""
        if PERSON not in self.rows.columns:
            return np.arange(len(self))
        return np.array([self.rows.row(number, [PERSON])[PERSON] for number in self.numbers], np.int64)


def cached(drawn: Drawn, cache: Path, workers: int) -> Stored:
    """The drawn records as a dataset in a folder of `cache`, rendered now where they are not there yet."""
    everything = replace(drawn, count=0, chosen=None).key()
    folder = cache / f"{drawn.model.split(':')[0]}_{drawn.size}_{drawn.seed}_{content(everything)[:8]}"
    there = len(Rows(folder)) if shard_files(folder) else 0
    if there < drawn.count:
        produce(RenderJob(drawn.seed, drawn.size, drawn.scene, drawn.model), drawn.count, folder, workers)
    numbers = range(drawn.count) if drawn.chosen is None else drawn.chosen
    return Stored(Rows(folder), "render", numbers)


def only(record: Record, names: Collection[str]) -> Record:
    """The record with empty arrays, (0,), for those that are not in `names`."""
    kept = {*names, *ALWAYS}
    empty = {
        one.name: np.empty(0, getattr(record, one.name).dtype)
        for one in fields(record)
        if one.name not in kept and isinstance(getattr(record, one.name), np.ndarray)
    }
    return replace(record, **empty)


def content(value: Any) -> str:
    """16 hexadecimal digits of plain JSON values: the same for the same."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=list).encode()).hexdigest()[:16]
