from __future__ import annotations

import numpy as np
import pytest

from recon.evaluate.protocols import aflw2000_68, bu3dfe_depth, dense_nme
from recon.evaluate.results import graded
from recon.evaluate.scan_nme import graded_figure as scan_figure
from recon.evaluate.self_grade import GradedHead, graded_heads, self_grade, slid
from recon.evaluate.sitting import eyes_apart
from recon.faces import load
from recon.geometry.closest_points import closest_points


@pytest.fixture(scope="module")
def heads() -> list[GradedHead]:
    return list(graded_heads(load("default"), 8, 5))


def test_heads_are_wrong_by_a_few_mm_and_repeat(heads: list[GradedHead]) -> None:
    errors = [head.error_mm(True) for head in heads]
    assert 0.2 < min(errors) < max(errors) < 6
    assert all(head.error_mm(True) < head.error_mm(False) for head in heads)
    again = next(graded_heads(load("default"), 1, 5))
    assert np.array_equal(again.found, heads[0].found)


def test_the_true_error_grades_one_and_its_opposite_minus_one() -> None:
    assert self_grade(lambda head: head.error_mm(True), aligned=True, count=4) == pytest.approx(1)
    assert self_grade(lambda head: -head.error_mm(False), aligned=False, count=4) == pytest.approx(-1)
    assert self_grade(lambda head: 0.0, aligned=True, count=2) is None


def test_figures_of_a_perfect_answer_are_nothing(heads: list[GradedHead]) -> None:
    right = GradedHead(heads[0].true, heads[0].true, heads[0].triangles, heads[0].landmarks)
    for figure in (
        aflw2000_68.graded_figure,
        dense_nme.graded_figure,
        bu3dfe_depth.graded_figure,
        scan_figure,
    ):
        assert figure(right) < 1e-6 < figure(heads[0])


def test_closest_points_are_blind_to_what_slides_along_the_surface(heads: list[GradedHead]) -> None:
    head = heads[0]
    moved = slid(head.true, head.triangles, 4.0, np.random.default_rng(0))
    there = GradedHead(head.true, moved, head.triangles, head.landmarks)
    away = np.linalg.norm(moved - head.true, axis=1)
    assert 2 < away.mean() < 7
    surface = closest_points(moved, head.true, head.triangles).distance
    assert surface.max() < 0.1, "it stays on the surface"
    apart = eyes_apart(head.true[head.landmarks])
    assert scan_figure(there) < 0.4 * 100 * away.mean() / apart


def test_a_poor_grade_is_said() -> None:
    assert "0.40" in graded(0.4) and "poor judge" in graded(0.4) and "poor" not in graded(0.95)
