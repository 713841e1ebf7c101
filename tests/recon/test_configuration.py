from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from recon.configuration import bounded, from_plain, read_config, to_plain, write_config
from recon.configuration.types import build
from recon.errors import UserError


@dataclass(frozen=True)
class Net:
    width: int = 32
    widths: tuple[int, ...] = (1, 2)
    kind: Literal["joint", "separate"] = "joint"


@dataclass(frozen=True)
class Config:
    steps: int
    rate: float = 1e-3
    net: Net = field(default_factory=Net)
    name: str | None = None
    photos: Path | None = None
    bf16: bool = False
    other: Net | None = None


def test_file_then_overrides_over_defaults(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("steps: 5\nrate: 1e-4\nnet:\n  width: 8\n")
    config = read_config(
        Config, path, {"steps": "7", "net.widths": "[3, 4, 5]", "name": "5", "photos": "a/b", "bf16": "true"}
    )
    assert config == Config(7, 1e-4, Net(8, (3, 4, 5)), "5", Path("a/b"), True)


def test_written_config_reads_back_equal(tmp_path: Path) -> None:
    config = Config(3, 2e-4, Net(16, (4,), "separate"), None, Path("photos"))
    write_config(config, tmp_path / "run" / "config.yaml")
    assert read_config(Config, tmp_path / "run" / "config.yaml") == config
    assert from_plain(Config, to_plain(config), "here") == config
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stesp: 5", "unknown key 'stesp' in {path}; did you mean 'steps'?"),
        ("steps: 5\nnet: {widht: 3}", "unknown key 'net.widht' in {path}; did you mean 'width'?"),
        ("steps: 5\nnet: 3", "'net' in {path} must hold keys of its own, not 3"),
        ("steps: many", "'steps' must be int, not 'many' in {path}"),
        ("steps:", "'steps' must be int, not 'null' in {path}"),
        ("steps: 5\nnet: {widths: }", "'net.widths' must be [int, ...], not 'null' in {path}"),
        ("steps: 5\nnet: {kind: both}", "'net.kind' must be joint or separate, not 'both' in {path}"),
        ("steps: 5\nname: [1]", "'name' must be text or null, not '[1]' in {path}"),
        ("steps: 5\nnet:", "'net' must be keys of its own, not null in {path}"),
        ("rate: 1", "no value for steps in {path}: give --steps VALUE"),
        ("- 1\n- 2", "the configuration file {path} must hold `key: value` lines"),
        ("steps: [5", "the configuration file {path} is not valid YAML at line 1: mend it"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        read_config(Config, path)
    assert str(error.value) == sentence.format(path=path)


@pytest.mark.parametrize(
    ("overrides", "part"),
    [
        ({"stesp": "3"}, "unknown option --stesp; did you mean 'steps'?"),
        ({"net.widht": "3"}, "unknown option --net.widht; did you mean 'net.width'?"),
        ({"nets.width": "3"}, "did you mean 'net'?"),
        ({"net": "3"}, "--net has keys of its own"),
        ({"net": "{width: 3, width: 4}"}, "--net gives 'width' twice: keep one"),
        ({"steps": "1.5"}, "--steps must be int, not '1.5'"),
        ({"steps": "1", "other.width": "a"}, "--other.width must be int, not 'a'"),
    ],
)
def test_a_bad_override_is_one_sentence(overrides: dict[str, str], part: str) -> None:
    with pytest.raises(UserError) as error:
        read_config(Config, None, overrides)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no configuration file .*none\.yaml: check the path"):
        read_config(Config, tmp_path / "none.yaml")
    with pytest.raises(UserError, match="can't be read"):
        read_config(Config, tmp_path)


def test_a_bundled_file_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package" / "_configs" / "recon").mkdir(parents=True)
    (tmp_path / "package" / "_configs" / "recon" / "a.yaml").write_text("steps: 3")
    monkeypatch.setattr("recon.assets._PACKAGE", tmp_path / "package")
    monkeypatch.chdir(tmp_path)
    assert read_config(Config, Path("configs/recon/a.yaml")) == Config(3)
    with pytest.raises(UserError, match=r"there is no configuration file configs/recon/b\.yaml"):
        read_config(Config, Path("configs/recon/b.yaml"))


@dataclass(frozen=True)
class Ranged:
    share: float = bounded(0.5, 0, 1)
    sizes: tuple[int, ...] = bounded((1, 2), 1)
    limit: float | None = bounded(None, high=9)


@dataclass(frozen=True)
class Nested:
    ranged: dict[str, Ranged] = field(default_factory=dict)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"share": 1.5}, "'ranged.a.share' must be from 0 to 1, not 1.5 in here"),
        ({"share": float("nan")}, "'ranged.a.share' must be from 0 to 1, not nan in here"),
        ({"sizes": [-(10**400)]}, "'ranged.a.sizes' must be at least 1, not"),
        ({"sizes": [3, 0]}, "'ranged.a.sizes' must be at least 1, not 0 in here"),
        ({"limit": 10}, "'ranged.a.limit' must be at most 9, not 10"),
    ],
)
def test_a_number_beyond_its_range_is_named(values: dict, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        from_plain(Nested, {"ranged": {"a": values}}, "here")
    assert from_plain(Nested, {"ranged": {"a": {"limit": None, "share": 1}}}, "here").ranged["a"].share == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("steps: 5\nsteps: 6", "the configuration file {path} gives 'steps' twice: keep one"),
        ("steps: 5\nnet: {width: 3, width: 4}", "the configuration file {path} gives 'width' twice: keep one"),
        ("steps: 5\nnet: {path}", "the configuration file {path} names itself: mend it"),
        ("steps: " + "[" * 3000 + "]" * 3000, "the configuration file {path} is nested too deeply: mend it"),
        ("steps: &a {{b: *a}}", "the configuration file {path} holds more than 100,000 values: mend it"),
        ("steps: !!python/object/apply:os.getcwd []", "the configuration file {path} is not valid YAML at line 1"),
        ("steps: [" + "1, " * 99 + "1]", "'steps' must be int, not '[1, 1, 1, 1, 1, 1, 1, 1"),
    ],
)
def test_a_file_that_is_a_trap_is_one_short_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text.replace("{path}", str(path)).replace("{{", "{").replace("}}", "}"))
    with pytest.raises(UserError) as error:
        read_config(Config, path)
    assert str(error.value).startswith(sentence.format(path=path)) and len(str(error.value)) < 400


@pytest.mark.parametrize("value", ["[]", "[1]"])
def test_a_list_is_no_group(value: str) -> None:
    with pytest.raises(UserError, match="must be keys of its own"):
        read_config(Config, None, {"steps": "1", "net": value})
    with pytest.raises(UserError, match="must be keys of its own"):
        from_plain(Listed, {"nets": {"width": 3}}, "here")
    assert from_plain(Listed, {"nets": [{"width": 3}]}, "here").nets[0].width == 3


@dataclass(frozen=True)
class Listed:
    nets: tuple[Net, ...] = ()


@pytest.mark.parametrize("name", ["a: b.png", "[1].jpg", "# 1.jpg", "&a", "~", "1", "true", "a\nb", "\udcff", " a "])
def test_a_name_is_taken_as_it_is(name: str) -> None:
    assert build(Path, name) == build(Path | None, name) == Path(name)
    assert build(str, name) == build(str | None, name) == name
    assert build(Path | None, "null") is None and build(str, "null") == "null"
