"""How the value of one column stands in a row, and what it is in memory.

Images in a row are `{"bytes": PNG, "path": None}`, as `datasets` keeps them; decoded ones, in whatever format
`load_dataset` gives them, are read too. `decode` raises ValueError with what is wrong, to follow the column's name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Array2D, Image, List, Value

from recon.synthesis import quantize
from recon.synthesis.png import decode_png, encode_png


class Codec(ABC):
    """One way to store a value.

    dtype: of the decoded value. stored: for people, how it is stored.
    """

    @property
    @abstractmethod
    def dtype(self) -> np.dtype: ...

    @property
    @abstractmethod
    def stored(self) -> str: ...

    @abstractmethod
    def feature(self, shape: tuple[Any, ...]) -> Any:
        """What `datasets` calls a column of such values; `shape` is of one decoded value."""

    @abstractmethod
    def encode(self, value: Any) -> Any:
        """The value for a row."""

    @abstractmethod
    def decode(self, value: Any) -> Any:
        """The value in memory, of `dtype`; ValueError where the row holds something of another kind."""

    def check(self, value: Any) -> None:
        """ValueError where `value`, of a row, can't have been encoded: of another kind, or out of range."""
        self.decode(value)

    def nothing(self) -> Any:
        """Stands in memory for a value that was not read."""
        return np.empty(0, self.dtype)


class _ImageCodec(Codec):
    def feature(self, shape: tuple[Any, ...]) -> Image:
        return Image()


@dataclass(frozen=True)
class Codes(_ImageCodec):
    """One channel of a label map: (S, S) float32 within [low, high], or NaN, as a grey PNG of 16-bit codes.

    `datasets` casts three-channel 16-bit images to 8 bits without a word: hence one image a channel.

    rule: what `decode_codes` computes from `code`, in Python; code 0 is NaN.
    """

    encode_codes: Callable[[np.ndarray], np.ndarray]
    decode_codes: Callable[[np.ndarray], np.ndarray]
    low: float
    high: float
    rule: str

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(np.float32)

    @property
    def stored(self) -> str:
        return f"16-bit PNG, {self.rule}; 0: none"

    def encode(self, value: np.ndarray) -> dict[str, Any]:
        return image_to_column(self.encode_codes(value))

    def decode(self, value: Any) -> np.ndarray:
        return self.decode_codes(_pixels(value, np.dtype(np.uint16)))

    def check(self, value: Any) -> None:
        values = self.decode(value)
        if ((values < self.low) | (values > self.high)).any():
            raise ValueError(f"holds a code out of range, beyond {self.low:g} to {self.high:g}")


@dataclass(frozen=True)
class Pixels(_ImageCodec):
    """(S, S) or (S, S, 3) uint8 up to `high`, as an 8-bit PNG."""

    high: int = 255

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(np.uint8)

    @property
    def stored(self) -> str:
        return "8-bit PNG"

    def encode(self, value: np.ndarray) -> dict[str, Any]:
        return image_to_column(value)

    def decode(self, value: Any) -> np.ndarray:
        return _pixels(value, self.dtype)

    def check(self, value: Any) -> None:
        if self.decode(value).max(initial=0) > self.high:
            raise ValueError(f"holds a code out of range, above {self.high}")


@dataclass(frozen=True)
class Mask(_ImageCodec):
    """(S, S) bool as an 8-bit PNG of 0 and 255."""

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(bool)

    @property
    def stored(self) -> str:
        return "8-bit PNG, 0 or 255"

    def encode(self, value: np.ndarray) -> dict[str, Any]:
        return image_to_column(value.astype(np.uint8) * 255)

    def decode(self, value: Any) -> np.ndarray:
        return _pixels(value, np.dtype(np.uint8)) > 0

    def check(self, value: Any) -> None:
        pixels = _pixels(value, np.dtype(np.uint8))
        if ((pixels != 0) & (pixels != 255)).any():
            raise ValueError("holds a code out of range, neither 0 nor 255")


