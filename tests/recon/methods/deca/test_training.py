from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import Tensor

from recon.errors import UserError
from recon.faces import load
from recon.methods.base import Reconstructor
from recon.methods.deca.codes import Codes
from recon.methods.deca.config import DecaConfig, DecaLossConfig
from recon.methods.deca.face import face_of
from recon.methods.deca.losses import moved_loss
from recon.methods.deca.network import Deca
from recon.methods.deca.training import image_losses, losses, moved, next_of_person, scores, sheet
from recon.people.wardrobe import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Stored
from recon.synthesis.targets import SkinTarget
from recon.train.batches import collated
from recon.train.experiment import read_experiment
from recon.train.run import train
from tests.in_process import InProcess
from tests.recon.train.resuming import same_bits, stopped_and_resumed

SIZE = 64
PLAIN = {"dress": {"dressed": 0}, "environment": 0, "skin": 0, "eyes": 0, "mouth": 0, "shots_per_person": 2}
SCENE = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0, shots_per_person=2)
NETWORK = {"size": SIZE, "encoder": "resnet18", "norm": "group", "features": 32, "texture_px": 32}
CONFIG = DecaConfig(**NETWORK)
CONFIGS = Path(__file__).parents[4] / "configs" / "recon"
pytestmark = pytest.mark.usefixtures("one_thread")


def changes(weight: float) -> dict[str, float]:
    return {"losses.photometric": weight, "losses.consistency": weight}


@pytest.fixture(scope="module")
def experiment_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    produce(RenderJob(4, SIZE, SCENE), 4, folder / "renders", InProcess())
    values = {
        "method": "deca",
        "network": NETWORK,
        "sources": {"drawn": {"count": 4, "scene": PLAIN}, "stored": {"dataset": str(folder / "renders")}},
        "held_out": {"dataset": str(folder / "renders"), "last": 2},
        "shots": 2,
        "batch_size": 4,
        "checkpoint_every": 2,
        "stages": [
            {"steps": 2, "learning_rate": 0.001, "warmup": 1, "changes": changes(0)},
            {"steps": 2, "learning_rate": 0.001, "warmup": 1, "changes": changes(1)},
        ],
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(values))
    return folder / "tiny.yaml"


@pytest.fixture(scope="module")
def batch(experiment_file: Path) -> dict[str, Tensor]:
    source, target = Stored.at(experiment_file.parent / "renders"), SkinTarget(SIZE, "default")
    made = collated([target(source.record(number, target.fields)) for number in range(4)])
    return {**made, "person": torch.tensor([0, 0, 2, 2])}


