"""A column of a dataset, and a schema: a table with one row a column, which all else follows from.

`recon.synthesis.schema` holds the table of records. This file knows no record, only how a table is used: it makes the
`datasets.Features`, turns an object's fields into a row and back, and refuses a row that does not fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from datasets import Features

from recon.errors import UserError, did_you_mean
from recon.synthesis.codecs import Codec

SCHEMA_VERSION = 6  # of the columns' names, codes and meaning on disk
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in the file. field: of the object that it is a part of. channel: of the field's last axis; None: all.
        codec: how it is stored, and its dtype in memory.
        shape: of the decoded value; letters are lengths that differ between datasets, equal letters equal lengths.
        unit: of the decoded value, "" where it has none. text: its meaning, for people.
    """

    name: str
    field: str
    codec: Codec
    shape: tuple[int | str, ...]
    unit: str
    text: str
    channel: int | None = None

    @property
    def dtype(self) -> np.dtype:
        """Of the decoded value."""
        return self.codec.dtype

    def encode(self, value: Any) -> Any:
        """What stands in a row, of the field's `value`."""
        return self.codec.encode(value if self.channel is None else value[..., self.channel])

    def decode(self, value: Any, lengths: dict[str, int]) -> Any:
        """This column's part of the field. `lengths` are those of shape letters known so far; new ones are added.

        Raises UserError where the row's `value` is of another type or shape.
        """
        try:
            decoded = self.codec.decode(value)
            self._fit(np.shape(decoded), lengths)
        except ValueError as error:
            raise self._error(error) from None
        return decoded

    def check(self, value: Any, lengths: dict[str, int]) -> None:
        """Raise UserError where `decode` would, or where a code is out of range."""
        self.decode(value, lengths)
        try:
            self.codec.check(value)
        except ValueError as error:
            raise self._error(error) from None

    def _fit(self, shape: tuple[int, ...], lengths: dict[str, int]) -> None:
        if len(shape) == len(self.shape):
            for letter, length in zip(self.shape, shape, strict=True):
                if isinstance(letter, str):
                    lengths.setdefault(letter, length)
        asked = tuple(lengths.get(length, length) if isinstance(length, str) else length for length in self.shape)
        if shape != asked:
            raise ValueError(f"is of shape {shape}, not {asked}")

    def _error(self, error: ValueError) -> UserError:
        return UserError(f"the column {self.name} {error}: make the dataset again with this version")


Fields = dict[str, list[Column]]


@dataclass(frozen=True)
class Schema:
    """The columns of a dataset, in the file's order. lengths: of the shape letters that are the same in all rows."""

    columns: tuple[Column, ...]
    lengths: Mapping[str, int] = field(default_factory=dict)

    @property
    def features(self) -> Features:
        """What `datasets` calls the schema."""
        known = self.lengths
        shapes = [tuple(known.get(n, n) if isinstance(n, str) else n for n in column.shape) for column in self.columns]
        pairs = zip(self.columns, shapes, strict=True)
        return Features({column.name: column.codec.feature(shape) for column, shape in pairs})

    def check_names(self, row: Row) -> None:
        """Raise UserError that names a column which the row lacks or has too many."""
        names = [column.name for column in self.columns]
        for name in names:
            if name not in row:
                raise UserError(f"the row has no column {name}: make the dataset again with this version")
        for name in row:
            if name not in names:
                raise UserError(f"the row has a column {name} that its schema lacks{did_you_mean(name, names)}")

    def check(self, row: Row) -> None:
        """Raise UserError that names a column which is missing, extra, of a wrong type or shape, or out of range."""
        self.check_names(row)
        lengths = dict(self.lengths)
        for column in self.columns:
            column.check(row[column.name], lengths)


def encode_row(source: object, columns: Iterable[Column]) -> dict[str, Any]:
    """The columns' values, of the fields of `source`."""
    return {column.name: column.encode(getattr(source, column.field)) for column in columns}


def decode_row(row: Row, fields: Fields, wanted: Collection[str] | None = None) -> dict[str, Any]:
    """Field -> its value, what `encode_row` was given; `nothing` of its codec for those not `wanted`.

    Raises UserError that names a column which is missing, of a wrong type or of a wrong shape.
    """
    values: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    for name, columns in fields.items():
        if wanted is not None and name not in wanted:
            values[name] = columns[0].codec.nothing()
            continue
        for column in columns:
            if column.name not in row:
                raise UserError(f"the row has no column {column.name}: read it too, or make the dataset again")
        decoded = [column.decode(row[column.name], lengths) for column in columns]
        values[name] = decoded[0] if columns[0].channel is None else np.stack(decoded, axis=-1)
    return values


def by_field(columns: Iterable[Column]) -> Fields:
    """The columns of each field, in the order of its channels."""
    fields: Fields = {}
    for column in columns:
        fields.setdefault(column.field, []).append(column)
    return fields


def table_of(columns: Sequence[Column]) -> str:
    """The columns as a Markdown table."""
    lines = ["| column | stored as | shape | unit | meaning |", "| --- | --- | --- | --- | --- |"]
    for column in columns:
        shape = " x ".join(map(str, column.shape)) or "1"
        lines.append(f"| {column.name} | {column.codec.stored} | {shape} | {column.unit} | {column.text} |")
    return "\n".join(lines)
