"""Made to harm: files that hold many arrays or rows: safetensors, MATLAB's, HDF5, Parquet."""

from __future__ import annotations

import io
import json
import struct
import zlib
from typing import Any

import numpy as np

from tests.fuzz.harms.arrays import HUGE, zeros
from tests.fuzz.harms.pictures import images


def safetensors() -> dict[str, bytes]:
    def file(header: Any, body: bytes = b"", length: int | None = None) -> bytes:
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        return struct.pack("<Q", len(text) if length is None else length) + text + body

    def network(kind: str, **config: Any) -> bytes:
        return file({"__metadata__": {"kind": kind, "config": json.dumps(config), "card": "{}"}})

    tensor = {"dtype": "F32", "shape": [HUGE, HUGE], "data_offsets": [0, 4]}
    return {
        "a header of 2**60": file({}, b"", 2**60),
        "terabytes": file({"a": tensor}, bytes(4)),
        "beyond the end": file({"a": {**tensor, "shape": [HUGE], "data_offsets": [0, 4 * HUGE]}}, bytes(4)),
        "deep": file(b'{"a":' * 50_000),
        "a network of terabytes": network("pix2vertex", outputs="joint", widths=[8192] * 8, size=4096),
        "an embedder of terabytes": network("embedder", widths=[8192] * 4, people=10**7, numbers=4096),
        "a generator of terabytes": network("generator", widths=[8192] * 8, head_width=8192),
        "many layers": network("pix2vertex", outputs="joint", widths=[8] * 3000),
        "many levels": network("generator", widths=[8] * 3000),
        "a deep config": file({"__metadata__": {"kind": "pix2vertex", "config": '{"a":' * 3000, "card": "{}"}}),
        "a long number": file({"__metadata__": {"kind": "pix2vertex", "config": "9" * 5000, "card": "{}"}}),
        "a card that is a list": file({"__metadata__": {"kind": "pix2vertex", "config": "{}", "card": "[]"}}),
    }


def mats() -> dict[str, bytes]:
    def mat(*elements: bytes) -> bytes:
        return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)

    def element(kind: int, body: bytes, length: int | None = None) -> bytes:
        return struct.pack("<II", kind, len(body) if length is None else length) + body + bytes(-len(body) % 8)

    def matrix(rows: int, columns: int, body: bytes, length: int | None = None) -> bytes:
        flags = element(6, struct.pack("<II", 6, 0))
        return element(
            14,
            flags + element(5, struct.pack("<ii", rows, columns)) + element(1, b"shapeMU") + element(9, body, length),
        )

    cells = element(6, struct.pack("<II", 1, 0)) + element(5, struct.pack("<ii", 1, 1)) + element(1, b"tl")
    deep = element(14, cells)
    for _ in range(3000):
        deep = element(14, cells + deep)
    bomb = zeros(2 * 10**9, matrix(25 * 10**7, 1, bytes(2 * 10**6), 2 * 10**9)[: -2 * 10**6])[0]
    return {
        "a matrix of billions": mat(matrix(2**31 - 1, 2**31 - 1, bytes(8))),
        "a matrix of gigabytes": mat(matrix(2 * 10**8, 1, bytes(8), 16 * 10**8)),
        "less than no rows": mat(matrix(-1, -1, bytes(8))),
        "a bomb": mat(element(15, bomb)),
        "a packed matrix of gigabytes": mat(element(15, zlib.compress(matrix(2 * 10**8, 1, bytes(8), 16 * 10**8)))),
        "deep cells": mat(deep),
        "the fourth version": struct.pack("<5I", 0, 2**20, 2**20, 0, 2) + b"a\x00" + bytes(8),
        "text": b"MATLAB 5.0 MAT-file".ljust(200),
    }  # fmt: skip


def hdf5s() -> dict[str, bytes]:
    import h5py  # type: ignore[import-not-found]

    def file(fill: Any) -> bytes:
        held = io.BytesIO()
        with h5py.File(held, "w") as stored:
            fill(stored)
        return held.getvalue()

    def external(stored: Any) -> None:
        for part in ("mean", "pcaBasis", "pcaVariance"):
            stored[f"shape/model/{part}"] = h5py.ExternalLink("/etc/hostname", "/x")
        stored["shape/representer/cells"] = np.zeros((3, 1), np.int32)

    def raw(stored: Any) -> None:
        stored.create_dataset("shape/model/mean", (8,), "u1", external=[("/etc/hostname", 0, 8)])

    def empty(stored: Any) -> None:
        for part in ("mean", "pcaBasis", "pcaVariance"):
            stored.create_dataset(f"shape/model/{part}", (HUGE,), "f8", chunks=(1024,))

    def bomb(stored: Any) -> None:
        held = stored.create_dataset("shape/model/mean", (3 * 10**8,), "f8", chunks=(10**7,), compression="gzip")
        held[: 10**6] = 0

    def loop(stored: Any) -> None:
        stored["shape/model"] = h5py.SoftLink("/shape/model")

    return {name: file(fill) for name, fill in locals().items() if name in ("external", "raw", "empty", "bomb", "loop")}


def parquets() -> dict[str, bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def file(table: Any, **options: Any) -> bytes:
        held = pa.BufferOutputStream()
        pq.write_table(table, held, **options)
        return held.getvalue().to_pybytes()

    def kept(values: Any) -> Any:
        return pa.table({name: values for name in ("index", "name", "plate", "render")})

    nulls = pa.nulls(7 * 10**7, pa.int64())
    nothing = pa.table({"name": nulls, "plate": nulls})
    png = pa.array([{"bytes": images()["a PNG bomb"], "path": None}])
    scrawl = pa.schema([("index", pa.int64())], metadata={b"huggingface": b"[" * 1000})
    return {
        "a bomb": file(nothing, row_group_size=2 * 10**8, write_statistics=False),
        "an image that is a bomb": file(kept(png)),
        "plates alone": file(pa.table({"plate": [1]})),
        "numbers for images": file(kept(pa.array([1, 2]))),
        "nothing": file(kept(pa.array([None, None]))),
        "no rows": file(kept(pa.array([], pa.int64()))),
        "foreign notes": file(pa.table({"index": [1]}, schema=scrawl)),
        "lists in lists": file(kept(pa.array([[[1.0]], [[2.0, 3.0]]]))),
    }
