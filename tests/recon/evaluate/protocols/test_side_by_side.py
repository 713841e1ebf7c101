from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.evaluate.protocols import scan_views, side_by_side
from recon.evaluate.readers.textured_mesh import load_scan
from recon.faces import load
from recon.methods.pretrained import save_weights
from recon.methods.prnet.config import PRNetConfig
from recon.methods.prnet.network import PRNet
from recon.methods.vrn.config import VRNConfig
from recon.methods.vrn.network import VRN
from tests.shared import SHARED

PRNET = PRNetConfig(64, (8, 16, 16, 32, 32, 32), 2, "group", "bilinear")
GUIDED = VRNConfig(64, 32, 32, 2.0, "guided", 16, 2, 3, "group", landmark_width=16)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("networks")
    torch.manual_seed(0)
    save_weights(folder / "a.safetensors", PRNet(PRNET))
    save_weights(folder / "b.safetensors", VRN(GUIDED))
    return folder / "a.safetensors", folder / "b.safetensors"


def test_one_run_makes_one_table(files: tuple[Path, ...], tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("{dress: {dressed: 0}, environment: 0, skin: 0, eyes: 0, mouth: 0}")
    settings = side_by_side.Settings(files, tmp_path / "plain.yaml", count=1, size=64, blind=3)
    result = side_by_side.run(settings)
    prnet, vrn = side_by_side.labels_of(files)
    assert prnet.startswith("prnet (networks0/a, 0.") and vrn.startswith("vrn-guided (networks0/b, 0.")
    rows = {figure.group for figure in result.figures}
    assert rows == {prnet, vrn, f"{prnet}: mean answer", f"{vrn}: mean answer", side_by_side.MEAN_FACE}
    value = {(figure.group, figure.name): figure.value for figure in result.figures}
    assert value[side_by_side.MEAN_FACE, "dense"] < value[f"{prnet}: mean answer", "dense"] < value[prnet, "dense"]
    assert value[prnet, "share"] == pytest.approx(value[prnet, "dense"] / value[f"{prnet}: mean answer", "dense"])
    assert 0 < value[vrn, "network_ms"] <= value[vrn, "mesh_ms"] and value[side_by_side.MEAN_FACE, "depth"] < 10
    assert len(result.weights) == 2 and len(result.values) == 5
    assert side_by_side.MEAN_FACE in result.markdown()


def test_networks_are_named_once(files: tuple[Path, ...]) -> None:
    with pytest.raises(UserError, match="no networks to set side by side"):
        side_by_side.labels_of(())
    with pytest.raises(UserError, match="names the same file twice"):
        side_by_side.labels_of((files[0], files[0]))


@pytest.mark.skipif(not (SHARED / "eval/james").is_dir(), reason="the scan is not there")
def test_a_scan_gives_a_figure(files: tuple[Path, ...]) -> None:
    network = side_by_side.open_network(files[0], False)
    views = scan_views.render_views(load_scan(SHARED / "eval/james"), load("default"), 64)
    figure = side_by_side.scan_figure(network, views, "prnet")
    assert np.isfinite(figure.value) and figure.value > 0.5 and figure.n == 12
