from __future__ import annotations

import numpy as np
import pytest

from recon.detail.relief import DetailConfig
from recon.evaluate.known_relief import ball, subdivided, wrinkles
from recon.evaluate.protocols.detail import MEASURES, Settings, Subject, normals_of, score
from recon.geometry.cameras import Camera
from recon.reconstruction.pipeline import ReconstructionConfig


@pytest.mark.slow
def test_grooves_are_found_in_even_light_and_nothing_where_it_is_flat() -> None:
    vertices, triangles = ball(20.0)
    smooth, faces = subdivided(vertices, triangles, 2)
    height = wrinkles(smooth, normals_of(smooth, faces), 12, 1)
    camera = Camera.from_fov(4.2, 256)
    subject = Subject("ball", vertices, triangles, camera, smooth, faces, height, np.ones(len(vertices)))
    scores, count = score(subject, "diffuse", Settings(64, ReconstructionConfig(detail=DetailConfig(edge_mm=1.0))))
    assert set(scores) == set(MEASURES) and count > 500
    assert scores["correlation"] > 0.5 and scores["added_mm"] > 3 * scores["flat_mm"]
    assert scores["flat_mm"] < scores["flat_mottled_mm"]
