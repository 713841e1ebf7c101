"""A canvas of plain numbers, for tests that need one and no photo."""

from __future__ import annotations

import numpy as np

from recon.faces.model import FaceModel
from recon.synthesis.canvas import Canvas


def fake_canvas(model: FaceModel, number: int = 0, size: int = 32) -> Canvas:
    """A grey photo, whose face is a disc, lit from everywhere and covered at its top."""
    line = np.arange(size) - size / 2 + 0.5
    face = np.hypot(line[None], line[:, None]) < size / 3
    over = np.where(face & (line[:, None] < -size / 4), 255, 0).astype(np.uint8)
    light = np.zeros((9, 3), np.float32)
    light[0] = 1
    return Canvas(
        name=f"fake_{number}",
        plate=np.full((size, size, 3), 120 + number, np.uint8),
        over=over,
        classes=face.astype(np.uint8),
        face=face,
        identity=np.zeros(len(model.identity_basis), np.float32),
        expression=np.zeros(len(model.expression_basis), np.float32),
        rotation=np.eye(3, dtype=np.float32),
        translation_mm=np.array([0, 0, -600], np.float32),
        focal_px=2.5 * size,
        light=light,
        tone=np.full(3, 0.2, np.float32),
        residual=0.0,
        blur_px=0.5,
        noise=0.0,
        quality=0,
        mouth=0.0,
        yaw_deg=0.0,
        pitch_deg=0.0,
        roll_deg=0.0,
        licence="CC0-1.0",
        attribution="",
        source="a test",
        sha256="0" * 64,
        index=number,
    )
