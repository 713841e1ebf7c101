"""Rows in parquet shards: written whole or not at all, read in order or at random.

    write_shard(path, schema, rows)                 rows -> file; the same rows give the same bytes
    rows = Rows(folder); rows.row(1234)             one row of all shards, images as `{"bytes": PNG, "path": None}`
    for row in rows.rows(["index", "mask"]): ...    these columns of all of them, in order
    load_dataset("parquet", data_files=...)         the same without our code: images decode by themselves

The PNGs are filtered but not deflated: the parquet file's zstd compresses them (see `recon.synthesis.png`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recon.errors import UserError, did_you_mean
from recon.files import whole_file
from recon.synthesis.column import Schema

# A group of rows is what a reader decompresses to get at one: small, so that reading at random is quick. A megabyte is
# two rows at 128 px and one at 256; against groups of 32 rows it costs 1.6 % of the file's size, and gives a row of
# the training's columns in 1 ms instead of 11.
GROUP_BYTES = 2**20
GROUP_ROWS = 32
PLAIN_BYTES = 2**24  # of a group of a file that is read once and in order: a third of the time to write it and read it
OPEN_FILES, OPEN_GROUPS = 64, 4  # what `Rows` keeps at hand
MOST_GROUP_BYTES = 2**29  # of a group of rows, unpacked; ours hold a megabyte or sixteen
BROKEN = (pa.ArrowException, OSError, ValueError, TypeError, LookupError, MemoryError, RecursionError, OverflowError)
"""What pyarrow, and `datasets` for its own types, raise by the place that is broken."""

Key = TypeVar("Key")
Kept = TypeVar("Kept")


class Rows:
    """The rows of a folder's shards, or of these files in this order, by their number from 0 on.

    Travels to other processes as paths and numbers: each opens the files itself. files: their paths; columns: the
    names in the first of them.

    Raises UserError where a folder holds no shard, and, then or while reading, names a file that is broken.
    """

    def __init__(self, source: Path | Iterable[Path]) -> None:
        self.files = shards_in(source) if isinstance(source, Path) else list(source)
        shards = [_metadata(file) for file in self.files]
        groups = [_group_rows(file, shard) for file, shard in zip(self.files, shards, strict=True)]
        self.columns: list[str] = _names(self.files[0], shards[0]) if shards else []
        self._file = np.repeat(np.arange(len(groups)), [len(rows) for rows in groups])  # of each group
        self._group = np.concatenate([np.arange(len(rows)) for rows in groups] or [np.zeros(0, int)])  # in its file
        self._start = np.cumsum([0, *chain.from_iterable(groups)])  # each group's first row, and their sum
        self._open: OrderedDict[int, tuple[pq.ParquetFile, set[str]]] = OrderedDict()
        self._tables: OrderedDict[tuple[int, tuple[str, ...] | None], pa.Table] = OrderedDict()

    def __len__(self) -> int:
        return int(self._start[-1])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.rows()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_open": OrderedDict(), "_tables": OrderedDict()}

    def row(self, number: int, columns: Sequence[str] | None = None) -> dict[str, Any]:
        """Row `number`, all columns or only those named; the fewer, the quicker. IndexError beyond the last."""
        if not 0 <= number < len(self):
            raise IndexError(f"there is no row {number} of {len(self)}")
        group = int(np.searchsorted(self._start, number, side="right")) - 1
        wanted = None if columns is None else tuple(columns)
        table = _kept(self._tables, (group, wanted), lambda: self._read(group, wanted), OPEN_GROUPS)
        place = number - int(self._start[group])
        try:
            return {name: _value(table.column(name), place) for name in table.column_names}
        except BROKEN as error:
            raise _read_error(self.files[int(self._file[group])], error) from None

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """All rows in order, one group of them in memory at a time."""
        return (self.row(number, columns) for number in range(len(self)))

    def _read(self, group: int, columns: tuple[str, ...] | None) -> pa.Table:
        number = int(self._file[group])
        file = self.files[number]
        try:
            shard, names = _kept(self._open, number, lambda: _opened(file), OPEN_FILES)
            for name in set(columns or ()) - names:
                raise UserError(f"the shard {file} has no column {name}{did_you_mean(name, names)}")
            place = int(self._group[group])
            _refuse_bomb(shard.metadata.row_group(place))
            table = shard.read_row_group(place, columns, use_threads=False)
            if table.num_rows != self._start[group + 1] - self._start[group]:
                raise ValueError("a group has other rows than its footer says")
            return table
        except BROKEN as error:
            raise _read_error(file, error) from None


def shard_path(folder: Path, number: int) -> Path:
    """Where shard `number` of a dataset's folder is."""
    return folder / "data" / f"train-{number:05d}.parquet"


def shard_files(folder: Path) -> list[Path]:
    """The shards of a dataset's folder, in order; none where there are none yet."""
    return sorted((folder / "data").glob("train-*.parquet"))


def shards_in(folder: Path) -> list[Path]:
    """The shards of a dataset's folder, in order; a folder without one is a UserError."""
    files = shard_files(folder)
    if not files:
        raise UserError(f"there is no dataset in {folder}: name a folder made by `synth2real render` or `generate`")
    return files


