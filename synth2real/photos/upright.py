"""Photos that show an upright face, by the same test as the meshes' (`recon.reconstruction.face_test`)."""

from __future__ import annotations

from recon.faces.model import FaceModel
from recon.methods.base import Reconstructor
from recon.photos.folder import Photos
from recon.processes import one_thread
from recon.progress import progress
from recon.reconstruction.face_test import reason_against_crop


def with_upright_face(photos: Photos, network: Reconstructor, model: FaceModel) -> Photos:
    """The framed photos that show one; the others among the skipped, with the reason."""
    with progress("photos", len(photos.names)) as count, one_thread():
        reasons = []
        for image in photos.images:
            reasons.append(reason_against_crop(image, network, model))
            count()
    kept = [i for i, reason in enumerate(reasons) if reason is None]
    skipped = [(name, reason) for name, reason in zip(photos.names, reasons, strict=True) if reason]
    return Photos(photos.images[kept], tuple(photos.names[i] for i in kept), (*photos.skipped, *skipped))
