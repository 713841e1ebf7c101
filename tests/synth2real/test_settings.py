"""Every number of every settings file has a range, and what lies outside it is refused in one sentence."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recon.configuration import read_config
from recon.errors import UserError
from recon.evaluate.protocols import PROTOCOLS, load_protocol
from recon.reconstruction.pipeline import ReconstructionConfig
from recon.synthesis.scene import SceneConfig
from recon.train.experiment import Stage, experiment_class, read_experiment
from synth2real.gan.experiment import GanExperiment, read_gan_experiment

SETTINGS = (
    SceneConfig,
    ReconstructionConfig,
    experiment_class("pix2vertex"),
    Stage,
    GanExperiment,
    *(load_protocol(name).settings for name in PROTOCOLS),
)
FREE = ("balance",)  # shares of groups under free names, which `recon.synthesis.groups` checks
RECON, GAN = Path("configs/recon/pix2vertex_128_cpu.yaml"), Path("configs/synth2real/portraits_128_cpu.yaml")


def numbers(cls: Any, seen: set[type]) -> Iterator[tuple[type, dataclasses.Field]]:
    """The fields of numbers, or of tuples of them, of a dataclass and of those that it holds."""
    if cls in seen:
        return
    seen.add(cls)
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        for part in parts(hints[field.name]):
            if dataclasses.is_dataclass(part):
                yield from numbers(part, seen)
            elif part in (int, float) and field.name not in FREE:
                yield cls, field


def parts(hint: Any) -> list[Any]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType, tuple, dict):
        return [found for one in typing.get_args(hint) for found in parts(one)]
    return [hint]


ALL = {f"{cls.__name__}.{field.name}": field for top in SETTINGS for cls, field in numbers(top, set())}


def test_the_walk_finds_what_is_deep() -> None:
    assert {"KeyLight.strength", "SourceConfig.last", "Pix2VertexConfig.widths", "DetailConfig.eta"} <= ALL.keys()
    assert len(ALL) > 100


@pytest.mark.parametrize("name", ALL)
def test_every_number_has_a_range_that_holds_its_default(name: str) -> None:
    low, high = ALL[name].metadata["range"]
    made, default = ALL[name].default_factory, ALL[name].default
    default = default if made is dataclasses.MISSING else tuple(made())
    for number in default if isinstance(default, tuple) else (default,):
        assert number is None or low <= number <= high


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("exposure", "-3", "--exposure must be from 0.05 to 20, not -3"),
        ("eye_share", "5", "--eye_share must be from 0.02 to 0.8, not 5"),
        ("dress.glasses", "1.5", "--dress.glasses must be from 0 to 1, not 1.5"),
        ("yaw_max_deg", "400", "--yaw_max_deg must be from 0 to 90, not 400"),
        ("fov_min_deg", "-5", "--fov_min_deg must be from 1 to 120, not -5"),
        ("skin", "7", "--skin must be from 0 to 1, not 7"),
        ("smile", ".nan", "--smile must be from 0 to 1, not nan"),
        ("dress.hides", "[nose]", "hides can't name 'nose'; known: hair, facial_hair, glasses"),
        ("dress.hides", "[har]", "did you mean 'hair'"),
        ("fov_min_deg", "60", "fov_min_deg 60 is above fov_max_deg 40"),
        ("factors.yaw_deg", "[0, 1000]", "--factors.yaw_deg must be from -90 to 90, not 1000"),
        ("balance", "{glasses: {none: -1}}", "needs groups with shares of 0 or more"),
    ],
)
def test_scenes_that_make_no_sense(key: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_config(SceneConfig, None, {key: value})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("stages.0.steps", "-1", "--stages.0.steps must be from 1"),
        ("stages.0.learning_rate", "-1", "--stages.0.learning_rate must be from 0 to 1, not -1"),
        ("ema_decay", "7", "--ema_decay must be from 0 to 0.999999, not 7"),
        ("batch_size", "0", "--batch_size must be from 1"),
        ("workers", "-2", "--workers must be from 0"),
        ("seed", "-1", "--seed must be from 0"),
        ("seed", str(2**70), "--seed must be from 0"),
        ("network.widths", "[]", "widths is empty"),
        ("network.widths", "[37, 64]", "37 channels don't divide into groups"),
        ("network.size", "100", "size 100 is not divisible by 32"),
        ("sources.mixed.scene.exposure", "-3", "--sources.mixed.scene.exposure must be from"),
        ("sources.mixed.scene.fov_min_deg", "60", "fov_min_deg 60 is above fov_max_deg 40"),
    ],
)
def test_experiments_that_make_no_sense(key: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_experiment(RECON, {key: value})


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("steps", "-1", "--steps must be from 1"),
        ("batch", "0", "--batch must be from 1"),
        ("workers", "-2", "--workers must be from 0"),
        ("generator_rate", "-1", "--generator_rate must be from 0 to 1, not -1"),
        ("generator_rate", "nan", "--generator_rate must be"),
        ("geometry.weight", "-5", "--geometry.weight must be from 0"),
        ("ema_decay", "7", "--ema_decay must be"),
        ("seed", "-1", "--seed must be from 0"),
        ("seed", str(2**64), "--seed must be from 0"),
        ("size", "100", "size 100 is not divisible by 16"),
        ("size", "16", "size 16 is below 32"),
        ("generator.widths", "[37]", "37 channels"),
        ("sources.renders.weight", "0", "every source has the weight 0"),
    ],
)
def test_generators_that_make_no_sense(key: str, value: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read_gan_experiment(GAN, {"photos.folder": "photos", key: value})


@pytest.mark.parametrize(
    ("protocol", "key"), [("renders", "count"), ("registration", "count"), ("renders", "size"), ("detail", "rays")]
)
def test_protocols_of_nothing(protocol: str, key: str) -> None:
    with pytest.raises(UserError, match=f"--{key} must be from"):
        read_config(load_protocol(protocol).settings, None, {key: "0"})
