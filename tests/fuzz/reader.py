"""How a reader of files that strangers make is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recon.errors import UserError
from tests.fuzz.seeds import Seed, same_bytes

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Reader:
    """read: of a target file, whose folder holds what belongs beside it. make: what is spoilt. refusals: the
    exceptions that say in a sentence why a file is refused."""

    name: str
    read: Callable[[Path], object]
    make: Callable[[], list[Seed]]
    refusals: tuple[type[Exception], ...] = (UserError,)

    def seeds(self) -> list[Seed]:
        """The same bytes at each call."""
        with same_bytes():
            return self.make()


def either(file: Path, one: Callable[[Path], object], other: Callable[[Path], object]) -> None:
    """The one takes the file, or the other's answer stands."""
    try:
        one(file)
    except UserError:
        other(file)
