from __future__ import annotations

from pathlib import Path

import pytest
import torch

from recon.errors import UserError
from recon.evaluate.person_settings import PhotoLossesSettings
from recon.evaluate.protocols import photo_losses
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.config import DetailConfig
from recon.methods.deca.detail.network import DetailedDeca
from recon.methods.pretrained import save_weights
from recon.people.config import DressConfig
from recon.synthesis.produce import produce
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from tests.in_process import InProcess

pytestmark = pytest.mark.usefixtures("one_thread")
SIZE = 64
COARSE = DecaConfig(SIZE, "resnet18", "group", features=16, texture_px=16)
SCENE = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0, shots_per_person=2)


def test_a_ratio_of_means_and_its_interval_over_people() -> None:
    people = [{"landmarks": own, "landmarks_mean_face": mean} for own, mean in ((1.0, 4.0), (3.0, 4.0), (2.0, 4.0))]
    told = photo_losses.share_left(people, "landmarks")
    assert told.value == 0.5 and told.n == 3
    assert told.low is not None and told.high is not None and 0.25 <= told.low < 0.5 < told.high <= 0.75
    assert photo_losses.share_left(people[:1], "landmarks").low is None


def test_an_untrained_networks_losses_are_the_mean_faces(tmp_path: Path) -> None:
    """A network that answers 0 is the mean face. The pictures are of another size than its own, two a person."""
    torch.manual_seed(0)
    network = DetailedDeca(DetailConfig(COARSE, "resnet18", 8, (8, 8)))
    for head in (network.coarse.encoder.head, network.decoder.last):
        torch.nn.init.zeros_(head.weight)
    save_weights(tmp_path / "net.safetensors", network)
    produce(RenderJob(4, 96, SCENE), 4, tmp_path / "renders", InProcess())
    settings = PhotoLossesSettings(tmp_path / "net.safetensors", dataset=tmp_path / "renders")
    result = photo_losses.run(settings)
    told = {one.name: one for one in result.figures}
    assert told["landmarks_left"].value == pytest.approx(1) and told["photometric_left"].value == pytest.approx(1)
    assert told["photometric_detailed_left"].value == pytest.approx(1, abs=0.05)  # folds finer than a texel
    assert told["landmarks"].n == 2 and len(result.values) == 4 and told["photometric"].value > 0.02
    assert told["landmarks"].value == pytest.approx(told["landmarks_mean_face"].value)
    with pytest.raises(UserError, match="pix2vertex has none of"):
        photo_losses.run(PhotoLossesSettings(Path("data/weights/pix2vertex.safetensors")))
