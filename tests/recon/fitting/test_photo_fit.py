from __future__ import annotations

from dataclasses import replace

import numpy as np

from recon.fitting.observed import observed_in
from recon.fitting.photo_fit import Figures, judged
from recon.fitting.photometric import look_of, shifted
from recon.fitting.turned import turn_of, turned_fit, turned_view
from recon.geometry.cameras import Camera
from recon.synthesis.pose import angles_deg
from tests.recon.fitting.drawn_faces import MODEL, face

GOOD = Figures(0.3, 0.01, 0.98, 0.97, 0.5, 0.15, 0.08)


def test_own_labels_explain_a_picture_best() -> None:
    record = face(1)
    look = look_of(record.rgb, record.normals, record.region, record.mask)
    assert look.residual < 0.2 and look.sharpness > 0.03
    moved = shifted(np.arange(25.0).reshape(5, 5), 1, 0)
    assert moved[2, 0] == 11 and moved[2, 4] == 14


def test_a_face_with_its_own_maps_is_kept_and_with_anothers_is_not() -> None:
    faults = {}
    for of in (0, 1, 2):
        for maps in (0, 1, 2):
            record, other = face(of), face(maps)
            seen = observed_in(MODEL, other.mask, other.correspondence)
            assert seen is not None
            faults[of, maps] = judged(MODEL, seen, record.rgb, other.mask, None).figures.fault()
    assert [faults[i, i] for i in (0, 1, 2)] == [None] * 3
    assert all(fault for (of, maps), fault in faults.items() if of != maps)


def test_each_figure_can_reject() -> None:
    assert GOOD.fault() is None
    bad = {
        "residual_mm": 3,
        "outliers": 0.5,
        "covered": 0.5,
        "visible": 0.1,
        "spread": 3,
        "unexplained": 0.9,
        "sharpness": 0,
    }
    for name, value in bad.items():
        assert replace(GOOD, **{name: value}).fault()
        assert replace(GOOD, **{name: float("nan")}).fault()


def test_a_turned_view_is_the_head_turned() -> None:
    record = face(1)
    seen = observed_in(MODEL, record.mask, record.correspondence)
    assert seen is not None
    photo = judged(MODEL, seen, record.rgb, record.mask, None)
    for copy in (1, 2, 3):
        yaw = angles_deg(photo.fit.rotation)[0]
        turn = turn_of(photo.fit, 4, copy)
        fit = turned_fit(photo.fit, turn)
        assert 10 <= abs(turn) <= 45 and abs(angles_deg(fit.rotation)[0] - yaw - turn) < 1e-6
        assert abs(angles_deg(fit.rotation)[1] - angles_deg(photo.fit.rotation)[1]) < 1e-6
    still, rgb, visible, classes = turned_view(MODEL, photo, turned_fit(photo.fit, 0.0))
    inner = still.labels["mask"] & visible
    assert classes is None and np.abs(rgb[inner].astype(int) - record.rgb[inner]).mean() < 6  # the photo comes back
    assert isinstance(still.camera, Camera)
