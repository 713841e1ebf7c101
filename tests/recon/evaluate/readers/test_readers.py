"""Each published layout is read back from a small tree written alike, and what a tree lacks is named."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial

from recon.errors import UserError
from recon.evaluate.readers import bu3dfe, bu4dfe, florence, lfpa, now
from recon.evaluate.readers.landmarks_3d import landmarks_beside
from recon.evaluate.readers.textured_mesh import load_scan
from recon.evaluate.readers.vrml import CORNERS, fan
from recon.evaluate.scan import Scan
from tests.recon.evaluate.small_sets import (
    Head,
    seven_of,
    write_bu3dfe,
    write_bu4dfe,
    write_florence,
    write_ljson,
    write_now,
    write_obj,
    write_ply,
    write_pp,
)


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(3)


def same_surface(scan: Scan, head: Head) -> None:
    """Vertices may be told apart along seams: the corners of triangles and their paint must be the same."""
    np.testing.assert_allclose(scan.vertices[scan.triangles], head.vertices[head.triangles], atol=1e-4)
    if scan.uv is not None:
        np.testing.assert_allclose(scan.uv[scan.triangles], head.uv[head.triangles], atol=1e-5)


def test_an_obj_and_a_ply_of_metres_with_any_landmarks(tmp_path: Path, head: Head) -> None:
    write_obj(tmp_path / "a/scan.obj", head)
    write_ljson(tmp_path / "a/scan.ljson", head.landmarks)
    scan = load_scan(tmp_path / "a")
    same_surface(scan, head)
    np.testing.assert_allclose(scan.landmarks, head.landmarks)
    (tmp_path / "b").mkdir()
    write_ply(tmp_path / "b/scan.ply", head, unit=1000.0)
    write_pp(tmp_path / "b/points.pp", seven_of(head.landmarks) / 1000)
    scan = load_scan(tmp_path / "b/scan.ply")
    np.testing.assert_allclose(scan.vertices[scan.triangles], head.vertices[head.triangles], atol=1e-2)
    assert scan.uv is None and scan.colours is not None and tuple(scan.colours[0]) == (200, 160, 140)
    assert np.isfinite(scan.landmarks).all(1).sum() == 7
    np.testing.assert_allclose(seven_of(scan.landmarks), seven_of(head.landmarks), atol=1e-6)


def test_a_glb_of_metres_keeps_its_texture_upright(tmp_path: Path, head: Head) -> None:
    visual = trimesh.visual.TextureVisuals(uv=head.uv, material=PBRMaterial(baseColorTexture=head.texture))
    trimesh.Trimesh(head.vertices / 1000, head.triangles, visual=visual, process=False).export(tmp_path / "scan.glb")
    np.savetxt(tmp_path / "scan.txt", head.landmarks / 1000)
    scan = load_scan(tmp_path)
    np.testing.assert_allclose(scan.vertices[scan.triangles], head.vertices[head.triangles], atol=1e-2)
    assert scan.uv is not None and scan.texture is not None
    np.testing.assert_allclose(scan.uv[scan.triangles], head.uv[head.triangles], atol=1e-5)
    assert np.array_equal(scan.texture, np.asarray(head.texture))


def test_landmarks_of_the_meshs_name_come_first(tmp_path: Path) -> None:
    points = np.random.default_rng(0).normal(size=(68, 3))
    np.savetxt(tmp_path / "scan.txt", points)
    (tmp_path / "other.pp").write_text("nothing")
    np.testing.assert_allclose(landmarks_beside(tmp_path / "scan.obj"), points)
    np.savetxt(tmp_path / "scan.txt", points[:5])
    with pytest.raises(UserError, match="holds 5 points: give 68, or the seven"):
        landmarks_beside(tmp_path / "scan.obj")


def test_what_a_scan_lacks_is_named(tmp_path: Path, head: Head) -> None:
    write_obj(tmp_path / "scan.obj", head, texture=None)
    with pytest.raises(UserError, match="neither a texture nor colours"):
        load_scan(tmp_path)
    write_obj(tmp_path / "scan.obj", head)
    with pytest.raises(UserError, match=r"needs its landmarks beside it .* there is none"):
        load_scan(tmp_path)
    np.savetxt(tmp_path / "scan.txt", head.landmarks + (0, 300, 0))
    with pytest.raises(UserError, match="mm off its surface"):
        load_scan(tmp_path)
    np.savetxt(tmp_path / "scan.txt", head.landmarks / 3)
    with pytest.raises(UserError, match="in no unit those of a face"):
        load_scan(tmp_path)
    write_obj(tmp_path / "again.obj", head)
    with pytest.raises(UserError, match="holds 2 meshes"):
        load_scan(tmp_path)


@pytest.mark.parametrize("right_first", [False, True])
def test_bu3dfe(tmp_path: Path, head: Head, right_first: bool) -> None:
    write_bu3dfe(tmp_path, head, "M0002_NE00AM", right_first)
    (tmp_path / "M0002/M0002_NE00AM_RAW.wrl").write_text("raw")
    (face,) = bu3dfe.faces_of(tmp_path)
    assert (face.person, face.expression, face.level) == ("M0002", "neutral", 0)
    scan = face.load()
    same_surface(scan, head)
    corners = [point for pair in CORNERS for point in pair]
    known = np.flatnonzero(np.isfinite(scan.landmarks).all(1))
    assert known.tolist() == sorted(corners)
    np.testing.assert_allclose(scan.landmarks[[36, 39, 42, 45]], head.landmarks[[36, 39, 42, 45]], atol=0.6)
    assert scan.texture is not None and np.array_equal(scan.texture, np.asarray(head.texture))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda wrl: wrl.with_suffix(".bnd").unlink(), "F3D.bnd can't be read"),
        (lambda wrl: wrl.with_suffix(".bnd").write_text("0 1 2 3\n"), "holds 1 points, not 83"),
        (lambda wrl: wrl.with_suffix(".bmp").unlink(), "has no texture: put F0001_AN01WH_F3D.bmp beside it"),
        (lambda wrl: wrl.write_text("#VRML V2.0 utf8"), "is not a textured scan"),
    ],
)
def test_what_bu3dfe_lacks_is_named(tmp_path: Path, head: Head, spoil: Callable[[Path], object], said: str) -> None:
    with pytest.raises(UserError, match="holds no F0001/"):
        bu3dfe.faces_of(tmp_path)
    spoil(write_bu3dfe(tmp_path, head))
    with pytest.raises(UserError, match=said):
        bu3dfe.faces_of(tmp_path)[0].load()


def test_polygons_become_fans() -> None:
    assert fan(np.array([0, 1, 2, -1, 3, 4, 5, 6, -1])).tolist() == [[0, 1, 2], [3, 4, 5], [3, 5, 6]]


def test_bu4dfe_takes_the_middle_frames(tmp_path: Path, head: Head) -> None:
    with pytest.raises(UserError, match="holds no F001/Happy"):
        bu4dfe.middle_frames(tmp_path)
    write_bu4dfe(tmp_path, head, "F001", "Happy")
    write_bu4dfe(tmp_path, head, "F001", "Sad")
    found = bu4dfe.middle_frames(tmp_path)
    assert [(one.person, one.expression, one.wrl.name) for one in found] == [
        ("F001", "Happy", "001.wrl"),
        ("F001", "Sad", "001.wrl"),
    ]
    same_surface(found[0].load(), head)
    (tmp_path / bu4dfe.POINTS / "F001/Sad/001.bnd").unlink()
    with pytest.raises(UserError, match=r"lacks its 83 points: put BU4DFE_BND_V1.1/F001/Sad/001.bnd"):
        bu4dfe.middle_frames(tmp_path)


def test_florence(tmp_path: Path, head: Head) -> None:
    with pytest.raises(UserError, match="holds no subject_01"):
        florence.subjects(tmp_path)
    obj = write_florence(tmp_path, head)
    (subject,) = florence.subjects(tmp_path)
    same_surface(subject.load(), head)
    obj.with_suffix(".txt").unlink()
    with pytest.raises(UserError, match="needs its landmarks beside it"):
        subject.load()
    obj.unlink()
    with pytest.raises(UserError, match="lacks Model/frontal1"):
        florence.subjects(tmp_path)


def test_now(tmp_path: Path, head: Head) -> None:
    with pytest.raises(UserError, match=r"lacks imagepathsvalidation\.txt"):
        now.pictures(tmp_path, "validation")
    write_now(tmp_path, head)
    (picture,) = now.pictures(tmp_path, "validation")
    assert (picture.person, picture.challenge) == ("FaMoS_1_TA", "multiview_neutral") and picture.photo.is_file()
    assert picture.box().tolist() == [10, 12.5, 50, 55]
    vertices, seven = picture.scan()
    np.testing.assert_allclose(seven, seven_of(head.landmarks))
    assert len(vertices) == len(head.vertices)
    made = tmp_path / "made/FaMoS_1_TA/multiview_neutral"
    assert picture.made(tmp_path / "made") is None
    write_obj(made / "IMG_1.obj", head, texture=None)
    with pytest.raises(UserError, match=r"lacks its seven landmarks: put IMG_1\.npy"):
        picture.made(tmp_path / "made")
    np.save(made / "IMG_1.npy", seven)
    mesh = picture.made(tmp_path / "made")
    assert mesh is not None and len(mesh[0]) == len(vertices) and np.array_equal(mesh[2], seven)
    (tmp_path / "scans_lmks_onlypp/FaMoS_1_TA/scan_picked_points.pp").unlink()
    with pytest.raises(UserError, match=r"holds no \*\.pp"):
        picture.scan()
    (tmp_path / now.LISTS["validation"]).write_text("IMG_1.jpg\n")
    with pytest.raises(UserError, match="is no SUBJECT/CHALLENGE"):
        now.pictures(tmp_path, "validation")


class Trap:
    def __reduce__(self) -> tuple:
        return (print, ("run",))


def test_a_box_that_would_run_something_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "box.npy", np.array(Trap(), dtype=object), allow_pickle=True)
    with pytest.raises(UserError, match="print is not allowed"):
        now.read_box(tmp_path / "box.npy")
    (tmp_path / "bare.npy").write_bytes(pickle.dumps({"left": 1}))
    with pytest.raises(UserError, match="is not a box"):
        now.read_box(tmp_path / "bare.npy")
    assert "run" not in capsys.readouterr().out


def test_lfpa(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no \.jpg with a \.pts"):
        lfpa.load_lfpa(tmp_path)
    points = np.random.default_rng(0).uniform(0, 60, (34, 2))
    visible = np.arange(34) % 3 > 0
    Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg")
    np.savetxt(tmp_path / "a.pts", np.column_stack([points, visible]))
    with pytest.raises(UserError, match=r"order\.txt must say, in 34 lines"):
        lfpa.load_lfpa(tmp_path)
    (tmp_path / "order.txt").write_text("\n".join(["37 38", *map(str, range(1, 34))]))
    photos, weights = lfpa.load_lfpa(tmp_path)
    np.testing.assert_allclose(photos[0].points, points)
    assert np.array_equal(photos[0].visible, visible)
    assert weights[0, 36] == weights[0, 37] == 0.5 and weights[1, 0] == 1 and np.allclose(weights.sum(1), 1)
    for wrong in ("1 2\n", "\n".join(["69"] * 34), "\n".join(["0"] * 34)):
        (tmp_path / "order.txt").write_text(wrong)
        with pytest.raises(UserError, match=r"order\.txt"):
            lfpa.load_lfpa(tmp_path)
    np.savetxt(tmp_path / "a.pts", points)
    with pytest.raises(UserError, match="is not 34 lines"):
        lfpa.load_lfpa(tmp_path)
