import logging

import pytest
import torch

from synth2real.gan.adversarial import AdversarialConfig
from synth2real.gan.config import ParserLossConfig
from synth2real.gan.discriminator import DiscriminatorConfig
from synth2real.gan.experiment import GanExperiment
from synth2real.gan.generator import Generator, GeneratorConfig
from synth2real.gan.geometry_loss import GeometryLossConfig
from synth2real.gan.training import new_state, train
from tests.synth2real.gan_fakes import TinyParser, TinyReconstructor, photo_batch, render_batch


def config(**changes) -> GanExperiment:
    values = {
        "size": 32,
        "batch": 2,
        "steps": 4,
        "precision": "no",
        "evaluate_every": 2,
        "checkpoint_every": 2,
        "generator": GeneratorConfig(widths=(8, 16), head_width=8),
        "discriminator": DiscriminatorConfig(width=8, strides=2),
        "adversarial": AdversarialConfig(r1_every=2),
    }
    return GanExperiment(**(values | changes))


def run(folder, network=TinyReconstructor, **changes):
    return train(config(**changes), render_batch, photo_batch, render_batch(999, 4), network(), folder)


HARMONISER = {
    "network": TinyParser,
    "generator": GeneratorConfig(widths=(8, 16), head_width=8, reach=0.5, seam=0.06),
    "discriminator": DiscriminatorConfig(width=8, strides=2, scales=2, maps="source"),
    "parser": ParserLossConfig(weight=1.0),
}


def test_a_short_run_moves_both_networks_and_leaves_a_sheet(tmp_path):
    state = run(tmp_path)
    assert state.step == 4
    assert state.modules["generator"].residual.weight.abs().max() > 0
    assert sorted(path.name for path in (tmp_path / "sheets").iterdir()) == ["sheet_00000002.png", "sheet_00000004.png"]


@pytest.mark.parametrize(
    "changes",
    [
        {"discriminator": DiscriminatorConfig(width=8, strides=2, whole_weight=0.3)},
        {"geometry": GeometryLossConfig(weight=0.0)},
        {"adversarial": AdversarialConfig(form="hinge", augment=False)},
        {"precision": "bf16"},
        {"discriminator": DiscriminatorConfig(width=8, strides=2, maps="source")},  # without a parser: mask and places
        {**HARMONISER, "discriminator": DiscriminatorConfig(width=8, strides=2, whole_weight=0.3, maps="image")},
        {**HARMONISER, "precision": "bf16", "geometry": GeometryLossConfig(weight=0.0)},
    ],
)
def test_variants(tmp_path, changes):
    state = run(tmp_path, steps=2, **changes)
    assert all(torch.isfinite(p).all() for module in state.modules.values() for p in module.parameters())


@pytest.mark.parametrize("changes", [{}, HARMONISER], ids=["classic", "harmoniser"])
def test_an_interrupted_run_ends_like_an_unbroken_one(tmp_path, changes):
    unbroken = run(tmp_path / "unbroken", **changes)

    def stops_at_two(index):
        if index == 2:
            raise KeyboardInterrupt
        return render_batch(index)

    with pytest.raises(KeyboardInterrupt):
        settings = {key: value for key, value in changes.items() if key != "network"}
        network = changes.get("network", TinyReconstructor)()
        train(config(**settings), stops_at_two, photo_batch, render_batch(999, 4), network, tmp_path / "broken")
    resumed = run(tmp_path / "broken", **changes)
    for name, module in unbroken.modules.items():
        for a, b in zip(module.parameters(), resumed.modules[name].parameters(), strict=True):
            assert torch.equal(a, b), name


def test_the_geometry_term_holds_the_geometry(tmp_path):
    """With nothing but the adversarial term and L_Geom, more weight on L_Geom leaves less of it at equal steps."""
    left = {}
    for weight in (0.0, 300.0):
        geometry = GeometryLossConfig(weight=weight)
        state = run(tmp_path / str(weight), steps=30, evaluate_every=30, geometry=geometry, ema_decay=0.5)
        generator, batch, network = state.ema["generator"].average, render_batch(999, 4), TinyReconstructor().freeze()
        image = generator.translate(batch, torch.Generator().manual_seed(0))
        with torch.no_grad():
            moved = network.predict(image).position_mm - network.predict(batch["rgb"]).position_mm
        left[weight] = float((moved.abs() * batch["mask"]).mean())
    assert left[300.0] < 0.7 * left[0.0]


def test_a_generator_that_changes_nothing_raises_the_alarm(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        run(tmp_path, steps=2, generator_rate=0.0)
    assert "hardly changes the renders" in caplog.text


def test_the_parser_term_holds_what_is_seen(tmp_path):
    """All of the face is skin: with the term the network sees more skin in the images, at equal steps."""
    seen = {}
    for weight in (0.0, 30.0):
        changes = HARMONISER | {"parser": ParserLossConfig(weight=weight), "geometry": GeometryLossConfig(weight=0.0)}
        state = run(tmp_path / str(weight), steps=20, evaluate_every=20, ema_decay=0.5, **changes)
        batch, network = render_batch(999, 4), TinyParser()
        image = state.ema["generator"].average.translate(batch, torch.Generator().manual_seed(0))
        with torch.no_grad():
            classes = network.predict(image).maps.classes.gather(1, batch["classes"].long())
        seen[weight] = float((classes * batch["mask"]).sum() / batch["mask"].sum())
    assert seen[30.0] > 1.2 * seen[0.0]


def test_a_training_starts_with_the_weights_of_another_size():
    """The generator is fully convolutional: what was learnt at one size begins at another."""
    start = Generator(config().generator)
    torch.nn.init.normal_(start.residual.weight, std=0.1)
    state = new_state(config(size=64), start=start)
    for name in ("generator", "average"):
        module = state.modules["generator"] if name == "generator" else state.ema["generator"].average
        assert torch.equal(module.residual.weight, start.residual.weight)
