"""Small copies of published sets, written as those are laid out, with faces that no reader can know."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from recon.evaluate.metrics.scan_to_mesh import SEVEN
from recon.evaluate.readers import bu4dfe, now
from recon.evaluate.readers.landmarks_3d import GROUPS
from recon.faces import load
from recon.faces.variation import varied

SIZES = (17, 5, 5, 9, 6, 6, 20)  # of menpo's groups, in the order of GROUPS


class Head:
    """A person: vertices (n, 3) mm, triangles (f, 3) of the face region, uv (n, 2), landmarks (68, 3)."""

    def __init__(self, seed: int) -> None:
        model = load("default")
        whole = varied(model.mean, seed).numpy().astype(np.float64)
        self.triangles = model.triangles.numpy()[model.face.numpy()].astype(np.int64)
        used, flat = np.unique(self.triangles, return_inverse=True)
        self.triangles, self.vertices = flat.reshape(-1, 3), whole[used]
        self.uv = np.nan_to_num(model.uv.numpy()[used].astype(np.float64))
        self.landmarks = whole[model.landmarks.numpy()]
        texture = np.random.default_rng(seed).integers(150, 220, (16, 16, 3)).astype(np.uint8)
        self.texture = Image.fromarray(texture)


def write_obj(file: Path, head: Head, texture: str | None = "face.png") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"v {x:.5f} {y:.5f} {z:.5f}" for x, y, z in head.vertices]
    corner = "{0}"
    if texture:
        head.texture.save(file.parent / texture)
        file.with_suffix(".mtl").write_text(f"newmtl face\nKd 1 1 1\nmap_Kd {texture}\n")
        lines = [f"mtllib {file.stem}.mtl", "usemtl face", *lines, *(f"vt {u:.6f} {v:.6f}" for u, v in head.uv)]
        corner = "{0}/{0}"
    lines += ["f " + " ".join(corner.format(k + 1) for k in triangle) for triangle in head.triangles]
    file.write_text("\n".join(lines) + "\n")


def write_ply(file: Path, head: Head, unit: float = 1.0) -> None:
    """With a colour at each vertex. unit: of the file, in mm."""
    colours = np.full((len(head.vertices), 4), (200, 160, 140, 255), np.uint8)
    trimesh.Trimesh(head.vertices / unit, head.triangles, vertex_colors=colours, process=False).export(file)


def write_ljson(file: Path, landmarks: np.ndarray) -> None:
    """In an order of groups that is not the Multi-PIE's."""
    rows = np.split(np.arange(68), np.cumsum(SIZES)[:-1])
    groups = dict(zip(GROUPS, rows, strict=True))
    order = np.concatenate([groups[name] for name in reversed(GROUPS)])
    place = np.argsort(order)
    labels = [{"label": name, "mask": place[own].tolist()} for name, own in groups.items()]
    content = {"groups": {"LJSON": {"labels": labels, "landmarks": {"points": landmarks[order].tolist()}}}}
    file.write_text(json.dumps(content))


def write_pp(file: Path, points: np.ndarray) -> None:
    """As MeshLab writes picked points."""
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = [f' <point x="{x}" y="{y}" z="{z}" active="1" name="{k}"/>' for k, (x, y, z) in enumerate(points.tolist())]
    head = ["<!DOCTYPE PickedPoints>", "<PickedPoints>", " <DocumentData>", '  <User name="a"/>', " </DocumentData>"]
    file.write_text("\n".join([*head, *rows, "</PickedPoints>"]) + "\n")


