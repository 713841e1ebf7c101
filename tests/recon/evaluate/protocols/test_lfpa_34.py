from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.evaluate.landmark_photos import FoundPoints
from recon.evaluate.protocols import lfpa_34
from recon.evaluate.readers.lfpa import MarkedPhoto
from recon.photos.framing import EYE_SHARE
from recon.synthesis.record import Record

NUMBERS = range(0, 68, 2)  # 34 of the 68


def test_only_visible_points_count() -> None:
    weights = np.eye(68)[list(NUMBERS)]
    true = np.column_stack([np.linspace(0, 30, 34), np.linspace(0, 120, 34)])
    visible = np.ones(34, bool)
    visible[5] = False
    found = np.zeros((68, 3))
    found[list(NUMBERS), :2] = true + (0, 6)
    found[10] = 1e6
    value = lfpa_34.score_photo(FoundPoints(found, "scale"), MarkedPhoto(Path("a.jpg"), true, visible), weights)
    assert value["nme"] == pytest.approx(100 * 6 / 60)


def test_a_box_is_framed_about_as_its_face() -> None:
    points = np.array([[100.0, 100], [200, 100], [100, 200], [200, 200]])
    framing = lfpa_34.framing_of_box(points)
    corner = framing.to_photo(100)(np.zeros(2))
    side = framing.eye_distance / EYE_SHARE
    assert corner[0] < 100 and corner[0] + side > 200 and corner[1] < 100 and corner[1] + side > 200


def test_the_bundled_network_on_a_small_tree(tmp_path: Path, records: list[Record]) -> None:
    for record in records[:2]:
        Image.fromarray(record.rgb).resize((320, 320), Image.Resampling.BICUBIC).save(
            tmp_path / f"{record.index}.jpg", quality=95
        )
        points, seen = 5 * record.landmarks_px[list(NUMBERS)], record.landmarks_visible[list(NUMBERS)]
        np.savetxt(tmp_path / f"{record.index}.pts", np.column_stack([points, seen]))
    (tmp_path / "order.txt").write_text("\n".join(str(number + 1) for number in NUMBERS))
    result = lfpa_34.run(lfpa_34.Settings(tmp_path, graded=0))
    assert all(0.5 < value["nme"] < 15 for value in result.values) and result.figures[0].n == 2
    assert result.self_grade is None
