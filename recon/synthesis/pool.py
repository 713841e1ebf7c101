"""Training batches straight from the drawing, without a dataset on disk; a cache saves rendering a scene twice.

`RenderPool(...)` is a callable `batches(step)`, a pure function of the step: scene i of a pool depends on (seed, i)
alone, and each epoch visits the scenes in an order that depends on (seed, epoch) alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from recon.faces.model import FaceModel
from recon.synthesis.quantize import decode_mm, decode_signed, decode_unit, encode_mm, encode_signed, encode_unit
from recon.synthesis.record import Record
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene

Batch = dict[str, Tensor]
HELD_OUT_SEED = 1_000_003  # added to a training's seed: scenes that no training of that seed draws
LEARNT = ("mask", "position_mm", "correspondence")  # fields of a record that have an amodal version
CHANNELS = {
    "rgb": (3, np.uint8),
    "mask": (1, np.uint8),
    "codes": (9, np.uint16),
}  # codes: position, correspondence, normals


class RenderPool:
    """`count` scenes of one face model, rendered when first asked for.

    Args:
        model: the face model. config: what is drawn.
        seed, count: scenes 0 to count - 1 of the dataset `seed`. size: side in pixels. batch: scenes a batch.
        yaw_limit_deg: leave scenes out whose drawn yaw is larger.
        amodal: labels of the whole face, also under hair, glasses and other things, instead of its visible pixels'.
        cache: folder for rendered scenes, shared by every process that uses the same pool; none without it.
    """

    def __init__(
        self,
        model: FaceModel,
        config: SceneConfig,
        *,
        seed: int,
        count: int,
        size: int,
        batch: int,
        yaw_limit_deg: float | None = None,
        amodal: bool = False,
        cache: Path | None = None,
    ) -> None:
        self.model, self.config, self.seed, self.count, self.size, self.batch = model, config, seed, count, size, batch
        self.amodal = amodal
        self.indices = np.arange(count)
        if yaw_limit_deg is not None and yaw_limit_deg < config.yaw_max_deg:
            yaws = [abs(draw_scene(model, seed, int(i), config).yaw_deg) for i in self.indices]
            self.indices = self.indices[np.array(yaws) <= yaw_limit_deg]
        self.folder = None if cache is None else cache / f"{self.key()}"
        self.stores: dict[str, np.ndarray] | None = None

    def key(self) -> str:
        """Name of the cache: everything that decides the pixels but for the code itself."""
        what = json.dumps([self.model.name, asdict(self.config), self.seed, self.size, self.amodal], sort_keys=True)
        return f"{self.model.name}_{self.size}_{self.seed}_{hashlib.sha256(what.encode()).hexdigest()[:8]}"

    def __call__(self, step: int) -> Batch:
        """Batch number `step`: rgb (B, 3, S, S) float [0, 1]; mask (B, 1, S, S) float 0 or 1; position_mm,
        correspondence in [0, 1] and unit normals (B, 3, S, S) float, all 0 outside the mask.
        """
        per_epoch = len(self.indices) // self.batch
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(self.indices) if epoch else self.indices
        return self.collate(order[place * self.batch : (place + 1) * self.batch])

    def collate(self, indices: np.ndarray) -> Batch:
        stored = [self.arrays(int(index)) for index in indices]
        codes = np.stack([one["codes"] for one in stored])
        mask = torch.from_numpy(np.stack([one["mask"] for one in stored])).float()

        def inside(values: np.ndarray) -> Tensor:
            return torch.from_numpy(np.nan_to_num(values)) * mask

        return {
            "rgb": torch.from_numpy(np.stack([one["rgb"] for one in stored])).float() / 255,
            "mask": mask,
            "position_mm": inside(decode_mm(codes[:, 0:3])),
            "correspondence": inside(decode_unit(codes[:, 3:6])),
            "normals": inside(decode_signed(codes[:, 6:9])),
        }

    def arrays(self, index: int) -> dict[str, np.ndarray]:
        """One scene's channels-first arrays, from the cache or rendered now."""
        stores = self.open()
        if stores is not None and stores["done"][index]:
            return {name: stores[name][index] for name in CHANNELS}
        scene = draw_scene(self.model, self.seed, index, self.config)
        fresh = pack(render_record(self.model, scene, self.size), self.amodal)
        if stores is not None:
            for name, values in fresh.items():
                stores[name][index] = values
            stores["done"][index] = 1  # last: another process reads only what is whole
        return fresh

    def open(self) -> dict[str, np.ndarray] | None:
        if self.folder is not None and self.stores is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            shapes = {name: ((channels, self.size, self.size), kind) for name, (channels, kind) in CHANNELS.items()}
            self.stores = {
                name: sparse_array(self.folder / f"{name}.bin", (self.count, *shape), kind)
                for name, (shape, kind) in {**shapes, "done": ((), np.uint8)}.items()
            }
        return self.stores


def sparse_array(path: Path, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """A file-backed array, zero until written; grown and never shrunk, so that several processes may open it."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    with path.open("ab") as file:
        if file.tell() < size:
            file.truncate(size)
    return np.memmap(path, dtype=kind, mode="r+", shape=shape)


def pack(record: Record, amodal: bool = False) -> dict[str, np.ndarray]:
    """A record's training arrays, channels first: rgb uint8, mask uint8, codes uint16."""
    kind = "amodal_" if amodal else ""
    mask, position, correspondence = (getattr(record, kind + name) for name in LEARNT)
    maps = [encode_mm(position), encode_unit(correspondence), encode_signed(record.normals)]
    return {
        "rgb": np.moveaxis(record.rgb, -1, 0),
        "mask": mask[None].astype(np.uint8),
        "codes": np.moveaxis(np.concatenate(maps, -1), -1, 0),
    }
