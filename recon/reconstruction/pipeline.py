"""A photo to detailed meshes, one for each face: `recon.reconstruct("photo.jpg")`.

The network's part (`find_faces`) and the mesh's (`reconstruct_face`) are apart, so that a batch can run the first on
one device and the second in many processes (`recon.reconstruction.batch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from recon.detail.relief import Detail, add_detail, without_detail
from recon.faces.model import FaceModel
from recon.geometry.cameras import Camera
from recon.methods.base import Reconstructor
from recon.photos.reading import read_photo
from recon.photos.region import Region, region_of
from recon.processes import one_thread
from recon.reconstruction.camera import in_photo, pinhole, recover_camera
from recon.reconstruction.config import ReconstructionConfig
from recon.reconstruction.doubts import doubts_of
from recon.reconstruction.face_finder import Box, find_faces
from recon.reconstruction.face_part import face_part
from recon.reconstruction.learnt_detail import learnt_detail
from recon.reconstruction.looking import MASK_THRESHOLD, FoundFace
from recon.reconstruction.networks import bundled_network, model_for
from recon.reconstruction.over_face import in_region
from recon.reconstruction.texture import texture_of
from recon.registration.complete import complete
from recon.registration.map_mesh import MapMesh, map_to_mesh
from recon.registration.register import Registration, register


@dataclass(frozen=True)
class Reconstruction:
    """One face of a photo as a mesh; mm of the default face (its scale is not known), frame of the photo's camera.

    Attributes:
        face: what the network saw. model: the template. camera: of the photo's own pixels; its `size_px` says nothing.
        map_mesh: the network's surface, vertices moved to the camera's frame as the others.
        registration: the template on it, or the mesh that the network gave, completed; `vertices` (n, 3)
            float64 are all of its vertices.
        part: (p,) int64, the template's vertices that the mesh consists of: the face and the eyes.
        detail: the mesh to use, finer than the template, with relief or without.
        uv: (m, 2) and correspondence: (m, 3) of its vertices.
        texture: (T, T, 3) uint8 RGB; seen: (T, T) in [0, 1], how far it is the photo's own.
        doubts: what of it disagrees with an upright face, in words; empty for a result to rely on.
    """

    face: FoundFace
    model: FaceModel
    camera: Camera
    map_mesh: MapMesh
    registration: Registration
    vertices: np.ndarray
    part: np.ndarray
    detail: Detail
    uv: np.ndarray
    correspondence: np.ndarray
    texture: np.ndarray
    seen: np.ndarray
    doubts: tuple[str, ...]


def reconstruct(
    photo: Image.Image | Path | str,
    config: ReconstructionConfig = ReconstructionConfig(),
    *,
    network: Reconstructor | None = None,
    model: str | None = None,
    box: Box | None = None,
    crop: bool = False,
) -> list[Reconstruction]:
    """Every face of a photo, the largest first.

    Args:
        photo: an upright RGB image, or a file that `recon.photos.reading.read_photo` reads.
        network: the bundled one, two in one (`bundled_network`), where none is given. model: the template's name, see
            `model_for`.
        box: left, top, width and height of the one face to take, px. crop: the photo is a ready crop of one face.
    Raises:
        Unusable: the file is no image, or there is no face in the photo.
    """
    image = photo if isinstance(photo, Image.Image) else read_photo(Path(photo))
    network = network or bundled_network()
    template = model_for(network, model)
    with one_thread():
        faces = find_faces(image, network, template, box=box, crop=crop)
        return [reconstruct_face(region_of(image, face.framing), face, template, config) for face in faces]


def reconstruct_face(
    region: Region, face: FoundFace, model: FaceModel, config: ReconstructionConfig = ReconstructionConfig()
) -> Reconstruction:
    """The mesh of a found face. region: the photo's part around it. model: the template."""
    maps = map_to_mesh(face.position_mm, face.correspondence, face.mask > MASK_THRESHOLD)
    crop_camera, translation = pinhole(recover_camera(maps.pixels, maps.vertices, face.mask.shape), len(face.mask))
    camera, turn = in_photo(crop_camera, face.framing)
    mesh = face.mesh
    registered = (
        register(maps, model, config.registration) if mesh is None else complete(mesh.vertices_mm, mesh.told, model)
    )
    vertices = (registered.vertices + translation) @ turn.T
    part = face_part(model)
    placed = vertices[part.vertices]
    near, shape = region.camera(camera), region.pixels.shape[:2]
    over = face.over
    over = None if over is None else in_region(over, face.framing, region)
    if config.detail is None:
        fine = without_detail(placed, part.triangles, near, shape)
    elif mesh is not None and mesh.displacement_mm is not None:
        detail = part.uv, mesh.displacement_mm
        fine = learnt_detail(placed, part.triangles, *detail, near, shape, config.detail.edge_mm)
    else:
        photo = region.pixels / np.float32(255)
        fine = add_detail(placed, part.triangles, photo, near, config.detail, part.relief_on, over)
    outside = np.repeat(part.outside, len(fine.triangles) // len(part.triangles))  # finer triangles in their order
    uv = fine.carry(part.uv)
    shown = fine.smooth, fine.triangles[outside], uv, fine.seen
    texture, seen = texture_of(*shown, region.pixels, near, config.texture_px, over)
    return Reconstruction(
        face=face,
        model=model,
        camera=camera,
        map_mesh=MapMesh((maps.vertices + translation) @ turn.T, maps.triangles, maps.correspondence, maps.pixels),
        registration=registered,
        vertices=vertices,
        part=part.vertices,
        detail=fine,
        uv=uv,
        correspondence=fine.carry(part.canonical),
        texture=texture,
        seen=seen,
        doubts=doubts_of(face, registered, model),
    )
