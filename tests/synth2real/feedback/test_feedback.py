"""The loop end to end: tiny networks, the bundled generator and judges, two scores, two rounds."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from recon.assets import config_path
from recon.configuration import read_config
from recon.evaluate.results import read_result
from recon.evaluate.webmorph import PUPILS
from recon.methods.base import Reconstructor
from recon.people.wardrobe import DressConfig
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import Rows, shard_path, write_shard
from synth2real.cli import main
from synth2real.feedback.arms import experiment_of, read_base
from synth2real.feedback.config import FeedbackConfig, Score
from synth2real.feedback.scores import Known, known, settings_of, values_of

PLAIN = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0}
SIZE = 32


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("feedback")
    plain = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
    job = RenderJob(4, SIZE, plain)
    write_shard(shard_path(folder / "mine", 0), job.schema(), [row for row in job.open()(range(3)) if row])
    photos(folder / "photos")
    (folder / "plain.yaml").write_text(yaml.safe_dump(PLAIN))
    base = {
        "network": {"outputs": "joint", "size": SIZE, "widths": [8, 16], "norm": "group", "dropout": 0.0},
        "sources": {"faces": {"scene": PLAIN, "count": 4, "seed": 7}},
        "held_out": {"dataset": str(folder / "mine")},
        "batch_size": 2,
        "precision": "no",
        "stages": [{"steps": 2, "warmup": 0}],
    }
    (folder / "base.yaml").write_text(yaml.safe_dump(base))
    arms = {
        "renders": {"seeds": 2},
        "held": {"generator": "bundled"},
        "mine": {"dataset": str(folder / "mine"), "share": 0.5, "changes": {"augment.colour": 1.5}},
    }
    scores = {
        "photos": {"protocol": "landmarks_2d", "settings": {"folder": str(folder / "photos"), "size": SIZE}},
        "drawn": {
            "protocol": "renders",
            "settings": {"scene": str(folder / "plain.yaml"), "count": 2, "size": SIZE},
        },
    }
    config = {"base": str(folder / "base.yaml"), "arms": arms, "against": ["renders", "mine"], "scores": scores}
    (folder / "feedback.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


def photos(folder: Path) -> None:
    """Three noisy pictures with webmorph's points anywhere but the pupils."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for i in range(3):
        points = random.uniform(10, 50, (189, 2))
        points[list(PUPILS)] = (22, 28), (42, 28)
        Image.fromarray(random.integers(0, 256, (64, 64, 3)).astype(np.uint8)).save(folder / f"{i}.jpg")
        (folder / f"{i}.pts").write_text("\n".join(f"{x} {y}" for x, y in points))


def feedback(files: Path, out: Path, *words: str) -> int:
    return main(["feedback", str(files / "feedback.yaml"), "--out", str(out), "--workers", "1", *words])


