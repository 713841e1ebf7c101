"""A photo to detailed meshes, one for each face: `reconstruct("photo.jpg")`.

The network's part (`find_faces`) and the mesh's (`reconstruct_face`) are apart, so that a batch can run the first on
one device and the second in many processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import sparse
from scipy.spatial import KDTree

from recon import assets
from recon.detail.relief import Detail, DetailConfig, add_detail
from recon.detail.visibility import trust
from recon.faces import load
from recon.faces.model import REGIONS, FaceModel
from recon.geometry.cameras import Camera
from recon.geometry.similarity import Similarity
from recon.geometry.surfaces import vertex_normals
from recon.methods.base import Reconstructor
from recon.methods.mirrored import Mirrored
from recon.photos.framing import Framing
from recon.photos.reading import read_photo
from recon.reconstruction.camera import MapCamera, recover_camera
from recon.reconstruction.face_finder import MASK_THRESHOLD, FoundFace, find_faces
from recon.reconstruction.texture import texture_of
from recon.registration.map_mesh import MapMesh, map_to_mesh
from recon.registration.parts import pieces_of
from recon.registration.register import Registration, RegistrationConfig, register

NETWORK_SIZE = 128
FARTHEST_MM = 5000.0
WITH_DETAIL = DetailConfig()
RELIEF_ON = "skin"  # the region whose darkness speaks of relief; lips, brows and eyes are dark of themselves


@dataclass(frozen=True)
class Reconstruction:
    """One face of a photo as a mesh; mm of the default face (its scale is not known), frame of the photo's camera.

    Attributes:
        face: what the network saw. camera: of the photo's own pixels; its `size_px` says nothing.
        map_mesh: the network's surface, vertices moved to the camera's frame as the others.
        registration: the template on it; `vertices` (n, 3) float64 are all of its vertices.
        part: (p,) int64, the template's vertices that the mesh consists of: the face and the eyes.
        detail: the mesh to use, finer than the template, with relief or without.
        uv: (m, 2) and correspondence: (m, 3) of its vertices.
        texture: (T, T, 3) uint8 RGB; seen: (T, T) in [0, 1], how far it is the photo's own.
    """

    face: FoundFace
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


@dataclass(frozen=True)
class FacePart:
    """The part of the default model that a result consists of.

    Attributes:
        vertices: (p,) int64 ids; triangles: (f, 3) int32 of these. outside: (f,) bool, not the lining of the mouth.
        uv: (p, 2) in [0, 1].
    """

    vertices: np.ndarray
    triangles: np.ndarray
    outside: np.ndarray
    uv: np.ndarray


def reconstruct(
    photo: Image.Image | Path | str,
    network: Reconstructor | None = None,
    *,
    box: tuple[float, float, float, float] | None = None,
    crop: bool = False,
    detail: DetailConfig | None = WITH_DETAIL,
    registration: RegistrationConfig | None = None,
) -> list[Reconstruction]:
    """Every face of a photo, the largest first.

    Args:
        photo: an upright RGB image, or a file that `recon.photos.reading.read_photo` reads.
        network: the bundled one, looking twice (`recon.methods.mirrored`), where none is given.
        box, crop: see `find_faces`. detail: None leaves the relief out.
    Raises:
        Unusable: the file is no image, or there is no face in the photo.
    """
    image = photo if isinstance(photo, Image.Image) else read_photo(Path(photo))
    network = network or bundled_network()
    model = load("default")
    faces = find_faces(image, network, model, known_size(network), box, crop)
    return [reconstruct_face(np.asarray(image), face, model, detail, registration) for face in faces]


def bundled_network() -> Reconstructor:
    return Mirrored(Reconstructor.from_pretrained(assets.path("weights/pix2vertex.safetensors"))).eval()


def network_of(weights: Path | None) -> Reconstructor:
    """The reconstructor of a weights file; without one, the bundled one."""
    return Reconstructor.from_pretrained(weights) if weights else bundled_network()


def known_size(network: Reconstructor) -> int:
    """The side in px of the images that a network was trained on."""
    return int(getattr(getattr(network, "config", None), "size", NETWORK_SIZE))


def reconstruct_face(
    photo: np.ndarray,
    face: FoundFace,
    model: FaceModel,
    detail: DetailConfig | None = WITH_DETAIL,
    registration: RegistrationConfig | None = None,
) -> Reconstruction:
    """The mesh of a found face. photo: (H, W, 3) uint8 RGB."""
    maps = map_to_mesh(face.position_mm, face.correspondence, face.mask > MASK_THRESHOLD)
    crop_camera, translation = pinhole(recover_camera(maps.pixels, maps.vertices, face.mask.shape), len(face.mask))
    registered = register(maps, model, registration)
    camera, turn = in_photo(crop_camera, face.framing)
    vertices = (registered.vertices + translation) @ turn.T
    chosen = face_part(model)
    part = chosen.vertices
    relief_on = (model.region.numpy()[part] == REGIONS.index(RELIEF_ON)).astype(float)
    placed = vertices[part]
    if detail is None:
        fine = smooth_detail(placed, chosen.triangles, camera, photo.shape[:2])
        outside = chosen.outside
    else:
        fine = add_detail(placed, chosen.triangles, photo / 255.0, camera, detail, relief_on)
        outside = np.repeat(chosen.outside, len(fine.triangles) // len(chosen.triangles))
    uv = fine.carry(chosen.uv)
    texture, seen = texture_of(fine.smooth, fine.triangles[outside], uv, fine.seen, photo, camera)
    return Reconstruction(
        face=face,
        camera=camera,
        map_mesh=MapMesh((maps.vertices + translation) @ turn.T, maps.triangles, maps.correspondence, maps.pixels),
        registration=registered,
        vertices=vertices,
        part=part,
        detail=fine,
        uv=uv,
        correspondence=fine.carry(model.canonical.numpy()[part]),
        texture=texture,
        seen=seen,
    )


def smooth_detail(vertices: np.ndarray, triangles: np.ndarray, camera: Camera, shape: tuple[int, int]) -> Detail:
    """The mesh as it is. shape: height and width of the photo."""
    normals = vertex_normals(torch.from_numpy(vertices), torch.from_numpy(triangles)).numpy()
    seen, none = trust(vertices, triangles, normals, camera, shape), np.zeros(len(vertices))
    return Detail(vertices, vertices, triangles, none, seen, none, sparse.identity(len(vertices), format="csr"))


def pinhole(seen: MapCamera, size: int) -> tuple[Camera, np.ndarray]:
    """The camera of a map, and the place (3,) mm of the map's origin in its frame; parallel rays become far ones."""
    distance = 1 / max(seen.closeness, 1 / FARTHEST_MM)
    centre = np.array(seen.centre_px)
    across = (np.array(seen.origin_px) - centre) / seen.scale_px * (1, -1)
    return Camera(seen.scale_px * distance, seen.centre_px, size), np.array([*across, -distance])


