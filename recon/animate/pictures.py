"""Frames of a moved person: textured beside plain, always seen by the same camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from recon.animate.actor import Actor, Pose
from recon.errors import UserError
from recon.files import whole_file
from recon.geometry.cameras import Camera
from recon.reconstruction.views import VIEW_FOV_DEG, picture

FRAME_PX = 320
ROOM = 1.18  # of the face's extent that a frame shows: a jaw opens downward
STRIP_COLUMNS = 4
MOST_STRIP = 12


def frames_of(actor: Actor, poses: Sequence[Pose]) -> list[np.ndarray]:
    """(FRAME_PX, 2 FRAME_PX, 3) uint8 each: with texture, and as clay, which shows the relief."""
    base = actor.mesh(actor.pose)
    middle, extent = (base.max(0) + base.min(0)) / 2, ROOM * float((base.max(0) - base.min(0)).max())
    camera, colours = Camera.from_fov(VIEW_FOV_DEG, FRAME_PX), actor.colours()
    away = np.array([0.0, 0.0, -camera.focal_px * extent / FRAME_PX])
    shown = []
    for pose in poses:
        places = (actor.mesh(pose) - middle) @ pose.rotation.T + away
        shown.append(np.concatenate([picture(places, actor.triangles, camera, one) for one in (colours, None)], 1))
    return shown


def strip_of(frames: Sequence[np.ndarray]) -> np.ndarray:
    """At most MOST_STRIP of the frames, evenly chosen, at their full size in rows."""
    chosen = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, min(MOST_STRIP, len(frames))).astype(int))]
    chosen += [np.full_like(chosen[0], 255)] * (-len(chosen) % STRIP_COLUMNS)
    rows = [chosen[i : i + STRIP_COLUMNS] for i in range(0, len(chosen), STRIP_COLUMNS)]
    return np.concatenate([np.concatenate(row, 1) for row in rows])


def write_mp4(path: Path, frames: Sequence[np.ndarray], fps: float) -> None:
    """The frames as MPEG-4.

    Raises:
        UserError: OpenCV here can't write it.
    """
    height, width = frames[0].shape[:2]
    with whole_file(path) as temporary:
        named = temporary.with_suffix(".mp4")  # OpenCV goes by the ending
        video = cv2.VideoWriter(str(named), cv2.VideoWriter.fourcc(*"mp4v"), fps, (width, height))
        if not video.isOpened():
            raise UserError(f"OpenCV here writes no MP4 ({path}): install opencv-python-headless with FFmpeg")
        for frame in frames:
            video.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        video.release()
        named.replace(temporary)
