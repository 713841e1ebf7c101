"""Records without a renderer, every label map full of its own values."""

from __future__ import annotations

import numpy as np

from recon.synthesis import quantize
from recon.synthesis.column import Schema
from recon.synthesis.record import Record
from recon.synthesis.schema import COLUMNS
from recon.synthesis.traits import Traits

VERTICES, IDENTITY, EXPRESSION = 50, 5, 3
SCHEMA = Schema(COLUMNS, {"n": VERTICES, "k": IDENTITY, "e": EXPRESSION})

TRAITS_OF_FAKE = Traits(7, 0, -12.5, 3.0, 1.25, 44.5, 0.5, 0.25, 0.0, "bob", "none", "round", "none", "cup")


def fake_record(index: int, seed: int = 0, size: int = 16) -> Record:
    """A record whose arrays are drawn from (seed, index) over their whole range, some pixels NaN."""
    random = np.random.default_rng((seed, index))

    def codes(channels: int) -> np.ndarray:
        values = random.integers(1, 2**16, (size, size, channels), dtype=np.uint16)
        values[0] = (1,) * channels
        values[1] = (2**16 - 1,) * channels
        values[random.random((size, size)) < 0.3] = 0  # nothing was rendered here
        return values

    def vectors(*shape: int) -> np.ndarray:
        return random.normal(0, 50, shape).astype(np.float32)

    return Record(
        seed=seed,
        index=index,
        model="fake",
        rgb=random.integers(0, 256, (size, size, 3), dtype=np.uint8),
        mask=random.random((size, size)) < 0.5,
        region=random.integers(0, 11, (size, size), dtype=np.uint8),
        position_mm=quantize.decode_mm(quantize.encode_mm(quantize.decode_mm(codes(3)))),
        correspondence=quantize.decode_unit(codes(3)),
        normals=quantize.decode_signed(codes(3)),
        fine_normals=quantize.decode_signed(codes(3)),
        uv=quantize.decode_unit(codes(2)),
        amodal_mask=random.random((size, size)) < 0.5,
        amodal_position_mm=quantize.decode_mm(quantize.encode_mm(quantize.decode_mm(codes(3)))),
        amodal_correspondence=quantize.decode_unit(codes(3)),
        landmarks_px=vectors(68, 2),
        landmarks_mm=vectors(68, 3),
        landmarks_visible=random.random(68) < 0.5,
        vertices_mm=vectors(VERTICES, 3),
        identity=vectors(IDENTITY),
        expression=vectors(EXPRESSION),
        rotation=vectors(3, 3),
        translation_mm=vectors(3),
        focal_px=float(random.uniform(100, 900)),
        centre_px=vectors(2),
        origin_mm=vectors(3),
        scene='{"light": "näh"}',
    )
