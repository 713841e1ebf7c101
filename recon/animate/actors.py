"""Actors of photos: by a network's maps with the face model fitted to them, or by DECA's codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from recon.animate.actor import Actor, Pose, actor_from, shape_of
from recon.errors import UserError
from recon.faces import load
from recon.faces.articulation import rotation_matrices
from recon.fitting.photo_fit import PhotoFit, fit_framed
from recon.geometry.cameras import Camera
from recon.geometry.similarity import fit_rigid
from recon.methods.base import Reconstructor, device_of
from recon.methods.deca.codes import Codes, expression_columns
from recon.methods.deca.config import DecaConfig
from recon.methods.deca.detail.network import DetailedDeca, DetailGeometry
from recon.methods.deca.face import face_of
from recon.methods.deca.geometry import DecaGeometry
from recon.methods.deca.network import Deca
from recon.methods.uv_displacement import displacement_at
from recon.photos.framing import EYE_SHARE, frame
from recon.photos.reading import Unusable, read_photo
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.over_face import over_face
from recon.render.differentiable.camera import UNIT_MM

CROP_PX = 512  # at most: no more than the photo has
FAR_MM = 1e5  # of a camera whose rays are as good as parallel


def actor_of(photo: Path, network: Reconstructor, edge_mm: float = 0.0) -> Actor:
    """The largest face of a photo. edge_mm: see `actor_from`.

    Raises:
        UserError: the photo can't be read, or shows no face.
    """
    try:
        image = read_photo(photo)
        framing = find_faces(image, network, load("default"))[0].framing
        side = int(np.clip(framing.eye_distance / EYE_SHARE, network.size, CROP_PX))
        crop = frame(image, framing, side)
        if isinstance(network, (Deca, DetailedDeca)):
            return by_codes(network, crop, edge_mm)
        fit = fit_framed(image, framing, network, load("default"), side)
    except Unusable as reason:
        raise UserError(f"{photo}: {reason}") from None
    return by_fit(fit, edge_mm)


def pose_in(image: Image.Image, network: Reconstructor) -> Pose:
    """Expression, jaw and head of the largest face of an image.

    Raises:
        Unusable: it shows none.
    """
    framing = find_faces(image, network, load("default"))[0].framing
    if isinstance(network, (Deca, DetailedDeca)):
        return pose_of(network, answer_of(network, frame(image, framing, network.size)).codes)
    fit = fit_framed(image, framing, network, load("default"), network.size).fit
    return Pose(fit.expression, np.zeros(3), fit.rotation)


def by_fit(found: PhotoFit, edge_mm: float) -> Actor:
    """That of the fitted default model."""
    fit, fault = found.fit, found.figures.fault()
    camera = fit.camera.scaled(len(found.rgb) / fit.camera.size_px)
    pose = Pose(fit.expression, np.zeros(3), fit.rotation)
    doubts = () if fault is None else (fault,)
    over = None if found.classes is None else over_face(found.classes, found.visible)
    return actor_from(load("default"), fit.identity, pose, fit.translation, camera, found.rgb, doubts, edge_mm, over)


def by_codes(network: Deca | DetailedDeca, crop: np.ndarray, edge_mm: float) -> Actor:
    """That of DECA's codes; with its detail stage the relief is the decoder's and changes with the expression."""
    answer = answer_of(network, crop)
    codes, side = answer.codes, len(crop)
    model, pose = load(coarse_of(network).model), pose_of(network, codes)
    identity = np.zeros(len(model.identity_basis))
    identity[: codes.shape.shape[1]] = codes.shape[0].cpu().numpy()
    with torch.no_grad():
        placed = (
            face_of(coarse_of(network), codes.shape.device, whole=True).vertices_mm(codes)[0].double().cpu().numpy()
        )
    turned = fit_rigid(shape_of(model, identity, pose), placed)  # about the root joint, wherever that is
    pose = replace(pose, rotation=turned.rotation)
    scale, right, down = codes.camera[0].double().tolist()
    half = UNIT_MM / scale  # of the image's side
    camera = Camera(FAR_MM * side / (2 * half), (side / 2, side / 2), side)
    translation = turned.translation + np.array([right * half, -down * half, -FAR_MM])
    actor = actor_from(model, identity, pose, translation, camera, crop, (), edge_mm)
    if not isinstance(network, DetailedDeca) or not isinstance(answer, DetailGeometry):
        return actor
    uv, columns = torch.from_numpy(actor.uv).float(), list(expression_columns(model))

    @torch.no_grad()
    def relief(expression: np.ndarray, jaw: np.ndarray) -> np.ndarray:
        told = torch.from_numpy(expression[columns]).float()[None, : codes.expression.shape[1]]
        turned = torch.from_numpy(jaw).float()[None, : codes.jaw.shape[1]]
        found = network.decoder(answer.detail, told.to(answer.detail), turned.to(answer.detail))
        return displacement_at(found.cpu(), uv)[0].double().numpy()

    return replace(actor, relief=relief)


@torch.no_grad()
def answer_of(network: Deca | DetailedDeca, crop: np.ndarray) -> DecaGeometry:
    """DECA's answer to a crop (S, S, 3) uint8."""
    image = torch.from_numpy(crop.copy()).to(device_of(network)).permute(2, 0, 1)[None].float() / 255
    answer = network.predict(image)
    assert isinstance(answer, DecaGeometry)
    return answer


def pose_of(network: Deca | DetailedDeca, codes: Codes) -> Pose:
    """The first of B codes as a pose of the face model."""
    model = load(coarse_of(network).model)
    expression = np.zeros(len(model.expression_basis))
    told = codes.expression[0].cpu().numpy()
    expression[list(expression_columns(model))[: len(told)]] = told
    jaw = codes.jaw[0].double().cpu().numpy() if codes.jaw.shape[1] else np.zeros(3)
    return Pose(expression, jaw, rotation_matrices(codes.pose[0, :3].double().cpu()).numpy())


def coarse_of(network: Deca | DetailedDeca) -> DecaConfig:
    """The coarse stage's config of either network."""
    return network.config.coarse if isinstance(network, DetailedDeca) else network.config