@dataclass(frozen=True)
class Numbers(Codec):
    """An array of one dimension (a list of fixed length) or two, as it is; its numbers are finite."""

    kind: str = "float32"

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.kind)

    @property
    def stored(self) -> str:
        return self.kind

    def feature(self, shape: tuple[Any, ...]) -> List | Array2D:
        return List(Value(self.kind), length=shape[0]) if len(shape) == 1 else Array2D(shape, self.kind)

    def encode(self, value: np.ndarray) -> np.ndarray:
        return value

    def decode(self, value: Any) -> np.ndarray:
        return _numbers(value, self.dtype)

    def check(self, value: Any) -> None:
        if not np.isfinite(self.decode(value)).all():
            raise ValueError("holds what is not a finite number")


@dataclass(frozen=True)
class Scalar(Codec):
    """One whole number (int) or one number (float) within [low, high]; `kind` is how wide it is stored.

    nullable: where there is no number, NaN in memory is null in the row.
    """

    kind: str
    low: float = -np.inf
    high: float = np.inf
    nullable: bool = False

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.kind)

    @property
    def stored(self) -> str:
        return f"{self.kind} or null" if self.nullable else self.kind

    def feature(self, shape: tuple[Any, ...]) -> Value:
        return Value(self.kind)

    def encode(self, value: int | float) -> int | float | None:
        return None if self.nullable and np.isnan(value) else value

    def decode(self, value: Any) -> int | float:
        if value is None and self.nullable:
            return float("nan")
        number = _numbers(value, self.dtype)
        if number.ndim:
            raise ValueError(f"holds an array of shape {number.shape}, not a number")
        return number.item()

    def check(self, value: Any) -> None:
        if value is None and self.nullable:
            return
        if not self.low <= self.decode(value) <= self.high:  # so that NaN is refused as well
            raise ValueError(f"holds {value}, out of range {self.low:g} to {self.high:g}")

    def nothing(self) -> int | float:
        return float("nan") if self.dtype.kind == "f" else 0


@dataclass(frozen=True)
class Text(Codec):
    """Text."""

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(str)

    @property
    def stored(self) -> str:
        return "text"

    def feature(self, shape: tuple[Any, ...]) -> Value:
        return Value("string")

    def encode(self, value: str) -> str:
        return value

    def decode(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"holds {type(value).__name__}, not text")
        return str(value)

    def nothing(self) -> str:
        return ""


MM = Codes(
    quantize.encode_mm,
    quantize.decode_mm,
    -quantize.MM_LIMIT,
    quantize.MM_LIMIT,
    f"(code - {quantize.MM_ZERO}) / {quantize.MM_STEPS}",
)
UNIT = Codes(quantize.encode_unit, quantize.decode_unit, 0.0, 1.0, f"(code - 1) / {quantize.LEVELS}")
SIGNED = Codes(quantize.encode_signed, quantize.decode_signed, -1.0, 1.0, f"(code - 1) / {quantize.LEVELS // 2} - 1")


def image_to_column(image: np.ndarray) -> dict[str, Any]:
    """The value of an image column: (H, W) uint8 or uint16, or (H, W, 3) uint8, lossless."""
    return {"bytes": encode_png(image), "path": None}


def _pixels(value: Any, dtype: np.dtype) -> np.ndarray:
    """The pixels of an image column, of the very `dtype`."""
    if isinstance(value, Mapping):
        if not isinstance(value.get("bytes"), bytes):
            raise ValueError("holds no image")
        pixels = decode_png(value["bytes"])
    else:
        pixels = np.asarray(value)
    if pixels.dtype == dtype:
        return pixels
    if pixels.dtype == np.int64 and pixels.min(initial=0) >= 0 and pixels.max(initial=0) <= np.iinfo(dtype).max:
        return pixels.astype(dtype)  # as `with_format("numpy")` widens every image
    raise ValueError(f"holds {pixels.dtype} values, not pixels of {dtype}")


def _numbers(value: Any, dtype: np.dtype) -> np.ndarray:
    """The numbers as `dtype`, where they are of its kind: whole, real or truth values."""
    try:
        numbers = np.asarray(value)
    except ValueError:  # lists of unequal lengths
        raise ValueError("holds lists of unequal lengths") from None
    if numbers.dtype.kind != dtype.kind:
        raise ValueError(f"holds {numbers.dtype} values, not {dtype}")
    return numbers.astype(dtype, copy=False)
