import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import write_shard
from synth2real.dataset.card import drift_statistics
from synth2real.dataset.jobs import GenerateJob
from synth2real.dataset.schema import TRANSLATED, row_from_translation
from synth2real.dataset.translate import Translation, check_size, translate
from synth2real.gan.generator import Generator, GeneratorConfig
from tests.fakes import MapsReconstructor, of_maps
from tests.recon.synthesis.fake_records import SCHEMA, TRAITS_OF_FAKE, fake_record


class Brightness(MapsReconstructor):
    """A face wherever the image is not black, 100 mm deep where it is white."""

    def predict(self, image):
        mask = (image.sum(1, keepdim=True) > 0).float()
        return of_maps(mask, 100 * image, image)


class Shift(Generator):
    """Adds `step` grey levels, and `noise` times its noise."""

    def __init__(self, step: float = 0, noise: float = 0):
        super().__init__(GeneratorConfig(widths=(8, 8), head_width=4))
        self.step, self.noise = step, noise

    def forward(self, rgb, correspondence, normals, noise):
        assert rgb.shape == correspondence.shape == normals.shape and not correspondence.isnan().any()
        return rgb + self.step / 255 + self.noise * noise


def record(index=0, seed=0, size=16):
    fake = fake_record(index, seed, size)
    whole = {name: np.nan_to_num(getattr(fake, name)) for name in ("correspondence", "normals")}
    return dataclasses.replace(fake, rgb=fake.rgb // 2, **whole)  # room for a shift


def test_no_change_is_no_drift():
    (translation,) = translate([record()], Shift(), Brightness())
    np.testing.assert_array_equal(translation.image, record().rgb)
    assert (translation.drift_mm, translation.drift_correspondence, translation.mask_iou) == (0, 0, 1)


def test_drift_of_a_known_shift():
    (translation,) = translate([record()], Shift(51), Brightness())
    np.testing.assert_array_equal(translation.image, record().rgb + 51)
    assert translation.drift_mm == pytest.approx(100 * 0.2 * 3**0.5, rel=1e-5)
    assert translation.drift_correspondence == pytest.approx(0.2 * 3**0.5, rel=1e-5)


def test_without_a_face_in_the_image_there_is_no_drift_and_it_is_kept_under_no_limit():
    faceless = dataclasses.replace(record(), mask=np.zeros_like(record().mask))
    nothing, shifted = translate([faceless, record()], Shift(51), Brightness())
    assert np.isnan([nothing.drift_mm, nothing.drift_correspondence, nothing.mask_iou]).all()
    assert shifted.drift_mm > 0
    job = GenerateJob(0, 16, SceneConfig(), Path("g"), Path("n"), max_drift_mm=1000.0)
    assert not job._keeps(nothing.drift_mm) and job._keeps(shifted.drift_mm)
    assert dataclasses.replace(job, max_drift_mm=None)._keeps(nothing.drift_mm)


def test_statistics_are_of_the_images_that_have_a_drift(tmp_path):
    schema = dataclasses.replace(SCHEMA, columns=TRANSLATED)
    made = [Translation(fake_record(0).rgb, drift, drift, 0.5) for drift in (2.0, 4.0, float("nan"))]
    rows = [row_from_translation(one, fake_record(0), TRAITS_OF_FAKE) for one in made]
    write_shard(tmp_path / "some.parquet", schema, rows)
    some = drift_statistics([tmp_path / "some.parquet"])
    assert (some["drift_mm"]["mean"], some["drift_mm"]["none"], some["mask_iou"]["none"]) == (3.0, 1, 0)
    write_shard(tmp_path / "none.parquet", schema, rows[2:])
    assert np.isnan(drift_statistics([tmp_path / "none.parquet"])["drift_mm"]["median"])


def test_noise_depends_on_seed_and_index_alone():
    def images(*records):
        return [translation.image for translation in translate(records, Shift(noise=0.1), Brightness())]

    alone, (_, beside) = images(record(1))[0], images(record(0), record(1))
    np.testing.assert_array_equal(alone, beside)
    shifted = dataclasses.replace(record(1), index=2)
    assert (images(shifted)[0] != alone).any()
    assert (images(dataclasses.replace(record(1), seed=1))[0] != alone).any()


def test_broken_weights_are_said():
    with pytest.raises(UserError, match="not numbers"):
        translate([record()], Shift(float("nan")), Brightness())


def test_sizes_that_the_generator_can_halve():
    generator = Generator(GeneratorConfig(widths=(8, 8), head_width=4))
    check_size(64, generator)
    with pytest.raises(UserError, match="--size 65"):
        check_size(65, generator)


def test_an_untrained_generator_changes_nothing():
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(widths=(8, 8), head_width=4)).eval()
    np.testing.assert_array_equal(translate([record()], generator, Brightness())[0].image, record().rgb)
