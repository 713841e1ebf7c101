import pytest
import torch

from synth2real.evaluate.realism import SIDE, accuracies, two_sample_accuracy


def noise_images(count, seed, lift=0.0):
    """Coarse random pictures; `lift` brightens them."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 3, 4, 4, generator=random) * 0.6 + 0.2 + lift
    return torch.nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bilinear")


def test_the_same_distribution_can_hardly_be_told_apart():
    assert 0.3 < two_sample_accuracy(noise_images(60, 0), noise_images(60, 1), seeds=(0,), steps=20) < 0.7


def test_another_distribution_is_told_apart():
    assert two_sample_accuracy(noise_images(24, 0), noise_images(24, 1, lift=0.25), seeds=(0,), steps=40) > 0.95


def test_the_answer_is_repeatable_and_leaves_the_random_numbers_alone():
    a, b = noise_images(12, 0), noise_images(12, 1)
    before = torch.get_rng_state()
    first = two_sample_accuracy(a, b, seeds=(0,), steps=2)
    assert torch.equal(before, torch.get_rng_state())
    assert two_sample_accuracy(a, b, seeds=(0,), steps=2) == first


def test_sets_of_unequal_size_are_refused():
    with pytest.raises(ValueError, match="equal size"):
        two_sample_accuracy(noise_images(9, 0), noise_images(8, 0))


def test_a_half_way_translation_stands_between_renders_and_photos(monkeypatch):
    monkeypatch.setattr(two_sample_accuracy, "__defaults__", ((0,), 40))

    def pictures(count, seed, lift):
        return (noise_images(count, seed, lift) * 255).byte().permute(0, 2, 3, 1).numpy()

    rows = {"renders": pictures(24, 0, 0.25), "g": pictures(30, 1, 0.0)}
    found, used = accuracies(rows, pictures(48, 2, 0.0))
    assert used == 24 and list(found) == ["renders", "g", "photos"]
    for view in ("whole", "inner"):
        assert found["renders"][view] > 0.9 and found["g"][view] < 0.8 and found["photos"][view] < 0.8
