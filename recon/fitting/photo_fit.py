"""One photo: its face found, fitted, and kept or rejected with a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from recon.faces.model import FaceModel
from recon.fitting.labelled import Drawn, drawn
from recon.fitting.model_fit import Fit, fit_face
from recon.fitting.observed import Observed, observed_in
from recon.fitting.photometric import Look, look_of
from recon.methods.base import Reconstructor, device_of
from recon.photos.framing import Framing, frame
from recon.photos.reading import Unusable, read_photo
from recon.reconstruction.face_finder import find_faces
from recon.reconstruction.looking import MASK_THRESHOLD

POINTS = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47), (30,), (48,), (54,))  # landmarks of a CSV's five points


@dataclass(frozen=True)
class Limits:
    """What `Figures` may be at most, or at least (covered, visible, sharpness); None: not asked. The defaults are for
    labels that others learn from."""

    residual_mm: float = 1.2
    outliers: float = 0.05
    covered: float = 0.93
    visible: float = 0.5
    spread: float = 1.3
    unexplained: float | None = 0.35
    sharpness: float | None = 0.03


@dataclass(frozen=True)
class Figures:
    """What a fit is judged by.

    Attributes:
        residual_mm, outliers: of the correspondence, see `Fit`. covered: share of the network's visible mask that the
            fitted face covers. visible: share of the fitted face that it sees. spread: the identity's root mean square.
        unexplained, sharpness: see `Look`.
    """

    residual_mm: float
    outliers: float
    covered: float
    visible: float
    spread: float
    unexplained: float
    sharpness: float

    def fault(self, limits: Limits = Limits()) -> str | None:
        """Why the fit is not to be relied on; None where it is."""
        lit, sharp = limits.unexplained, limits.sharpness
        told = (
            (self.residual_mm <= limits.residual_mm, f"the mesh lies {self.residual_mm:.2f} mm off the correspondence"),
            (self.outliers <= limits.outliers, f"{self.outliers:.0%} of the correspondence lie far off the mesh"),
            (self.covered >= limits.covered, f"the mesh covers only {self.covered:.0%} of the mask"),
            (self.visible >= limits.visible, f"only {self.visible:.0%} of the face is seen"),
            (self.spread <= limits.spread, f"its shape is {self.spread:.1f} deviations from the mean"),
            (lit is None or self.unexplained <= lit, f"light leaves {self.unexplained:.0%} of the photo unexplained"),
            (
                sharp is None or self.sharpness >= sharp,
                f"shifted labels explain the photo as well ({self.sharpness:+.3f})",
            ),
        )
        return next((said for held, said in told if not held), None)  # NaN holds nothing


@dataclass(frozen=True)
class PhotoFit:
    """A photo's face with the model fitted to it.

    Attributes:
        fit: in the network's pixels. rgb: (S, S, 3) uint8, the crop. visible: (S, S) bool, where the network sees the
            face and nothing before it. classes: (S, S) uint8 of its parser; None without one. figures: see there.
    """

    fit: Fit
    rgb: np.ndarray
    visible: np.ndarray
    classes: np.ndarray | None
    figures: Figures


def fit_photo(
    path: Path, network: Reconstructor, model: FaceModel, size: int, known: np.ndarray | None = None
) -> PhotoFit:
    """The largest face of a photo, or the one that known points name, fitted; its crop is `size` px a side.

    known: (5, 2) px of the photo, see `recon.photos.points`.


    Raises:
        Unusable: the photo can't be read, or shows no face.
    """
    image = read_photo(path)
    faces = find_faces(image, network, model)
    face = faces[0]
    if known is not None:
        eyes = known[:2].mean(0)
        face = min(faces, key=lambda one: float(np.linalg.norm(one.framing.middle - eyes)))
        if np.linalg.norm(face.framing.middle - eyes) > face.framing.eye_distance:
            raise Unusable("the face that was found is not the one that the points name")
    return fit_framed(image, face.framing, network, model, size, known)


def fit_framed(
    image: Image.Image,
    framing: Framing,
    network: Reconstructor,
    model: FaceModel,
    size: int,
    known: np.ndarray | None = None,
) -> PhotoFit:
    """The same of a frame that holds a face. known: (5, 2) px of the photo, see `recon.photos.points`.

    Raises:
        Unusable: the network sees too little of a face there.
    """
    mask, correspondence, parsed = answer(network, frame(image, framing, network.size))
    classes = None if parsed is None else parsed.argmax(-1).astype(np.uint8)
    seen = observed_in(model, mask > MASK_THRESHOLD, correspondence, classes)
    if seen is None:
        raise Unusable("the network sees too little of a face")
    if known is not None:
        places = framing.to_photo(network.size).inverse()(known)
        marks = model.landmarks.numpy()
        seen = replace(seen, points=tuple((marks[list(ids)], at) for ids, at in zip(POINTS, places, strict=True)))
    rgb = frame(image, framing, size)
    fine = None if parsed is None else resized(parsed, size).argmax(-1).astype(np.uint8)
    return judged(model, seen, rgb, resized(mask, size) > MASK_THRESHOLD, fine)


def judged(
    model: FaceModel, seen: Observed, rgb: np.ndarray, visible: np.ndarray, classes: np.ndarray | None
) -> PhotoFit:
    """The model fitted to what was seen, with its figures; the others as in `PhotoFit`."""
    fit = fit_face(model, seen)
    face = drawn(model, fit, len(rgb))
    return PhotoFit(fit, rgb, visible, classes, figures_of(fit, face, rgb, visible))


def figures_of(fit: Fit, face: Drawn, rgb: np.ndarray, visible: np.ndarray) -> Figures:
    """What the fit of a crop is judged by."""
    mask = face.labels["mask"]
    both = mask & visible
    look: Look = look_of(rgb, face.labels["normals"], face.labels["region"], both)
    return Figures(
        residual_mm=fit.residual_mm,
        outliers=fit.outliers,
        covered=float(both.sum() / max(1, visible.sum())),
        visible=float(both.sum() / max(1, mask.sum())),
        spread=float(np.sqrt(np.mean(fit.identity**2))),
        unexplained=look.residual,
        sharpness=look.sharpness,
    )


@torch.no_grad()
def answer(network: Reconstructor, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """The network's mask (S, S), correspondence (S, S, 3) and, with a parser, classes (S, S, c) of a crop."""
    image = torch.from_numpy(crop.copy()).to(device_of(network)).permute(2, 0, 1)[None].float() / 255
    geometry = network.predict(image)
    mask, correspondence = geometry.mask[0, 0].cpu().numpy(), geometry.correspondence[0].permute(1, 2, 0).cpu().numpy()
    classes = None if geometry.maps is None else geometry.maps.classes
    return mask, correspondence, None if classes is None else classes[0].permute(1, 2, 0).float().cpu().numpy()


def resized(values: np.ndarray, size: int) -> np.ndarray:
    """Maps (S, S, ...) at `size` px a side, bilinear."""
    return cv2.resize(np.ascontiguousarray(values, np.float32), (size, size), interpolation=cv2.INTER_LINEAR)


def plain(figures: Figures) -> dict[str, float]:
    """Rounded, as they are told."""
    return {name: round(value, 4) for name, value in asdict(figures).items()}
