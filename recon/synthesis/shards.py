"""The on-disk format: one record is one row of a parquet shard. No other file knows the columns.

    write_shard(path, record_features(...), rows)      record -> row -> file
    for record in read_records([path]): ...              file -> record, bit for bit
    load_dataset("parquet", data_files=...)              the same without our code: images decode by themselves

Every channel of a label map is a grey 16-bit PNG (`datasets` casts three-channel 16-bit images to 8 bits without a
word) of the codes of `recon.synthesis.quantize`, 0 being "nothing here" (NaN):

    position_x, position_y, depth               mm = (code - 32768) / 128; depth is z of the position
    correspondence_x/y/z, uv_u/v                value in [0, 1] = (code - 1) / 65534
    amodal_position_x/y, amodal_depth, amodal_correspondence_x/y/z    the same of the face, also under hair and things
    normal_x/y/z                                value in [-1, 1] = (code - 1) / 32767 - 1
    fine_normal_x/y/z                           the same of the skin's relief: pores, wrinkles and folds

The PNGs are filtered but not deflated: the parquet file's zstd compresses them (see `recon.synthesis.png`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Array2D, Features, Image, List, Value

from recon.errors import UserError
from recon.files import whole_file
from recon.synthesis import quantize
from recon.synthesis.png import decode_png, encode_png
from recon.synthesis.record import Record

SCHEMA_VERSION = 3
ROW_GROUP = 32  # records buffered while writing and decoded together while reading: about 60 MB at 256 px
LANDMARKS = 68

# Field of Record -> its columns, one a channel, and the codec of the 16 bits.
MAPS = {
    "position_mm": (("position_x", "position_y", "depth"), quantize.encode_mm, quantize.decode_mm),
    "correspondence": (
        ("correspondence_x", "correspondence_y", "correspondence_z"),
        quantize.encode_unit,
        quantize.decode_unit,
    ),
    "normals": (("normal_x", "normal_y", "normal_z"), quantize.encode_signed, quantize.decode_signed),
    "fine_normals": (
        ("fine_normal_x", "fine_normal_y", "fine_normal_z"),
        quantize.encode_signed,
        quantize.decode_signed,
    ),
    "uv": (("uv_u", "uv_v"), quantize.encode_unit, quantize.decode_unit),
    "amodal_position_mm": (
        ("amodal_position_x", "amodal_position_y", "amodal_depth"),
        quantize.encode_mm,
        quantize.decode_mm,
    ),
    "amodal_correspondence": (
        ("amodal_correspondence_x", "amodal_correspondence_y", "amodal_correspondence_z"),
        quantize.encode_unit,
        quantize.decode_unit,
    ),
}
MASKS = ("mask", "amodal_mask")
MATRICES = ("landmarks_px", "landmarks_mm", "vertices_mm", "rotation")  # float32 (n, m), as they are
VECTORS = ("identity", "expression", "translation_mm", "centre_px", "origin_mm")  # float32 (n,), as they are


def record_features(vertices: int, identity: int, expression: int) -> Features:
    """The columns of a record of a face model with so many vertices, identity and expression parameters."""
    maps = {column: Image() for columns, _, _ in MAPS.values() for column in columns}
    return Features(
        {
            "index": Value("int64"),
            "seed": Value("int64"),
            "model": Value("string"),
            "render": Image(),
            **{name: Image() for name in MASKS},
            "region": Image(),
            **maps,
            "landmarks_px": Array2D((LANDMARKS, 2), "float32"),
            "landmarks_mm": Array2D((LANDMARKS, 3), "float32"),
            "landmarks_visible": List(Value("bool"), length=LANDMARKS),
            "vertices_mm": Array2D((vertices, 3), "float32"),
            "identity": List(Value("float32"), length=identity),
            "expression": List(Value("float32"), length=expression),
            "rotation": Array2D((3, 3), "float32"),
            "translation_mm": List(Value("float32"), length=3),
            "focal_px": Value("float64"),
            "centre_px": List(Value("float32"), length=2),
            "origin_mm": List(Value("float32"), length=3),
            "scene": Value("string"),
        }
    )


def row_from_record(record: Record) -> dict[str, Any]:
    """The record's columns: `{"bytes": PNG, "path": None}` for images, arrays and plain values for the rest."""
    row: dict[str, Any] = {
        "index": record.index,
        "seed": record.seed,
        "model": record.model,
        "render": image_to_column(record.rgb),
        **{name: image_to_column(getattr(record, name).astype(np.uint8) * 255) for name in MASKS},
        "region": image_to_column(record.region),
        "landmarks_visible": record.landmarks_visible,
        "focal_px": record.focal_px,
        "scene": record.scene,
    }
    for field, (columns, encode, _) in MAPS.items():
        codes = encode(getattr(record, field))
        row |= {column: image_to_column(codes[..., channel]) for channel, column in enumerate(columns)}
    return row | {field: getattr(record, field) for field in MATRICES + VECTORS}