def write_wrl(file: Path, head: Head, texture: str) -> None:
    """As BU-3DFE's: points, polygons of -1, texture points of their own numbers (here backwards)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    head.texture.save(file.parent / texture)
    backwards = len(head.uv) - 1 - head.triangles
    parts = {
        "points": ",\n".join(f"{x:.5f} {y:.5f} {z:.5f}" for x, y, z in head.vertices),
        "faces": ",\n".join(f"{a}, {b}, {c}, -1" for a, b, c in head.triangles),
        "places": ",\n".join(f"{u:.6f} {v:.6f}" for u, v in head.uv[::-1]),
        "corners": ",\n".join(f"{a}, {b}, {c}, -1" for a, b, c in backwards),
    }
    file.write_text(
        "#VRML V2.0 utf8\n"
        "DEF Face Transform {\n children Shape {\n  appearance Appearance {\n"
        f'   texture ImageTexture {{ url "C:\\faces\\{texture}" }}\n  }}\n'
        "  geometry IndexedFaceSet {\n"
        f"   coord Coordinate {{\n    point [\n{parts['points']}\n    ]\n   }}\n"
        f"   coordIndex [\n{parts['faces']}\n   ]\n"
        f"   texCoord TextureCoordinate {{\n    point [\n{parts['places']}\n    ]\n   }}\n"
        f"   texCoordIndex [\n{parts['corners']}\n   ]\n"
        "  }\n }\n}\n"
    )


def write_bnd(file: Path, landmarks: np.ndarray, right_first: bool = False) -> None:
    """83 points: the eyes' outlines (in either order), brows, nose, lips and jaw; what has no twin is made up."""
    file.parent.mkdir(parents=True, exist_ok=True)
    eyes = [np.concatenate([landmarks[eye], landmarks[eye][[1, 4]]]) for eye in (slice(36, 42), slice(42, 48))]
    eyes = eyes[::-1] if right_first else eyes
    brows = [np.repeat(landmarks[brow], 2, axis=0) for brow in (slice(17, 22), slice(22, 27))]
    nose = np.concatenate([landmarks[27:36], landmarks[33:36]])
    points = np.concatenate([*eyes, *brows, nose, landmarks[48:68], landmarks[:15]])
    assert points.shape == (83, 3)
    file.write_text("\n".join(f"{k}\t\t{x:.4f} {y:.4f} {z:.4f}" for k, (x, y, z) in enumerate(points)) + "\n")


def write_bu3dfe(folder: Path, head: Head, name: str = "F0001_AN01WH", right_first: bool = False) -> Path:
    wrl = folder / name[:5] / f"{name}_F3D.wrl"
    write_wrl(wrl, head, f"{name}_F3D.bmp")
    write_bnd(wrl.with_suffix(".bnd"), head.landmarks, right_first)
    return wrl


def write_bu4dfe(folder: Path, head: Head, person: str, expression: str, frames: int = 3) -> None:
    for k in range(frames):
        wrl = folder / person / expression / f"{k:03d}.wrl"
        if k == frames // 2:
            write_wrl(wrl, head, f"{k:03d}.jpg")
        else:
            wrl.parent.mkdir(parents=True, exist_ok=True)
            wrl.write_text("another moment")
        write_bnd(folder / bu4dfe.POINTS / person / expression / f"{k:03d}.bnd", head.landmarks)


def write_florence(folder: Path, head: Head, number: int = 1) -> Path:
    obj = folder / f"subject_{number:02d}/Model/frontal1/obj/110920150452.obj"
    write_obj(obj, head)
    np.savetxt(obj.with_suffix(".txt"), head.landmarks)
    return obj


def write_now(folder: Path, head: Head, person: str = "FaMoS_1_TA", name: str = "IMG_1.jpg") -> None:
    place = Path(person) / "multiview_neutral" / name
    for part in ("iphone_pictures", "detected_face"):
        (folder / part / place.parent).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64)).save(folder / "iphone_pictures" / place)
    box = {"left": 10, "top": np.float64(12.5), "right": 50, "bottom": 55}
    np.save(folder / "detected_face" / place.with_suffix(".npy"), box, allow_pickle=True)  # type: ignore[arg-type]
    write_obj(folder / "scans" / person / "scan.obj", head, texture=None)
    write_pp(folder / "scans_lmks_onlypp" / person / "scan_picked_points.pp", seven_of(head.landmarks))
    with (folder / now.LISTS["validation"]).open("a") as file:
        file.write(f"{place}\n")


def seven_of(landmarks: np.ndarray) -> np.ndarray:
    return landmarks[list(SEVEN)]
