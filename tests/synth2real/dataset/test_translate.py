import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.synthesis.schema import row_from_record, row_from_traits
from recon.synthesis.shards import write_shard
from synth2real.dataset.card import drift_statistics
from synth2real.dataset.judges import LETTERS, Judge
from synth2real.dataset.schema import TRANSLATED, row_from_translation
from synth2real.dataset.translate import DRAWS, Translation, check_size, translate, translate_images
from synth2real.gan.drift import NOTHING, Drift
from synth2real.gan.generator import Generator, GeneratorConfig
from tests.fakes import MapsReconstructor, of_maps
from tests.recon.synthesis.fake_records import SCHEMA, TRAITS_OF_FAKE, fake_record


class Brightness(MapsReconstructor):
    """A face wherever the image is not black, `gain` times 100 mm deep where it is white."""

    def __init__(self, gain: float = 1):
        super().__init__()
        self.gain = gain

    def predict(self, image):
        mask = (image.sum(1, keepdim=True) > 0).float()
        return of_maps(mask, 100 * self.gain * image, image)


class Shift(Generator):
    """Adds `step` grey levels, and `noise` times its noise."""

    def __init__(self, step: float = 0, noise: float = 0, channels: int = 1):
        super().__init__(GeneratorConfig(widths=(8, 8), head_width=4, noise_channels=channels))
        self.step, self.noise = step, noise

    def forward(self, rgb, correspondence, normals, noise, mask=None):
        assert rgb.shape == correspondence.shape == normals.shape and not correspondence.isnan().any()
        return rgb + self.step / 255 + (self.noise * noise if self.noise else 0)


def record(index=0, seed=0, size=16):
    fake = fake_record(index, seed, size)
    whole = {name: np.nan_to_num(getattr(fake, name)) for name in ("correspondence", "normals")}
    return dataclasses.replace(fake, rgb=fake.rgb // 2, **whole)  # room for a shift


def judges(*networks):
    return tuple(Judge(letter, Path(letter), network) for letter, network in zip(LETTERS, networks, strict=True))


JUDGES = judges(Brightness(), Brightness(2))


def test_no_change_is_no_drift():
    (translation,) = translate([record()], Shift(), JUDGES)
    np.testing.assert_array_equal(translation.image, record().rgb)
    assert (translation.draw, translation.drift_mm, translation.drift_px) == (0, 0, 0)
    assert all(one.mask_iou == 1 for one in translation.told)


def test_drift_of_a_known_shift_and_the_worse_of_both():
    (translation,) = translate([record()], Shift(51), JUDGES)
    np.testing.assert_array_equal(translation.image, record().rgb + 51)
    first, second = (one.drift_mm for one in translation.told)
    assert first == pytest.approx(100 * 0.2 * 3**0.5, rel=1e-5)
    assert translation.drift_mm == second == pytest.approx(2 * first, rel=1e-5)


def test_an_image_that_drifts_is_drawn_again_and_at_last_given_up():
    """What the first three draws say is too much; the limit is met by the fourth alone."""
    noisy, some = Shift(noise=0.1), [record(i) for i in range(3)]
    draws = [translate_images(some, noisy, draw) for draw in range(DRAWS)]
    drifts = np.array([[one.drift_mm for one in JUDGES[1].drift(some, images)] for images in draws])  # (draws, 3)
    limit = float(np.median(drifts.min(0)))  # of three scenes, one can't meet it at all
    made = translate(some, noisy, JUDGES, limit)
    assert sum(one is None for one in made) == 1
    for i, one in enumerate(made):
        met = np.flatnonzero(drifts[:, i] <= limit * 1.0001)
        if one is not None:
            assert one.draw == met[0] and one.drift_mm <= limit
            np.testing.assert_array_equal(one.image, draws[one.draw][i])
    assert [one.draw for one in translate(some, noisy, JUDGES)] == [0, 0, 0]  # without a limit the first is kept


def test_without_noise_there_is_no_other_draw():
    assert translate([record()], Shift(51, channels=0), JUDGES, 1e-3) == [None]


def test_without_a_face_in_the_image_there_is_no_drift_and_it_is_kept_under_no_limit():
    faceless = dataclasses.replace(record(), mask=np.zeros_like(record().mask))
    nothing, shifted = translate([faceless, record()], Shift(51), JUDGES)
    assert np.isnan([nothing.drift_mm, nothing.drift_px]).all() and shifted.drift_mm > 0
    assert [one is None for one in translate([faceless, record()], Shift(51), JUDGES, 1000.0)] == [True, False]


def test_statistics_are_of_the_images_that_have_a_drift(tmp_path):
    schema = dataclasses.replace(SCHEMA, columns=TRANSLATED)
    told = [Drift(drift, drift, drift, 1.0, drift, 0.5, 1.0) for drift in (2.0, 4.0)]
    told.append(dataclasses.replace(NOTHING, mask_iou=0.5))
    made = [Translation(fake_record(0).rgb, 0, (one, one)) for one in told]
    render = row_from_record(fake_record(0)) | row_from_traits(TRAITS_OF_FAKE)
    rows = [row_from_translation(one, render) for one in made]
    write_shard(tmp_path / "some.parquet", schema, rows)
    some = drift_statistics([tmp_path / "some.parquet"])
    assert (some["drift_mm"]["mean"], some["drift_mm"]["none"], some["judge_a_mask_iou"]["none"]) == (3.0, 1, 0)
    write_shard(tmp_path / "none.parquet", schema, rows[2:])
    assert np.isnan(drift_statistics([tmp_path / "none.parquet"])["drift_mm"]["median"])


def test_noise_depends_on_seed_and_index_alone():
    def images(*records):
        return [translation.image for translation in translate(records, Shift(noise=0.1), JUDGES)]

    alone, (_, beside) = images(record(1))[0], images(record(0), record(1))
    np.testing.assert_array_equal(alone, beside)
    shifted = dataclasses.replace(record(1), index=2)
    assert (images(shifted)[0] != alone).any()
    assert (images(dataclasses.replace(record(1), seed=1))[0] != alone).any()


def test_broken_weights_are_said():
    with pytest.raises(UserError, match="not numbers"):
        translate([record()], Shift(float("nan")), JUDGES)


def test_sizes_that_the_generator_can_halve():
    generator = Generator(GeneratorConfig(widths=(8, 8), head_width=4))
    check_size(64, generator)
    with pytest.raises(UserError, match="--size 65"):
        check_size(65, generator)


def test_an_untrained_generator_changes_nothing():
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(widths=(8, 8), head_width=4)).eval()
    np.testing.assert_array_equal(translate_images([record()], generator)[0], record().rgb)
