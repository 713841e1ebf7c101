import pytest
import torch
import yaml

from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
from recon.methods.pretrained import save_weights
from synth2real import bundled
from synth2real.cli import main
from synth2real.dataset.publish.network import model_card
from tests.hub_client import client
from tests.hub_server import HubServer

EXPERIMENT = {"sources": {"painted": {"model": "default"}}, "textures": {"file": "/home/someone/skins.npy"}}


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    config = Pix2VertexConfig(size=32, architecture="unet", outputs="joint", widths=(8, 8), norm="group", dropout=0.0)
    card = {"experiment": EXPERIMENT, "steps": 12}
    save_weights(tmp_path / "net.safetensors", Pix2Vertex(config), card)
    return tmp_path / "net.safetensors"


SCRIPT = """
from synth2real.cli import main
words = ["publish", "--weights", WEIGHTS, "--repo", "me/net", "--license", "cc-by-4.0"]
main([*words, "--ingredients", "skins=cc-by-4.0"])
from recon.methods.base import Reconstructor
from recon.methods.pretrained import network_digest
here, there = (network_digest(Reconstructor.from_pretrained(place)) for place in (WEIGHTS, "me/net"))
print("same", here == there)
judged = ["--look", "translated", "--judge", "me/net", JUDGE]
main(["generate", "--count", "1", "--size", "32", "--out", OUT, "--workers", "1", *judged])
main(["verify", OUT, "--judge", "me/net", JUDGE, "--sample", "1"])
"""


@pytest.mark.slow
def test_published_weights_come_back_and_commands_take_their_name(weights, tmp_path):
    script = SCRIPT.replace("WEIGHTS", repr(str(weights))).replace("OUT", repr(str(tmp_path / "faces")))
    script = script.replace("JUDGE", repr(str(bundled.judge_weights()[0])))
    with HubServer() as hub:
        hub.fail("POST", "/commit/", "lost", "500")
        code, out = client(hub, tmp_path / "home", script)
        there = hub.tree("me/net", "model")
    assert code == 0 and "same True" in out, out
    assert "nothing is wrong: 1 rows read, 1 of them made again" in out
    assert there.keys() == {"model.safetensors", "README.md"} and there["model.safetensors"] == weights.read_bytes()
    card = there["README.md"].decode()
    assert yaml.safe_load(card.split("---\n")[1])["license"] == "cc-by-4.0"
    assert "steps: 12" in card and 'from_pretrained("me/net")' in card and "/home" not in card
    assert "SECRET" not in out + card


def test_what_it_was_trained_on_is_asked_for(weights, capsys):
    words = ["publish", "--weights", str(weights), "--repo", "me/net", "--dry_run"]
    assert main(words) == 2
    assert 'licence of the skins is not known: give --ingredients "skins=LICENCE"' in capsys.readouterr().err
    assert main([*words, "--ingredients", "skins=cc-by-nc-4.0", "--license", "cc0-1.0"]) == 2
    assert "which blocks cc0-1.0" in capsys.readouterr().err
    assert main([*words, "--ingredients", "skins=cc-by-nc-4.0"]) == 0
    assert "under cc-by-nc-4.0, would be" in capsys.readouterr().out
    assert main(["publish", "--weights", "missing.safetensors", "--repo", "me/net"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_card_of_bundled_weights_says_what_is_known(tmp_path):
    from synth2real.gan.generator import Generator

    file = bundled.generator_weights()
    card = model_card(Generator.from_pretrained(file), file, "me/generator", [], "cc0-1.0")
    assert (
        "Congress" in card and "## What is known of it\n- **What it does**" in card and "judge.safetensors" not in card
    )
