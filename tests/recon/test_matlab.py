"""MATLAB's files: scipy is the judge of what stands in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from recon.matlab import read_mat

RNG = np.random.default_rng(0)
CONTENT = {
    "double": RNG.normal(size=(4, 3)),
    "single": RNG.normal(size=(2, 3, 2)).astype(np.float32),
    "small": np.array([[1.0, 2, 3]]),
    "empty": np.zeros((0, 3)),
    "ids": np.arange(6, dtype=np.int16).reshape(2, 3),
    "bytes": np.arange(6, dtype=np.uint8)[None],
    "long": np.array([[2**40, -1]]),
    "true": np.array([[True, False]]),
    "a_rather_long_name_of_a_matrix": np.array([[1.5]]),
}
OTHERS = {"text": "a word", "cells": np.array([1, "a"], dtype=object), "complex": np.array([[1j]]), "part": {"a": 1.0}}


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_are_read_as_scipy_reads_them(tmp_path: Path, packed: bool) -> None:
    savemat(tmp_path / "a.mat", {**CONTENT, **OTHERS}, do_compression=packed)
    found, judge = read_mat(tmp_path / "a.mat"), loadmat(tmp_path / "a.mat")
    assert set(found) == set(CONTENT)
    for name, array in found.items():
        assert array.dtype == judge[name].dtype and np.array_equal(array, judge[name]), name


def test_a_file_cut_off_anywhere_is_refused_or_holds_less(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"a": np.arange(9.0), "b": np.arange(9.0)}, do_compression=True)
    whole = (tmp_path / "a.mat").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "b.mat").write_bytes(whole[:length])
        try:
            assert set(read_mat(tmp_path / "b.mat")) <= {"a"}
        except ValueError as error:
            assert str(error)


def test_other_versions_are_refused(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"a": np.zeros(3)}, format="4")
    with pytest.raises(ValueError, match="version 5"):
        read_mat(tmp_path / "a.mat")
