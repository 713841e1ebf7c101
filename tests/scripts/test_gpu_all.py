"""`scripts/gpu_all` without a GPU: its whole path at toy size, and its refusals."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from recon.evaluate.results import Result, read_result
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.shards import Rows
from recon.train.experiment import read_experiment
from synth2real.gan.experiment import read_gan_experiment
from synth2real.gan.generator import Generator
from synth2real.gan.parser_loss import has_parser

ROOT = Path(__file__).parents[2]
STAMP = ROOT / ".venv/.installed"
PHOTOS = 24  # some are dropped, as real ones are; 16 must be left


def gpu_all(*words: object, **settings: str) -> subprocess.CompletedProcess[str]:
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if not STAMP.is_file() or STAMP.read_text().strip() != wanted:
        pytest.skip("scripts/setup would install packages: run it first")
    known = {name: value for name, value in os.environ.items() if name != "CI"}  # where setup fetches OpenGL
    command = [str(ROOT / "scripts/gpu_all"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env={**known, "OMP_NUM_THREADS": "1", **settings})


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Renders stand in for photos."""
    folder, model = tmp_path_factory.mktemp("photos"), load("default")
    plain = SceneConfig(yaw_max_deg=10.0)
    for index in range(PHOTOS):
        Image.fromarray(render_record(model, draw_scene(model, 3, index, plain), 128).rgb).save(folder / f"{index}.png")
    return folder


def result(file: Path) -> tuple[Result, dict[tuple[str, str], float], dict[tuple[str, str], int]]:
    """A result with the values and the counts of its figures by group and name."""
    found, _ = read_result(file)
    keys = [(figure.group, figure.name) for figure in found.figures]
    return (
        found,
        dict(zip(keys, (f.value for f in found.figures), strict=True)),
        dict(zip(keys, (f.n for f in found.figures), strict=True)),
    )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_whole_path_at_toy_size(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "gpu"
    run = gpu_all(photos, "--out", out, "--toy")
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    steps = [line.rpartition(": ")[0] for line in (out / "seconds.txt").read_text().splitlines()]
    assert steps == [line[3:] for line in run.stdout.splitlines() if line.startswith("== ")] and len(steps) == 9
    assert (out / "seconds.txt").read_text().count("exit code 0") == len(steps)

    network = Reconstructor.from_pretrained(out / "network_sharper/weights.safetensors")
    assert network.card["steps"] == 2 and has_parser(network)
    assert Reconstructor.from_pretrained(out / "deca_detail/weights.safetensors").card["steps"] == 2
    for name, weight in (("harmoniser", 24.0), ("harmoniser_free", 0.0)):
        card = Generator.from_pretrained(out / f"{name}.safetensors").card
        assert card["steps"] == 2 and 16 <= card["photos"] <= PHOTOS
        assert card["experiment"]["geometry"]["weight"] == weight
    for name in (
        "network",
        "network_more",
        "network_sharper",
        "deca",
        "deca_acting",
        "deca_detail",
        "harmoniser",
        "harmoniser_free",
    ):
        run_dir = out / name
        with Image.open(run_dir / "curves.png") as curves:
            assert curves.width > 1000
        assert len(list((run_dir / "sheets").iterdir())) == 1

    checks, values, counts = result(out / "results/gpu_checks.json")
    assert checks.settings["device"] == "cpu" and counts["", "triangles"] == 1 and values["", "rate"] > 0
    assert all(values["", name] == 0 for name in ("triangles", "places", "pixels", "gradients", "network"))
    renders, values, counts = result(out / "results/renders.json")
    assert counts["", "mask_iou"] == renders.settings["count"] == 4
    assert list(renders.weights) == ["weights.safetensors"]
    kept, values, counts = result(out / "preservation/generator_preservation.json")
    assert values["renders", "a_drift_px"] == 0
    for name in ("harmoniser", "harmoniser_free"):
        assert values[name, "a_drift_px"] >= 0 and counts[name, "a_drift_px"] == kept.settings["count"] == 16
    for name in ("bench_render", "bench_differentiable"):
        found, _, _ = result(out / f"results/{name}.json")
        assert found.settings["device"] == "cpu" and all(figure.value > 0 for figure in found.figures)
    assert (
        len(Rows(out / "faces")) == 8 and (out / "faces/sheet.jpg").is_file() and (out / "faces/index.html").is_file()
    )


def test_without_a_gpu_it_does_nothing(tmp_path: Path) -> None:
    run = gpu_all(tmp_path, "--out", tmp_path / "gpu", CUDA_VISIBLE_DEVICES="")
    assert run.returncode == 2 and "needs a CUDA GPU" in run.stderr and not run.stdout
    assert not (tmp_path / "gpu").exists()


@pytest.mark.parametrize("words", [[], ["no_such_folder"], ["--toy"]])
def test_without_photos_it_says_how_it_is_called(words: list[str]) -> None:
    run = gpu_all(*words)
    assert run.returncode == 2 and run.stderr.startswith("usage: scripts/gpu_all PHOTOS_DIR") and not run.stdout


def test_the_gpus_experiments_are_of_256_px_and_belong_together() -> None:
    network = read_experiment(ROOT / "configs/recon/wild_256_gpu.yaml")
    told = {"photos.folder": "somewhere", "geometry.network": "of the network"}
    generator = read_gan_experiment(ROOT / "configs/synth2real/harmoniser_256_gpu.yaml", told)
    assert network.network.size == generator.size == 256 and network.precision == generator.precision == "bf16"
    assert generator.size % generator.generator.stride == 0 and network.network.parser and generator.parser.weight > 0