def row_count(file: Path) -> int:
    """The number of rows of a shard."""
    return _metadata(file).num_rows


def write_shard(path: Path, schema: Schema, rows: Iterable[Mapping[str, Any]], compressed: bool = True) -> int:
    """Write the rows to `path`, whole or not at all, and return how many there were.

    compressed: False for a file that is soon read again and removed: a third of the time is saved.

    Raises UserError where a row's columns are not the schema's (the first row is checked to its last code), the disk is
    full or the folder can't be written.
    """
    kinds = schema.features.arrow_schema
    count = 0
    options: dict[str, Any] = {
        "compression": "zstd" if compressed else "none",
        "compression_level": 1 if compressed else None,
        "use_dictionary": False,
        "use_byte_stream_split": ["vertices_mm.list.element.list.element"] if compressed else False,  # a third smaller
        "write_statistics": ["index"],
        "write_page_checksum": True,
    }
    try:
        with (
            whole_file(path) as temporary,
            open(temporary, "wb") as file,
            pq.ParquetWriter(file, kinds, **options) as writer,
        ):
            for group in _groups(rows, GROUP_BYTES if compressed else PLAIN_BYTES):
                if not count:
                    schema.check(group[0])
                writer.write_table(_table(group, schema, kinds))
                count += len(group)
    except OSError as error:
        raise UserError(f"{path.parent} can't be written ({error.strerror or error}): check --out") from None
    return count


def _groups(rows: Iterable[Mapping[str, Any]], enough: int) -> Iterator[list[Mapping[str, Any]]]:
    """The rows in groups that are closed when they hold `enough` bytes, or GROUP_ROWS rows."""
    group, size = [], 0
    for row in rows:
        group.append(row)
        size += sum(map(_bytes, row.values()))
        if size >= enough or len(group) == GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _bytes(value: Any) -> int:
    return len(value["bytes"]) if isinstance(value, Mapping) else getattr(value, "nbytes", 0)


def _table(rows: list[Mapping[str, Any]], schema: Schema, kinds: pa.Schema) -> pa.Table:
    for row in rows:
        schema.check_names(row)
    arrays = []
    for field in kinds:
        try:
            arrays.append(_array([row[field.name] for row in rows], field.type))
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise UserError(f"the column {field.name} does not hold {field.type} ({error}): check the job") from None
    return pa.Table.from_arrays(arrays, schema=kinds)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if isinstance(kind, pa.ExtensionType):  # Array2D: pyarrow would walk every number in Python
        stack = np.stack(values)
        count, height, width = stack.shape
        lines = pa.ListArray.from_arrays(np.arange(count * height + 1, dtype=np.int32) * width, pa.array(stack.ravel()))
        blocks = pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32) * height, lines)
        return pa.ExtensionArray.from_storage(kind, blocks)
    return pa.array([value.tolist() if isinstance(value, np.ndarray) else value for value in values], kind)


def _value(column: pa.ChunkedArray, place: int) -> Any:
    if isinstance(column.type, pa.ExtensionType):
        height, width = column.type.shape
        flat = column.slice(place, 1).combine_chunks().storage.flatten().flatten()
        return flat.to_numpy().reshape(height, width)
    return column[place].as_py()


def _opened(file: Path) -> tuple[pq.ParquetFile, set[str]]:
    """A shard and the names of its columns."""
    shard = pq.ParquetFile(file, page_checksum_verification=True)
    return shard, set(shard.schema_arrow.names)


def _metadata(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except BROKEN as error:
        raise _read_error(file, error) from None


def _group_rows(file: Path, shard: pq.FileMetaData) -> list[int]:
    """How many rows each group of a shard holds."""
    rows = [shard.row_group(group).num_rows for group in range(shard.num_row_groups)]
    if any(not 0 <= count < 2**31 for count in rows) or sum(rows) != shard.num_rows:
        raise _read_error(file, ValueError("its footer contradicts itself"))
    return rows


def _names(file: Path, shard: pq.FileMetaData) -> list[str]:
    try:
        return shard.schema.to_arrow_schema().names
    except BROKEN as error:
        raise _read_error(file, error) from None


def _refuse_bomb(group: pq.RowGroupMetaData) -> None:
    """Raise ValueError where a group says that it unpacks to more than any should."""
    # pyarrow ends the process where a spoilt footer is asked for a column: only its sums are looked at.
    if not 0 <= max(group.total_byte_size, 8 * group.num_rows * group.num_columns) <= MOST_GROUP_BYTES:
        raise ValueError(f"a group of its rows unpacks to more than {MOST_GROUP_BYTES // 2**20} MB")


def _kept(kept: OrderedDict[Key, Kept], key: Key, make: Callable[[], Kept], limit: int) -> Kept:
    """What `key` was made into, made anew if it is not among the `limit` that were asked for last."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > limit:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


def _read_error(file: Path, error: Exception) -> UserError:
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return UserError(f"the shard {file} can't be read ({reason}): delete it and run the command that made it again")