def test_a_stopped_training_goes_on_to_the_same_bits(
    experiment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both stages, from drawn and stored people."""
    whole = train(read_experiment(experiment_file), tmp_path / "whole")
    assert same_bits(whole, stopped_and_resumed(experiment_file, tmp_path / "stopped", monkeypatch))
    network = Reconstructor.from_pretrained(whole)
    assert isinstance(network, Deca) and network.config == CONFIG
    assert set(network.card["held_out"]) >= {"nme_2d", "photometric", "nme_2d_mean_face"}


def test_the_true_shape_costs_nothing_and_another_persons_does(batch: dict[str, Tensor]) -> None:
    network, weights = Deca(CONFIG).eval(), DecaLossConfig(truth=1.0)
    other = losses(network, batch, weights)
    codes = network.codes(batch["rgb"])
    shape = torch.nn.functional.pad(codes.shape, (0, batch["identity"].shape[1] - codes.shape.shape[1])).detach()
    terms = losses(network, {**batch, "identity": shape}, weights)
    assert float(terms["truth"].detach()) < 0.02 < float(other["truth"].detach())
    assert "truth" not in losses(network, batch, DecaLossConfig())


def test_the_true_expression_costs_nothing_and_the_jaw_stands_for_its_unit(batch: dict[str, Tensor]) -> None:
    """Whatever the head's turn. Of a jaw wide open, 10 mm in the mean, a turn leaves less than 3."""
    model, face = load("default"), face_of(CONFIG, torch.device("cpu"))
    mean = Deca(CONFIG).mean_codes(2, torch.device("cpu"))
    codes = replace(mean, expression=mean.expression.clone(), pose=mean.pose.clone())
    smile, jaw_open = (model.expression_names.index(name) for name in ("mouthSmileLeft", "jawOpen"))
    columns = face.columns.tolist()
    codes.expression[:, columns.index(smile)] = 0.8
    codes.pose[1, :3] = 0.3
    told = {"identity": batch["identity"][:2], "expression": torch.zeros(2, len(model.expression_basis))}
    told["expression"][:, smile] = 0.8
    assert float(moved_loss(*moved(CONFIG, codes, told))) < 0.02
    told["expression"][:, jaw_open] = 1
    assert float(moved_loss(*moved(CONFIG, codes, told))) > 8
    codes.pose[:, 3] = 0.4
    assert float(moved_loss(*moved(CONFIG, codes, told))) < 3
    told["expression"][0] = torch.nan
    assert 0.1 < float(moved_loss(*moved(CONFIG, codes, told))) < 3


def test_one_batch_can_be_learnt(batch: dict[str, Tensor]) -> None:
    torch.manual_seed(0)
    network, weights = Deca(CONFIG), DecaLossConfig()
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    totals: list[dict[str, float]] = []
    for _ in range(12):
        terms = losses(network, batch, weights)
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        totals.append({name: float(value.detach()) for name, value in terms.items()})
    for name in ("landmarks", "photometric", "consistency"):
        assert totals[-1][name] < 0.75 * totals[0][name]
    before, after = scores(Deca(CONFIG), [batch]), scores(network.eval(), [batch])
    assert after["nme_2d"] < 0.8 * before["nme_2d"] and after["nme_2d_mean_face"] == before["nme_2d_mean_face"]
    assert sheet(network, batch).shape == (3, 4 * (SIZE + 2) + 2, 6 * (SIZE + 2) + 2)


def test_the_codes_that_made_a_picture_have_no_loss(batch: dict[str, Tensor]) -> None:
    """Nor with the other's shape where both pictures are of one shape; with another's there is one."""
    network, face, weights = Deca(CONFIG), face_of(CONFIG, torch.device("cpu")), DecaLossConfig()
    codes = network.mean_codes(2, torch.device("cpu"))
    codes = replace(codes, pose=codes.pose + torch.tensor([[0.1], [-0.2]]), shape=codes.shape + 0.5)
    vertices = face.vertices_mm(codes)
    seen = face.picture(vertices, codes, SIZE)
    marks = (face.landmarks(vertices, codes) + 1) * SIZE / 2
    made = {"rgb": seen.over(batch["rgb"][:2]), "landmarks_px": marks, "mask": torch.ones_like(seen.mask)}

    def total(codes: Codes) -> float:
        return float(torch.stack(list(image_losses(CONFIG, codes, made, weights).values())).sum())

    swap = torch.tensor([1, 0])
    assert total(codes) == pytest.approx(0, abs=1e-5) and total(codes.with_shape_of(swap)) == pytest.approx(0, abs=1e-5)
    other = replace(codes, shape=codes.shape * torch.tensor([[1.0], [-2.0]]))
    assert total(other.with_shape_of(swap)) > 0.01


def test_each_picture_is_compared_with_the_next_of_its_person() -> None:
    assert next_of_person(torch.tensor([0, 0, 0, 3, 4, 4])).tolist() == [1, 2, 0, 3, 5, 4]


def test_the_identity_loss_asks_the_embedder_of_a_file(batch: dict[str, Tensor], tmp_path: Path) -> None:
    class Mean(torch.nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image.mean((2, 3))

    file = tmp_path / "embedder.pt"
    torch.jit.save(torch.jit.trace(Mean(), batch["rgb"]), str(file))
    network = Deca(CONFIG)
    terms = losses(network, batch, DecaLossConfig(embedder=str(file)))
    assert 0 < float(terms["identity"].detach()) < 0.2
    assert "identity" not in losses(network, batch, DecaLossConfig())
    file.write_bytes(b"no module")
    with pytest.raises(UserError, match="there is no embedder"):
        losses(network, batch, DecaLossConfig(embedder=str(tmp_path / "no.pt")))


def test_the_papers_file_says_the_papers_training() -> None:
    one = read_experiment(CONFIGS / "deca_coarse_224_paper.yaml")
    assert one.network == DecaConfig() and one.optimizer == "adam" and one.shots == 4
    first, second = (one.within(number).losses for number in range(2))
    assert (first.landmarks, first.eye, first.photometric, first.identity, first.consistency) == (1, 1, 0, 0, 0)
    assert second == DecaLossConfig()
    assert {stage.learning_rate for stage in one.stages} == {1e-4}


def test_photos_alone_are_refused_where_labels_are_learnt(experiment_file: Path, tmp_path: Path) -> None:
    for name in ("ann/1", "ann/2", "bob/1", "bob/2"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40)).save(tmp_path / "tree" / f"{name}.png")
    table = "file,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_l_x,mouth_l_y,mouth_r_x,mouth_r_y\n"
    rows = [f"{name}.png,14,18,26,18,20,24,16,28,24,28" for name in ("ann/1", "ann/2", "bob/1", "bob/2")]
    (tmp_path / "tree" / "faces.csv").write_text(table + "\n".join(rows))
    mine = {"sources.drawn.scene": "null", "sources.drawn.photos": str(tmp_path / "tree")}
    with pytest.raises(UserError, match=r"sources\.drawn\.photos are photos without labels: put 68 landmarks"):
        train(read_experiment(experiment_file, mine), tmp_path / "run")


def test_people_seen_once_cannot_be_compared(experiment_file: Path, tmp_path: Path) -> None:
    alone = {"sources.drawn.scene.shots_per_person": "1", "sources.stored.last": "1"}
    with pytest.raises(UserError, match="no source has two pictures of one person"):
        train(read_experiment(experiment_file, alone), tmp_path / "run")
    with pytest.raises(UserError, match="batch_size 4 is not divisible by shots 3"):
        read_experiment(experiment_file, {"shots": "3"})


def test_skin_is_what_is_seen_of_it(batch: dict[str, Tensor], experiment_file: Path) -> None:
    record = Stored.at(experiment_file.parent / "renders").record(0, ("rgb", "mask", "region", "landmarks_px"))
    skin = batch["mask"][0, 0].numpy() > 0
    assert 0.5 < skin.sum() / record.mask.sum() < 1 and not (skin & ~record.mask).any()
    eye = np.asarray(record.landmarks_px[36:42]).mean(0).astype(int)
    assert not skin[eye[1], eye[0]]
