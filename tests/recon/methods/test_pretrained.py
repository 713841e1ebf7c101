from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from recon.errors import UserError
from recon.methods.base import Reconstructor
from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import UNTOLD, digest, lineage_of, save_weights
from synth2real.gan.generator import Generator

CONFIG = Pix2VertexConfig("separate", 64, "unet", (16, 32), unshuffle=2, norm="group", dropout=0.1)


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Pix2Vertex, Path]:
    torch.manual_seed(0)
    network = Pix2Vertex(CONFIG)
    path = tmp_path / "net.safetensors"
    save_weights(path, network, {"images": 7})
    return network, path


def metadata(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def alike(loaded: Reconstructor, network: Pix2Vertex) -> None:
    assert isinstance(loaded, Pix2Vertex) and loaded.config == CONFIG and loaded.frozen and loaded.size == 64
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().float()), name
        assert loaded.state_dict()[name].dtype == torch.float32


def test_round_trip(saved: tuple[Pix2Vertex, Path]) -> None:
    network, path = saved
    loaded = Reconstructor.from_pretrained(path)
    alike(loaded, network)
    assert loaded.card == {"images": 7}
    assert os.listdir(path.parent) == [path.name]
    assert digest(path) == digest(path) != digest(Path(__file__))


def test_the_same_weights_are_the_same_bytes(saved: tuple[Pix2Vertex, Path], tmp_path: Path) -> None:
    network, path = saved
    for number in range(8):
        save_weights(tmp_path / "again.safetensors", network, {"images": 7})
        assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes(), number


def test_a_folder_as_the_hub_has_them(saved: tuple[Pix2Vertex, Path], tmp_path: Path) -> None:
    network = saved[0]
    network.card = {"steps": 3}
    network.save_pretrained(tmp_path / "folder")
    assert {"model.safetensors", "config.json", "README.md"} == set(os.listdir(tmp_path / "folder"))
    assert json.loads((tmp_path / "folder" / "config.json").read_text())["size"] == 64
    for place in (tmp_path / "folder", str(tmp_path / "folder"), tmp_path / "folder" / "model.safetensors"):
        loaded = Reconstructor.from_pretrained(place)
        alike(loaded, network)
        assert loaded.card == {"steps": 3}


def test_a_repository_that_is_not_there() -> None:
    with pytest.raises(UserError, match="there are no weights at nobody/nothing, neither here nor on the Hub"):
        Reconstructor.from_pretrained("nobody/nothing")


@pytest.mark.parametrize("place", ["none.safetensors", "a/b/c", "/no/where"])
def test_missing_file(place: str) -> None:
    with pytest.raises(UserError, match="no weights at"):
        Reconstructor.from_pretrained(place)


@pytest.mark.parametrize("keep", [0, 5, 400])
def test_truncated_file(saved: tuple[Pix2Vertex, Path], keep: int) -> None:
    path = saved[1]
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="not a readable safetensors file"):
        Reconstructor.from_pretrained(path)


def test_weights_of_another_size(saved: tuple[Pix2Vertex, Path]) -> None:
    path = saved[1]
    tensors, said = load_file(path), metadata(path)
    said["config"] = said["config"].replace("[16, 32]", "[16, 48]")
    save_file(tensors, path, said)
    with pytest.raises(UserError, match="of size"):
        Reconstructor.from_pretrained(path)


@pytest.mark.parametrize("change, message", [("drop", "lacks tensor"), ("add", "unknown tensor")])
def test_a_tensor_too_few_or_too_many(saved: tuple[Pix2Vertex, Path], change: str, message: str) -> None:
    path = saved[1]
    tensors, said = load_file(path), metadata(path)
    if change == "drop":
        tensors.pop(next(iter(tensors)))
    else:
        tensors["stray"] = torch.zeros(1)
    save_file(tensors, path, said)
    with pytest.raises(UserError, match=message):
        Reconstructor.from_pretrained(path)


def test_another_kind_and_no_metadata(saved: tuple[Pix2Vertex, Path]) -> None:
    path = saved[1]
    with pytest.raises(UserError, match="holds weights of kind 'pix2vertex', not of generator"):
        Generator.from_pretrained(path)
    save_file(load_file(path), path)
    with pytest.raises(UserError, match="holds weights of kind '', not of pix2vertex"):
        Reconstructor.from_pretrained(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("config", "[1]", "has no readable config"),
        ("config", "{", "has no readable config"),
        ("card", "[1]", "has no readable card"),
        ("config", "[16, 32]", "size 33 is not divisible"),
    ],
)
def test_metadata_that_makes_no_sense(saved: tuple[Pix2Vertex, Path], key: str, value: str, message: str) -> None:
    path = saved[1]
    tensors, said = load_file(path), metadata(path)
    size = f'"size": {saved[0].config.size}'
    said[key] = said["config"].replace(size, '"size": 33') if "size 33" in message else value
    save_file(tensors, path, said)
    with pytest.raises(UserError, match=rf"network\.safetensors:? {message}|\.safetensors:? {message}"):
        Reconstructor.from_pretrained(path)


def test_weights_that_are_no_numbers(saved: tuple[Pix2Vertex, Path]) -> None:
    path = saved[1]
    tensors, said = load_file(path), metadata(path)
    name = next(iter(tensors))
    tensors[name].view(-1)[0] = torch.nan
    save_file(tensors, path, said)
    with pytest.raises(UserError, match=f"holds values that are no numbers in {name}"):
        Reconstructor.from_pretrained(path)


def test_a_method_that_is_loaded_first_is_trained_like_any() -> None:
    """In a process of its own: its module's tensors hold values, though weights are first built without any."""
    code = (
        "from pathlib import Path; from recon.methods.base import Reconstructor; import sys;"
        "Reconstructor.from_pretrained(Path(sys.argv[1]));"
        "from recon.methods.deca.training import DOT; print(DOT.device)"
    )
    weights = Path(__file__).parents[3] / "data/weights/deca.safetensors"
    run = subprocess.run([sys.executable, "-c", code, weights], capture_output=True, text=True)
    assert run.stdout.strip() == "cpu", run.stderr


@pytest.mark.parametrize("file", sorted(Path("data/weights").glob("*.safetensors")), ids=lambda file: file.stem)
def test_the_bundled_weights_name_no_place_of_the_machine_that_made_them(file: Path) -> None:
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    assert not [word for word in re.split(r"[\s\"\\]+", metadata.get("card", "")) if Path(word).is_absolute()]


def test_a_lineage_is_told_as_far_as_the_card_tells(tmp_path: Path) -> None:
    config = Pix2VertexConfig("joint", 32, "unet", (8, 8), unshuffle=2, norm="group", dropout=0.0)
    cards = ({}, {"experiment": {"start": None}}, {"experiment": {"start": "a"}}, {"began_with": ["b"]})
    found = []
    for number, card in enumerate(cards):
        save_weights(tmp_path / f"{number}.safetensors", Pix2Vertex(config), card)
        first, *others = lineage_of(tmp_path / f"{number}.safetensors")
        assert first == digest(tmp_path / f"{number}.safetensors")
        found.append(others)
    assert found == [[], [], [UNTOLD], ["b"]]
    for place in ("none.safetensors", "text.safetensors", "."):
        (tmp_path / "text.safetensors").write_text("no weights")
        with pytest.raises(UserError):
            lineage_of(tmp_path / place)
