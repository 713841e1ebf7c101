"""The restricted reader of pickles: what it reads as it was, and what it does not run."""

from __future__ import annotations

import builtins
import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import sparse

from recon.faces.unpickling import Unfit, read_contents, unpickled, unpickled_npy
from tests.recon.faces.python2 import Ch, csc_matrix, dumped

RNG = np.random.default_rng(0)
ARRAYS = {
    "shape": RNG.normal(size=(4, 3)),
    "ids": np.arange(6, dtype=np.uint32).reshape(2, 3),
    "columns": np.asfortranarray(RNG.normal(size=(2, 3))),
    "number": np.float32(2.5),
}


@pytest.mark.parametrize("protocol", range(6))
def test_arrays_come_back_as_they_were(protocol):
    found = unpickled(pickle.dumps(ARRAYS, protocol))
    assert all(
        np.array_equal(found[name], array) and found[name].dtype == array.dtype for name, array in ARRAYS.items()
    )


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_python_2_with_chumpy_and_sparse_matrices(protocol):
    dense = np.where(RNG.random((3, 5)) < 0.5, RNG.normal(size=(3, 5)), 0)
    found = unpickled(dumped({"v": Ch(ARRAYS["shape"]), "J": csc_matrix(dense), "style": "lbs"}, protocol))
    assert np.array_equal(found["v"], ARRAYS["shape"]) and found["style"] == "lbs"
    assert isinstance(found["J"], sparse.csc_matrix) and np.array_equal(found["J"].toarray(), dense)
    matrices = unpickled(pickle.dumps({"a": sparse.csr_matrix(dense), "b": sparse.csc_matrix(dense)}))
    assert all(np.array_equal(matrix.toarray(), dense) for matrix in matrices.values())


def test_numpy_s_files_of_objects_and_tensors_in_them(tmp_path: Path):
    content = {"rows": np.arange(3), "tensor": torch.arange(6).reshape(2, 3).T}
    np.save(tmp_path / "a.npy", np.array(content, dtype=object), allow_pickle=True)
    found = read_contents(tmp_path / "a.npy")
    assert np.array_equal(found["rows"], content["rows"]) and np.array_equal(found["tensor"], content["tensor"].numpy())
    np.savez(tmp_path / "a.npz", plain=ARRAYS["shape"], held=np.array({"x": ARRAYS["ids"]}, dtype=object))
    found = read_contents(tmp_path / "a.npz")
    assert np.array_equal(found["plain"], ARRAYS["shape"]) and np.array_equal(found["held"]["x"], ARRAYS["ids"])


class Calls:
    """Pickles to a call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call  # type: ignore[return-value]


def sized_memo() -> bytes:
    return b"\x80\x02N" + b"r" + struct.pack("<I", 2**31 - 1) + b"."


HOSTILE = {
    "a shell": pickle.dumps(Calls(os.system, "echo run > ran")),
    "in an old protocol": pickle.dumps({"v_template": Calls(os.system, "echo run > ran")}, 0),
    "eval": pickle.dumps(Calls(eval, "open('ran', 'w')")),
    "a chain of getattr": pickle.dumps(Calls(getattr, Calls(builtins.__import__, "os"), "system")),
    "a name with dots": b"\x80\x04\x8c\x05numpy\x8c\x0ef2py.os.system\x93.",
    "os through numpy": b"cnumpy.f2py\nos.system\n(S'echo run > ran'\ntR.",
    "numpy's own eval": b"cnumpy.testing\nruncode\n.",
    "an opener": pickle.dumps(Calls(open, "ran", "w")),
    "a huge memo": sized_memo(),
    "a huge array": b"cnumpy\nndarray\n((I1000000000000\nttR.",
    "a huge empty array": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I-1\ntS'b'\ntR"
    b"(I1\n(I1000000000000\ntcnumpy\ndtype\n(S'f8'\ntRI00\nS'x'\ntb.",
    "a huge string": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
    "deep tuples as a key": b"\x80\x02}N" + b"\x85" * 2_000_000 + b"Ns.",
    "a registered extension": b"\x80\x02\x82\x01.",
    "a persistent name": b"Pos.system\n.",
    "another class of array": b"cnumpy.core.multiarray\n_reconstruct\n(cchumpy.ch\nCh\n(I0\ntS'b'\ntR.",
    "a tensor of another kind": pickle.dumps(
        Calls(torch.storage._load_from_bytes, pickle.dumps(Calls(os.system, "x")))
    ),
    "a matrix beyond its shape": dumped({"J": csc_matrix(np.eye(3))}).replace(b"\x03K\x03\x86", b"\x02K\x02\x86"),
    "half of a model": pickle.dumps(ARRAYS, 2)[:300],
    "no pickle": b"solid ascii\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_else_is_read_and_nothing_runs(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unfit) as refused:
        unpickled(HOSTILE[name])
    assert len(str(refused.value)) < 300 and "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())
    held = io.BytesIO()
    np.lib.format.write_array_header_1_0(held, {"shape": (), "fortran_order": False, "descr": "|O"})
    with pytest.raises(Unfit):
        unpickled_npy(held.getvalue() + HOSTILE[name])
    assert not list(tmp_path.iterdir())


def test_the_name_that_is_not_allowed_is_told():
    with pytest.raises(Unfit, match=r"(posix|nt)\.system is not allowed"):
        unpickled(HOSTILE["a shell"])


@pytest.mark.parametrize("code", [">f8", "<f8", ">i2", "<U3", "|S2", "?"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_the_order_of_bytes_is_kept(code: str, protocol: int):
    array = np.arange(3).astype(code)
    found = unpickled(pickle.dumps({"a": array, "b": array[1]}, protocol))
    assert np.array_equal(found["a"], array) and found["b"] == array[1] and type(found["a"]) is np.ndarray


def test_a_dtype_of_fields_and_a_tensor_that_repeats_are_refused():
    with pytest.raises(Unfit, match="dtype"):
        unpickled(pickle.dumps(np.zeros(2, [("a", "f4")]), 2))
    with pytest.raises(Unfit, match="repeats"):
        unpickled(pickle.dumps({"a": torch.zeros(1).expand(2**30)}, 2))
    with pytest.raises(Unfit, match="too large"):
        unpickled(pickle.dumps(sparse.csc_matrix((2**20, 2**20)), 4))
