"""The rotation of a head and the angles that a scene tells it by."""

from __future__ import annotations

import numpy as np


def head_rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """(3, 3) float32: roll about z, then pitch about x (positive looks down), then yaw about y (to the right)."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return (about_y @ about_x @ about_z).astype(np.float32)


def angles_deg(rotation: np.ndarray) -> tuple[float, float, float]:
    """(3, 3) head to camera -> yaw, pitch and roll of `head_rotation`."""
    yaw, pitch = np.arctan2(rotation[0, 2], rotation[2, 2]), np.arcsin(np.clip(-rotation[1, 2], -1, 1))
    roll = np.arctan2(rotation[1, 0], rotation[1, 1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))