def in_photo(camera: Camera, framing: Framing) -> tuple[Camera, np.ndarray]:
    """The camera of the whole photo, from that of its upright crop, and the turn (3, 3) of places that goes with it."""
    return through(camera, framing.to_photo(camera.size_px), camera.size_px)


def through(camera: Camera, change: Similarity, size_px: int) -> tuple[Camera, np.ndarray]:
    """The camera whose pixels are `change` of another's, and the turn (3, 3) of places that goes with it."""
    u, v = change(np.array(camera.centre_px))
    turn = np.eye(3)
    turn[:2, :2] = change.rotation.T  # the image's v points down, the frame's y up
    return Camera(camera.focal_px * change.scale, (float(u), float(v)), size_px), turn


@lru_cache(maxsize=2)
def face_part(model: FaceModel) -> FacePart:
    """The face region, the eyes in it, and the lining of the mouth, so that parted lips show no hole.

    The lining takes the colour of the lips' edge.
    """
    region: np.ndarray = model.region.numpy()
    corners: np.ndarray = model.triangles.numpy()
    textured = np.isfinite(model.uv.numpy()[corners]).all((1, 2))
    eyes = (region[corners] == REGIONS.index("eyes")).all(1)
    outside = (model.face.numpy() | eyes) & textured
    on_face = np.unique(corners[outside])
    skin = pieces_of(corners.astype(np.int64), len(region), on_face)[0]
    places = model.mean.double().numpy()
    lining = np.isin(np.arange(len(region)), skin) & (region == REGIONS.index("mouth_inside"))
    inside = lining[corners].any(1) & ~outside
    part, triangles = np.unique(corners[outside | inside], return_inverse=True)
    triangles = triangles.reshape(-1, 3).astype(np.int32)
    return FacePart(
        vertices=part.astype(np.int64),
        triangles=triangles,
        outside=outside[outside | inside],
        uv=model.uv.numpy()[on_face[KDTree(places[on_face]).query(places[part])[1]]],
    )
