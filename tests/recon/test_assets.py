from __future__ import annotations

from pathlib import Path

import pytest

from recon import assets
from recon.errors import UserError


def test_a_checkout_has_its_data_and_configs() -> None:
    root = Path(__file__).parents[2]
    assert assets.path("default_face.npz") == root / "data" / "default_face.npz"
    assert assets.config_path("recon").is_dir()


def test_an_installed_wheel_carries_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_PACKAGE", tmp_path / "recon")
    for folder in ("data", "recon/_data"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.npz").touch()
    assert assets.path("a.npz") == tmp_path / "recon" / "_data" / "a.npz"
    with pytest.raises(UserError, match=r"data/b\.npz is missing from this installation"):
        assets.path("b.npz")
