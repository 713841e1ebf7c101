"""Arrays of strangers: as numpy wrote them, and nothing made of what a file only says."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.arrays import array_of, read_npy, read_npz, refuse_packed

VALUES = [
    np.arange(6, dtype=">f4").reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array("a name"),
    np.empty((0, 3), np.float16),
    np.array([True, False]),
    np.array(3j),
]


def npy(value: np.ndarray, objects: bool = False) -> bytearray:
    held = io.BytesIO()
    np.save(held, value, allow_pickle=objects)
    return bytearray(held.getvalue())


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.dtype} {value.shape}")
def test_arrays_come_back_as_numpy_reads_them(tmp_path: Path, value: np.ndarray) -> None:
    np.savez_compressed(tmp_path / "a.npz", allow_pickle=False, value=value)
    np.save(tmp_path / "a.npy", value)
    for found in (read_npz(tmp_path / "a.npz", ("value",))["value"], read_npy(tmp_path / "a.npy")):
        assert found.dtype == value.dtype and np.array_equal(found, value) and found.flags.writeable


def test_objects_and_structures_are_refused() -> None:
    with pytest.raises(ValueError, match="holds objects"):
        array_of(npy(np.array([{}], dtype=object), True))
    with pytest.raises(ValueError, match="not numbers"):
        array_of(npy(np.zeros(2, [("a", "f4"), ("b", "i4")])))


@pytest.mark.parametrize("order", "<>")
def test_text_is_of_characters(order: str) -> None:
    words = np.array(["ab", "\U0010ffff"], f"{order}U2")
    assert np.array_equal(array_of(npy(words)), words)
    spoilt = words.copy()
    spoilt.view(f"{order}u4")[0] = 0x110000
    with pytest.raises(ValueError, match="no character"):
        array_of(npy(spoilt))


@pytest.mark.parametrize("length", [-1, 1])
def test_an_array_is_as_long_as_it_says(length: int) -> None:
    data = npy(np.arange(9.0))
    with pytest.raises(ValueError, match="as long as it says"):
        array_of(data[:length] if length < 0 else data + b"x")


def test_what_is_lacking_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.zeros(1))
    with pytest.raises(ValueError, match="no array two"):
        read_npz(tmp_path / "a.npz", ("one", "two"))
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "b.npz")


def test_other_packings_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_BZIP2) as stored:
        stored.writestr("a.npy", bytes(npy(np.zeros(9))))
    with pytest.raises(ValueError, match="another way"):
        read_npz(tmp_path / "a.npz")


def test_torch_packs_nothing(tmp_path: Path) -> None:
    torch.save({"a": torch.zeros(9)}, tmp_path / "a.pt")
    refuse_packed(tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as stored:
        members = {name: stored.read(name) for name in stored.namelist()}
    with zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as stored:
        for name, data in members.items():
            stored.writestr(name, data)
    with pytest.raises(ValueError, match="packed"):
        refuse_packed(tmp_path / "b.pt")


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_torch_packs_the_text_of_scripts(tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2))).save(str(tmp_path / "a.pt"))
    refuse_packed(tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt", "a", zipfile.ZIP_DEFLATED) as stored:
        stored.writestr("a/code/b.py", bytes(2**24))
    with pytest.raises(ValueError, match="unpacks to more than 16 MB"):
        refuse_packed(tmp_path / "a.pt")
