"""Photos of known people without any labels, PERSON/*.jpg: a source of images alone."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recon.errors import UserError
from recon.photos.folder import load_photos
from recon.synthesis.record import Record, record_with


@dataclass(frozen=True)
class PersonTree:
    """The photos of a folder that has a folder for each person, framed as `recon.photos.folder` does, in memory.

    Its records hold an image; all else is empty.

    Attributes:
        folder: theirs. images: (N, S, S, 3) uint8. names: of the folders of people, sorted. who: (N,) int64, of these.
    """

    folder: Path
    images: np.ndarray
    names: tuple[str, ...]
    who: np.ndarray

    @classmethod
    def at(cls, folder: Path, size: int) -> PersonTree:
        """Raises: UserError, where no person has two photos that can be used."""
        photos = load_photos(folder, size)
        people = [Path(name).parts[0] if len(Path(name).parts) > 1 else "" for name in photos.names]
        if "" in people:
            raise UserError(f"{folder} holds photos beside its folders: give a folder with a folder for each person")
        names, who, count = np.unique(people, return_inverse=True, return_counts=True)
        if count.max() < 2:
            raise UserError(f"{folder} holds one photo a person: give two or more of each, as PERSON/*.jpg")
        return cls(folder, photos.images, tuple(names.tolist()), who.astype(np.int64))

    def __len__(self) -> int:
        return len(self.images)

    def record(self, number: int, names: Collection[str]) -> Record:
        """As `Source` says."""
        return record_with(index=number, rgb=self.images[number])

    def key(self) -> dict[str, Any]:
        """As `Source` says."""
        pixels = hashlib.sha256(self.images.tobytes()).hexdigest()[:16]
        return {"kind": "photos", "pixels": pixels, "who": self.who.tolist()}

    def people(self) -> np.ndarray:
        """As `Source` says."""
        return self.who
