import pytest
import torch

from synth2real.gan.collapse import check_health
from tests.synth2real.gan_fakes import render_batch

RENDERS = render_batch(0, batch=8)["rgb"]


def test_a_generator_that_changes_each_image_is_healthy():
    health = check_health(RENDERS, (0.8 * RENDERS + 0.1).clamp(0, 1))
    assert health.alarms == ()
    assert health.diversity == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(
    ("fake", "word"),
    [
        (lambda x: x[:1].expand_as(x) + 0.01 * torch.rand_like(x), "same image"),
        (lambda x: x + 0.001, "hardly changes"),
        (lambda x: x / 0, "not finite"),
        (lambda x: torch.full_like(x, 0.5), "same image"),
    ],
)
def test_a_sick_one_raises_its_alarm(fake, word):
    assert any(word in alarm for alarm in check_health(RENDERS, fake(RENDERS)).alarms)
