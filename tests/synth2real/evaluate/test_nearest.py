import numpy as np

from synth2real.evaluate.nearest import nearest_photo


def photos(count, seed):
    return np.random.default_rng(seed).integers(0, 200, (count, 48, 48, 3)).astype(np.uint8)


def test_copies_are_found_mirrored_and_brightened_too_and_others_are_as_far_as_photos():
    real = photos(12, 0)
    copies = np.stack([real[3], real[5][:, ::-1], real[7] + 30])
    assert nearest_photo(copies, real).max() < 0.02
    assert 0.9 < nearest_photo(photos(12, 1), real).mean() < 1.1
