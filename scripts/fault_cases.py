"""The commands of `try_faults.py` at toy sizes: what each is given, and the folder that it fills."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PLAIN = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0}
SIDE, FACES, PHOTOS = 32, 12, 3
TRAINING = {
    "method": "pix2vertex",
    "network": {"outputs": "joint", "size": SIDE, "widths": [8, 16], "norm": "group", "dropout": 0.1},
    "sources": {"drawn": {"count": 6, "scene": PLAIN}},
    "held_out": {"count": 2, "scene": PLAIN, "seed": 9},
    "batch_size": 2,
    "optimizer": "muon",
    "precision": "no",
    "checkpoint_every": 2,
    "evaluate_every": 4,
    "stages": [{"steps": 10, "warmup": 2}, {"steps": 6, "warmup": 0, "blend": 0.5}],
}
GENERATOR = {
    "size": SIDE,
    "batch": 2,
    "steps": 12,
    "precision": "no",
    "held_out": 2,
    "checkpoint_every": 2,
    "evaluate_every": 4,
    "generator": {"widths": [8, 16], "head_width": 8},
    "discriminator": {"width": 8, "strides": 2},
    "sources": {"renders": {"scene": PLAIN, "count": 6, "yaw_limit_deg": 20}},
    "photos": {"framing": "none", "without_glasses": False},
}


@dataclass(frozen=True)
class Case:
    """A command, named as its program's module and its words, in which IN and NOW stand for folders.

    Attributes:
        make: fills IN once. begin: puts what the command changes into NOW, anew for each run. fills: in NOW.
        needs: modules that the program will import. prepare: is called in its process before it.
        workers: words with which processes work for it; none: it has none.
        damage: a pattern of files of which a broken one is told; by the words of `told_by`, or the command itself.
    """

    module: str
    words: str
    make: Callable[[Path], None]
    needs: tuple[str, ...]
    fills: str = "out"
    begin: Callable[[Path, Path], None] = lambda folder, now: None
    prepare: Callable[[], None] = lambda: None
    workers: str | None = None
    damage: str | None = None
    told_by: str | None = None


def plain_scene(folder: Path) -> None:
    (folder / "scene.yaml").write_text(yaml.safe_dump(PLAIN))


def small_shards() -> None:
    """So that few rows fill several; in the process that writes them."""
    produce: Any = importlib.import_module("recon.synthesis.produce")
    produce.RECORDS_PER_SHARD, produce.PART = 5, 2


def photos(folder: Path) -> None:
    """Drawn faces, and a file that is no image."""
    from PIL import Image

    from recon.faces import load
    from recon.synthesis.render_record import render_record
    from recon.synthesis.scene import SceneConfig, draw_scene

    (folder / "photos").mkdir()
    model, scene = load("default"), SceneConfig(yaw_max_deg=15, calm=1)
    for index in range(PHOTOS):
        rgb = render_record(model, draw_scene(model, 8, index, scene), 192).rgb
        Image.fromarray(rgb).save(folder / "photos" / f"face_{index}.png")
    (folder / "photos" / "none.png").write_bytes(b"no image")


def training(folder: Path) -> None:
    (folder / "training.yaml").write_text(yaml.safe_dump(TRAINING))


def generator(folder: Path) -> None:
    """Any pictures for photos, and a network that knows nothing yet."""
    import numpy as np
    from PIL import Image

    from recon.methods.pix2vertex.network import Pix2Vertex, Pix2VertexConfig
    from recon.methods.pretrained import save_weights

    (folder / "generator.yaml").write_text(yaml.safe_dump(GENERATOR))
    config = Pix2VertexConfig(outputs="joint", size=SIDE, widths=(16, 16), norm="group", dropout=0.0)
    save_weights(folder / "network.safetensors", Pix2Vertex(config))
    (folder / "photos").mkdir()
    for index in range(4):
        pixels = np.random.default_rng(index).integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{index}.png")


def any_photo_serves() -> None:
    """The network could not tell."""
    upright: Any = importlib.import_module("synth2real.photos.upright")
    upright.reason_against_crop = lambda *given: None


def loop(folder: Path) -> None:
    """Two arms, one of which learns a dataset beside renders."""
    faces(folder)
    base = {**TRAINING, "sources": {"faces": {"scene": PLAIN, "count": 4, "seed": 7}}, "stages": [{"steps": 4}]}
    base["held_out"] = {"dataset": str(folder / "faces"), "last": 2}
    (folder / "base.yaml").write_text(yaml.safe_dump(base))
    plain_scene(folder)
    drawn = {"scene": str(folder / "scene.yaml"), "count": 2, "size": SIDE}
    config = {
        "base": str(folder / "base.yaml"),
        "arms": {"renders": {}, "mine": {"dataset": str(folder / "faces"), "share": 0.5}},
        "against": ["renders"],
        "scores": {"drawn": {"protocol": "renders", "settings": drawn}},
    }
    (folder / "feedback.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def faces(folder: Path) -> None:
    """A dataset of three shards."""
    from recon.configuration import from_plain
    from recon.synthesis.scene import SceneConfig
    from synth2real.dataset.make import make_renders

    small_shards()
    scene = from_plain(SceneConfig, PLAIN, "the scene")
    make_renders(folder / "faces", FACES, scene=scene, size=SIDE, seed=3, workers=1)


def copy_of_faces(folder: Path, now: Path) -> None:
    shutil.copytree(folder / "faces", now / "faces")


OF_DATASETS = ("synth2real.dataset.make", "datasets")
OF_PHOTOS = ("recon.reconstruction.pipeline", "recon.reconstruction.networks")
CASES = {
    "generate": Case(
        "synth2real.cli",
        f"generate --look render --scene IN/scene.yaml --count {FACES} --size {SIDE} --out NOW/out --workers 1",
        plain_scene,
        OF_DATASETS,
        prepare=small_shards,
        workers="",
        damage="data/*.parquet",
        told_by="verify NOW/out --sample 1",
    ),
    "recon train": Case(
        "recon.cli",
        "train IN/training.yaml --out NOW/out",
        training,
        ("recon.train.run", "tensorboard.compat"),
        workers="--workers 1",
        damage="checkpoints/*.pt",
    ),
    "synth2real train": Case(
        "synth2real.cli",
        "train IN/generator.yaml --photos.folder IN/photos --geometry.network IN/network.safetensors --out NOW/out",
        generator,
        ("synth2real.gan.run", "tensorboard.compat"),
        prepare=any_photo_serves,
        workers="--workers 1",
        damage="checkpoints/*.pt",
    ),
    "feedback": Case(
        "synth2real.cli",
        "feedback IN/feedback.yaml --out NOW/out --workers 1",
        loop,
        ("synth2real.feedback.run", "recon.evaluate.protocols.renders", *OF_DATASETS),
    ),
    "publish": Case(
        "synth2real.cli",
        "publish NOW/faces --repo me/faces --dry_run",
        faces,
        ("synth2real.dataset.publish", *OF_DATASETS),
        fills=".faces.publish",
        begin=copy_of_faces,
        damage="../faces/data/*.parquet",
    ),
    "reconstruct": Case(
        "recon.cli",
        "reconstruct IN/photos --crop --no_detail --out NOW/out --workers 1",
        photos,
        ("recon.reconstruction.batch", *OF_PHOTOS),
        workers="--workers 2",
    ),
    "canvases": Case(
        "synth2real.cli",
        "canvases --photos IN/photos --out NOW/out --size 96 --workers 1",
        photos,
        ("recon.canvases.folder", "synth2real.dataset.checksums", *OF_PHOTOS),
        workers="--workers 2",
    ),
    "fit": Case(
        "recon.cli",
        "fit --photos IN/photos --out NOW/out --size 96 --workers 1",
        photos,
        ("recon.fitting.fit_job", *OF_PHOTOS),
        workers="--workers 2",
    ),
}
