from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from recon.people.wardrobe import DressConfig
from recon.synthesis.placement import PlacementConfig
from recon.synthesis.produce import produce
from recon.synthesis.record import Record
from recon.synthesis.render_job import RenderJob
from recon.synthesis.scene import SceneConfig
from recon.synthesis.source import Drawn, Stored, only
from recon.synthesis.targets import MapsTarget, MeshTarget
from recon.train.batches import Batches, first_batches
from tests.recon.synthesis.fake_records import fake_record

PLAIN = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0)
MOVED = PlacementConfig(mirror=0.5, rotation_deg=30, zoom=0.1, shift=0.05)


class Grey:
    """A source of one grey, `count` records of it."""

    def __init__(self, grey: int, count: int = 10) -> None:
        self.grey, self.count, self.asked = grey, count, list[int]()

    def __len__(self) -> int:
        return self.count

    def record(self, number: int, names: Collection[str]) -> Record:
        from dataclasses import replace

        self.asked.append(number)
        record = fake_record(0)
        return replace(record, rgb=np.full_like(record.rgb, self.grey))

    def key(self) -> dict[str, Any]:
        return {}

    def people(self) -> np.ndarray:
        return np.arange(self.count)


def test_every_source_has_its_share() -> None:
    sources = [Grey(10), Grey(20), Grey(30)]
    side = fake_record(0).rgb.shape[0]
    batches = Batches(sources, [7, 0, 3.5], MapsTarget(side), PlacementConfig(mirror=0.0), 4, seed=1)
    greys = torch.cat([batches(step)["rgb"][:, 0, 0, 0] for step in range(300)]) * 255
    assert abs(float((greys.round() == 10).float().mean()) - 2 / 3) < 0.02
    assert not (greys.round() == 20).any()
    for step in range(20):
        first = (batches(step)["rgb"][:, 0, 0, 0] * 255).round() == 10
        assert int(first.sum()) in (2, 3)  # 8/3 of four, rounded down or up
    assert set(sources[0].asked) == set(range(10))


def test_a_batch_is_a_function_of_seed_and_step() -> None:
    batches = [Batches([Drawn("default", PLAIN, 0, 50, 32)], [1], MapsTarget(32), MOVED, 2, seed) for seed in (1, 1, 2)]
    one, same, other = (made(3) for made in batches)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["rgb"], other["rgb"]) and not torch.equal(one["rgb"], batches[0](4)["rgb"])


def test_a_stored_source_gives_the_same_batch_as_the_drawn_one_that_made_it(tmp_path: Path) -> None:
    produce(RenderJob(4, 32, PLAIN), 5, tmp_path / "renders", 1)
    for target in (MapsTarget(32), MapsTarget(32, amodal=True), MeshTarget(32), MapsTarget(48)):
        drawn, stored = (
            Batches([source], [1], target, MOVED, 4, seed=9)
            for source in (Drawn("default", PLAIN, 4, 5, 32), Stored.at(tmp_path / "renders"))
        )
        for step in range(3):
            a, b = drawn(step), stored(step)
            assert a.keys() == b.keys() and all(a[name].numpy().tobytes() == b[name].numpy().tobytes() for name in a)
    assert a["rgb"].shape == (4, 3, 48, 48)


def test_held_out_batches_are_the_records_as_they_are() -> None:
    source = Drawn("default", PLAIN, 4, 5, 32)
    batches = first_batches(source, MapsTarget(32), 2)
    assert [len(batch["rgb"]) for batch in batches] == [2, 2]
    assert torch.equal(
        batches[1]["position_mm"][0],
        MapsTarget(32)(source.record(2, ("rgb", "mask") + MapsTarget(32).fields))["position_mm"],
    )


def test_pictures_of_a_person_follow_each_other_and_are_mirrored_alike() -> None:
    """Of one source with three pictures a person, and of one where everybody is seen once."""

    class Seen(Grey):
        def __init__(self, shots: int) -> None:
            super().__init__(10 * shots, 12)
            self.shots = shots

        def record(self, number: int, names: Collection[str]) -> Record:
            return only(super().record(number, names), names)

        def people(self) -> np.ndarray:
            return np.arange(12) // self.shots

    side, sources = fake_record(0).rgb.shape[0], [Seen(3), Seen(1)]
    batches = Batches(sources, [1, 1], MapsTarget(side), PlacementConfig(mirror=0.5), 6, seed=1, shots=3)
    for step in range(20):
        for source in sources:
            source.asked.clear()
        batch = batches(step)
        assert batch["person"].tolist() == [0, 0, 0, 3, 4, 5]
        who = batch["who"].tolist()  # four people in the first source, twelve in the second
        assert who[:3] == [sources[0].asked[0] // 3] * 3 and who[3:] == [4 + number for number in sources[1].asked]
        one, others = sources[0].asked, sources[1].asked
        assert len({number // 3 for number in one}) == 1 and len(set(one)) == 3 and len(others) == 3
        assert torch.equal(batch["mask"][0], batch["mask"][1]) and torch.equal(batch["mask"][0], batch["mask"][2])


def test_sources_say_whose_picture_a_record_is(tmp_path: Path) -> None:
    scene = SceneConfig(dress=DressConfig(dressed=0), environment=0, skin=0, eyes=0, mouth=0, shots_per_person=2)
    produce(RenderJob(4, 32, scene), 5, tmp_path / "renders", 1)
    drawn = Drawn("default", scene, 4, 5, 32)
    assert drawn.people().tolist() == Stored.at(tmp_path / "renders").people().tolist() == [0, 0, 1, 1, 2]
    assert Stored.at(tmp_path / "renders", first=1, last=4).people().tolist() == [0, 1, 1]