@pytest.fixture(scope="module")
def made(files, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    assert feedback(files, out, "--adopt", "--rounds", "2") == 0
    return out


def test_a_table_with_every_arm_and_score(made):
    result, origin = read_result(made / "round_1" / "feedback.json")
    assert origin["command"].startswith("synth2real feedback feedback.yaml")
    means = {(figure.group, figure.name) for figure in result.figures if not figure.name.endswith("_change")}
    assert means == {(arm, score) for arm in ("renders", "held", "mine") for score in ("photos", "drawn")}
    changes = [figure for figure in result.figures if figure.name == "photos_change"]
    assert len(changes) == 2  # not of the better of renders and mine
    assert len([note for note in result.notes if note.startswith("photos: the error of")]) == 2
    assert result.notes[0].startswith("Verdict: ") and result.notes[1].endswith(
        "from one start: renders 2, held 1, mine 1."
    )
    assert (made / "round_1" / "feedback.md").read_text() == result.markdown()
    with Image.open(made / "round_1" / "curves.png") as picture:
        assert picture.size[0] > 1000


def test_the_arms_learn_from_what_they_say(made):
    def sources(arm):
        experiment = yaml.safe_load((made / "round_1" / arm / "seed_0" / "network" / "experiment.yaml").read_text())
        return {name: (one["weight"], one["dataset"], one["image"]) for name, one in experiment["sources"].items()}

    (dataset,) = [place for place in (made / "data").iterdir() if place.name.startswith("generator_")]
    assert sources("renders") == {"faces": (1.0, None, "image")}
    assert sources("held") == {"translated": (1.0, str(dataset / "rows"), "image")}
    assert {name: one[0] for name, one in sources("mine").items()} == {"faces": 0.5, "translated": 0.5}
    (cache,) = (made / "data" / "renders").iterdir()
    for translated, render in zip(Rows(dataset / "rows"), Rows(cache), strict=True):  # the same scenes: pairs
        assert translated["index"] == render["index"] and translated["render"] == render["render"]
        assert translated["image"] != render["render"]


def test_a_finished_run_makes_nothing_again(made, files, monkeypatch, capsys):
    before = {file: file.stat().st_mtime_ns for file in made.rglob("weights.safetensors")}
    monkeypatch.setattr("synth2real.feedback.run.train", None)
    monkeypatch.setattr("synth2real.feedback.arms.make_dataset", None)
    monkeypatch.setattr("synth2real.feedback.scores.changed", None)
    assert feedback(files, made, "--adopt", "--rounds", "2") == 0
    assert "Feedback: networks trained" in capsys.readouterr().out
    assert before == {file: file.stat().st_mtime_ns for file in made.rglob("weights.safetensors")}


def test_the_next_round_begins_with_the_best_arm(made):
    def weights(number, arm):
        return made / f"round_{number}" / arm / "seed_0" / "network" / "weights.safetensors"

    figures = [one for one in read_result(made / "round_1" / "feedback.json")[0].figures if one.name == "photos"]
    best = min(figures, key=lambda figure: figure.value).group
    for arm in ("renders", "held"):
        assert Reconstructor.from_pretrained(weights(2, arm)).card["experiment"]["start"] == str(weights(1, best))
    last = [one for one in read_result(made / "round_2" / "feedback.json")[0].figures if one.name == "photos"]
    best = min(last, key=lambda figure: figure.value).group
    assert (made / "adopted.safetensors").read_bytes() == weights(2, best).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rounds", "2"], "--rounds needs --adopt"),
        (["--against", "[nobody]"], "there is no arm 'nobody'"),
        (["--source", "face"], "did you mean 'faces'"),
        (["--scores.photos.protocol", "landmark_2d"], "did you mean 'landmarks_2d'"),
        (["--scores.photos.settings", "{fold: a}"], "unknown key 'fold'"),
        (["--scores.photos.protocol", "mask_points"], "give its measure and its unit"),
        (["--arms.mine.generator", "bundled"], "arm 'mine' has a generator and a dataset"),
        (["--arms.held.changes", "{augment.color: 1}"], "augment.colour"),
        (["--arms.mine.dataset", "nowhere/at/all"], "nowhere/at/all"),
        (["--arms.held.generator", "nowhere.safetensors"], "nowhere.safetensors"),
    ],
)
def test_nonsense_is_one_line_and_code_2(files, tmp_path, capsys, words, said):
    assert feedback(files, tmp_path / "out", *words) == 2
    assert not (tmp_path / "out").exists()
    error = capsys.readouterr().err.splitlines()[-1]
    assert said in error and error.startswith("synth2real: ")


def test_another_arm_in_a_begun_run_is_refused(made, files, capsys):
    assert feedback(files, made, "--arms.renders.changes", "{augment.colour: 0.1}") == 2
    assert "begun with experiment.augment.colour = 1.0, not 0.1" in capsys.readouterr().err


def test_one_value_a_person():
    values = [{"who": "a", "error": {1: 1.0, 2: 3.0}}, {"who": "b", "error": {1: 5.0, 2: 5.0}}]
    values.append({"who": "a", "error": {1: 4.0, 2: 4.0}})
    scored = values_of(values, Known("error", "", "who"))
    assert scored.people == ("a", "b") and scored.values.tolist() == [3.0, 5.0]
    assert values_of(values, Known("error", "", "")).values.tolist() == [pytest.approx(11 / 3)]  # all of one person
    assert known("s", Score("renders", measure="normal_deg")) == Known("normal_deg", "normal_deg", "index")


@pytest.mark.parametrize("name", ["bundled", "portraits_64"])
def test_a_run_that_comes_along_can_be_read(name):
    config = read_config(FeedbackConfig, config_path(f"feedback/{name}.yaml"))
    base = read_base(config)
    assert base.steps == 1500 and base.held_out is not None and base.sources["faces"].seed == 31
    for name, score in config.scores.items():
        assert known(name, score).measure and settings_of(name, score).size == base.network.size
    strong = experiment_of(config.arms["strong"], base, config, None, 2, None)
    assert strong.seed == base.seed + 2 and strong.augment.colour > 1 > base.augment.colour