def record_from_row(row: Mapping[str, Any]) -> Record:
    """The record of a row, bit for bit: a row of `load_dataset` (decoded images, in any format) or of `read_rows`."""
    maps = {
        field: decode(np.stack([image_from_column(row[column]) for column in columns], axis=-1).astype(np.uint16))
        for field, (columns, _, decode) in MAPS.items()
    }
    arrays = {field: np.asarray(row[field], np.float32) for field in MATRICES + VECTORS}
    return Record(
        index=int(row["index"]),
        seed=int(row["seed"]),
        model=str(row["model"]),
        rgb=image_from_column(row["render"]),
        **{name: image_from_column(row[name]) > 0 for name in MASKS},
        region=image_from_column(row["region"]),
        landmarks_visible=np.asarray(row["landmarks_visible"], bool),
        focal_px=float(row["focal_px"]),
        scene=str(row["scene"]),
        **maps,
        **arrays,
    )


def read_records(files: Iterable[Path]) -> Iterator[Record]:
    """The records of the shards in order, one row group in memory at a time."""
    return map(record_from_row, read_rows(files))


def read_rows(files: Iterable[Path], columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of the shards, images as `{"bytes": PNG, "path": None}`; all columns, or only those named."""
    for file in files:
        try:
            with pq.ParquetFile(file) as shard:
                for group in range(shard.num_row_groups):
                    table = shard.read_row_group(group, columns)
                    values = {name: _plain_column(table[name]) for name in table.column_names}
                    for i in range(table.num_rows):
                        yield {name: column[i] for name, column in values.items()}
        except (pa.ArrowInvalid, OSError) as error:
            raise _read_error(file, error) from None


def row_count(file: Path) -> int:
    """The number of rows of a shard."""
    try:
        return pq.read_metadata(file).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise _read_error(file, error) from None


def image_to_column(image: np.ndarray) -> dict[str, Any]:
    """The value of an image column: (H, W) uint8 or uint16, or (H, W, 3) uint8, lossless."""
    return {"bytes": encode_png(image), "path": None}


def image_from_column(value: Any) -> np.ndarray:
    """The pixels of an image column, whether it comes from `read_rows` or, decoded, from `load_dataset`."""
    return decode_png(value["bytes"]) if isinstance(value, Mapping) else np.asarray(value)


def write_shard(path: Path, features: Features, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write the rows to `path`, whole or not at all, and return how many there were.

    The same rows give the same bytes. A full disk or a folder that can't be written is a `UserError`.
    """
    schema = features.arrow_schema
    rows, count = iter(rows), 0
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": False,
        "use_byte_stream_split": ["vertices_mm.list.element.list.element"],  # a third smaller
        "write_statistics": ["index"],
    }
    try:
        with (
            whole_file(path) as temporary,
            open(temporary, "wb") as file,
            pq.ParquetWriter(file, schema, **options) as writer,
        ):
            while group := list(islice(rows, ROW_GROUP)):
                writer.write_table(_table(group, schema))
                count += len(group)
    except OSError as error:
        raise UserError(f"{path.parent} can't be written ({error.strerror or error}): check --out") from None
    return count


def _table(rows: list[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = [_column([row[field.name] for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.ExtensionType):  # Array2D: pyarrow would walk every number in Python
        stack = np.stack(values)
        count, height, width = stack.shape
        lines = pa.ListArray.from_arrays(np.arange(count * height + 1, dtype=np.int32) * width, pa.array(stack.ravel()))
        blocks = pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32) * height, lines)
        return pa.ExtensionArray.from_storage(kind, blocks)
    return pa.array([value.tolist() if isinstance(value, np.ndarray) else value for value in values], kind)


def _plain_column(column: pa.ChunkedArray) -> list[Any]:
    if isinstance(column.type, pa.ExtensionType):
        height, width = column.type.shape
        flat = column.combine_chunks().storage.flatten().flatten().to_numpy()
        return list(flat.reshape(-1, height, width))
    return column.to_pylist()


def _read_error(file: Path, error: Exception) -> UserError:
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return UserError(f"the shard {file} can't be read ({reason}): delete it and run the command that made it again")
