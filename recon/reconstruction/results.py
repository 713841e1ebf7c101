"""A reconstruction as files: textured meshes, a JSON of what was measured, a sheet and a turntable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from PIL import Image
from trimesh.exchange.obj import export_obj
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from recon.errors import UserError, did_you_mean
from recon.files import whole_file
from recon.photos.region import Region
from recon.reconstruction.doubts import eyes_seen
from recon.reconstruction.look_sheet import look_sheet
from recon.reconstruction.pipeline import Reconstruction
from recon.reconstruction.sheet import sheet_of
from recon.reconstruction.texture import colours_at
from recon.reconstruction.views import picture_by, turntable, write_gif
from recon.render.config import Renderer
from recon.synthesis.pose import angles_deg

FORMATS = ("obj", "ply", "glb", "stl")
VERTEX_MM = 0.001  # places are written to a micrometre
MM_A_METRE = 1000.0
TURNTABLE_FPS = 12.5
WRITTEN = ("mesh.*", "albedo.png", "face.png", "template.npz", "sheet.jpg", "turntable.gif", "result.json")


def chosen_formats(text: str) -> tuple[str, ...]:
    """Names of FORMATS, separated by commas."""
    formats = tuple(word.strip().lower() for word in text.split(",") if word.strip())
    for word in formats:
        if word not in FORMATS:
            raise UserError(f"--formats knows {', '.join(FORMATS)}, not {word}{did_you_mean(word, FORMATS)}")
    if not formats:
        raise UserError(f"--formats names none: give some of {', '.join(FORMATS)}")
    return formats


def write_result(
    folder: Path,
    result: Reconstruction,
    region: Region,
    about: dict[str, Any],
    formats: Sequence[str],
    renderer: Renderer = "own",
) -> None:
    """Write mesh.*, template.npz, result.json (last), sheet.jpg and turntable.gif into `folder`; and albedo.png, over
    the template's uv, of a network that tells it.

    region: the photo's part around the face. about: what result.json says besides, such as the photo's name. renderer:
    of the pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in formats:
        write_mesh(folder / f"mesh.{name}", result)
    with whole_file(folder / "template.npz") as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            vertices_mm=result.vertices.astype(np.float32),
            matched=result.registration.matched,
            mesh_correspondence=result.correspondence.astype(np.float32),
            displacement_mm=result.detail.displacement_mm.astype(np.float32),
        )
    if result.face.look is not None:
        with whole_file(folder / "albedo.png") as temporary:
            Image.fromarray(result.face.look.albedo).save(temporary, "PNG")
    draw = picture_by(renderer)
    shown = sheet_of if result.face.look is None or result.face.marks is None else look_sheet
    with whole_file(folder / "sheet.jpg") as temporary:
        Image.fromarray(shown(result, region, draw)).save(temporary, "JPEG", quality=92)
    colours = colours_at(result.texture, result.uv)
    frames = turntable(result.detail.vertices, result.detail.triangles, colours, draw=draw)
    write_gif(folder / "turntable.gif", frames, TURNTABLE_FPS)
    with whole_file(folder / "result.json") as temporary:
        temporary.write_text(json.dumps({**about, **summary(result)}, indent=1))


def remove_results(folder: Path) -> None:
    """Remove what `write_result` wrote into `folder` and its folders of faces, and nothing else."""
    faces = [place for place in folder.glob("face_*") if place.is_dir()]
    for place in [folder, *faces]:
        for file in (file for pattern in WRITTEN for file in place.glob(pattern)):
            file.unlink()
    for place in faces:
        if not any(place.iterdir()):
            place.rmdir()


def write_mesh(path: Path, result: Reconstruction) -> None:
    """Write the mesh, textured where the format knows textures (obj, glb), with vertex colours in ply, bare in stl.

    In mm in the camera's frame; a glb in metres about its middle (`summary` says it).
    """
    vertices = np.round(result.detail.vertices / VERTEX_MM) * VERTEX_MM
    if path.suffix == ".glb":  # whose unit is the metre, and whose viewers look at the origin
        vertices = (vertices - middle_mm(result)) / MM_A_METRE
    mesh = trimesh.Trimesh(vertices, result.detail.triangles, process=False)
    if path.suffix == ".ply":
        mesh.visual.vertex_colors = np.round(colours_at(result.texture, result.uv) * 255).astype(np.uint8)  # type: ignore[union-attr]
    elif path.suffix in (".obj", ".glb"):
        material = PBRMaterial(
            baseColorTexture=Image.fromarray(result.texture), metallicFactor=0.0, roughnessFactor=0.7
        )
        shown, none = [255, 255, 255], [0, 0, 0]  # the texture as it is: photographed light is in it already
        simple = SimpleMaterial(
            image=Image.fromarray(result.texture), diffuse=shown, ambient=shown, specular=none, name="face"
        )
        chosen = simple if path.suffix == ".obj" else material
        mesh.visual = TextureVisuals(uv=result.uv, material=chosen)
    if path.suffix != ".obj":
        with whole_file(path) as temporary:
            mesh.export(temporary, file_type=path.suffix[1:])
        return
    text, files = export_obj(mesh, return_texture=True, mtl_name="mesh.mtl", write_texture=False)
    for name, content in [*files.items(), (path.name, text.encode())]:
        with whole_file(path.parent / name) as temporary:
            temporary.write_bytes(content)


def middle_mm(result: Reconstruction) -> np.ndarray:
    """(3,) mm, the middle of the mesh's box, to a micrometre."""
    vertices = result.detail.vertices
    return np.round((vertices.min(0) + vertices.max(0)) / 2, 3)


def summary(result: Reconstruction) -> dict[str, Any]:
    """Camera, landmarks and quality figures, as plain numbers."""
    marks = result.vertices[result.model.landmarks.numpy()]
    registered = {  # nothing for a mesh that the network gave
        name: value
        for last in result.registration.history[-1:]
        for name, value in (("registration_residual_mm", last.residual_mm), ("matches", last.matches))
    }
    framing, look = result.face.framing, result.face.look
    yaw, pitch, roll = angles_deg(result.face.seen.pose.rotation)
    return {
        "doubtful": bool(result.doubts),
        "doubts": list(result.doubts),
        "camera": {"focal_px": result.camera.focal_px, "centre_px": list(result.camera.centre_px)},
        "eyes": {"middle_px": framing.middle.tolist(), "distance_px": framing.eye_distance, "tilt_rad": framing.tilt},
        "eyes_seen": eyes_seen(result.face, result.model),
        "pose_deg": {"yaw": yaw, "pitch": pitch, "roll": roll},
        "landmarks_px": project(result, marks).round(3).tolist(),
        "landmarks_mm": marks.round(3).tolist(),
        "quality": {
            **registered,
            "matched_share": float(result.registration.matched[result.part].mean()),
            "relief_rms_mm": float(np.sqrt(np.mean(result.detail.displacement_mm**2))),
            "texture_seen_share": float(result.seen[result.seen > 0].mean()) if result.seen.any() else 0.0,
        },
        **({} if look is None else {"light": look.light.round(6).tolist()}),
        "units": "mm of the default face: the scale of a face is not known from one photo",
        "frame": "of the photo's camera: x right, y up, z toward the viewer",
        "glb": {
            "unit": "metre",
            "middle_mm": middle_mm(result).tolist(),
            "place_mm": "1000 * place in mesh.glb + middle_mm",
        },
    }


def project(result: Reconstruction, points: np.ndarray) -> np.ndarray:
    """(k, 3) mm -> (k, 2) pixels of the photo."""
    return result.camera.project(torch.from_numpy(points)).numpy()
