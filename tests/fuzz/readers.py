"""Every reader of files that strangers make."""

from __future__ import annotations

from tests.fuzz.kinds import datasets, meshes, models, photos, weights, words

READERS = (*photos.READERS, *models.READERS, *weights.READERS, *datasets.READERS, *meshes.READERS, *words.READERS)
