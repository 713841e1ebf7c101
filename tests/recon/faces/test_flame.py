"""FLAME's published files, small ones of the same structure: skinning, joints, units, and what users can get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from recon.errors import UserError
from recon.faces import load
from recon.faces.articulation import JAW, LEFT_EYE, NECK, ROOT
from recon.faces.model import REGIONS, FaceModel
from recon.synthesis.config import SceneConfig
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import draw_scene
from tests.recon.faces.published import IDENTITIES, UNITS, flame_arrays, flame_landmarks, head, write_flame


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield write_flame(tmp_path_factory.mktemp("flame"))


@pytest.fixture(scope="module")
def flame(folder: Path) -> FaceModel:
    return load(f"flame:{folder}")


def slow_skinning(betas: np.ndarray, pose: np.ndarray) -> np.ndarray:
    """FLAME's equations vertex by vertex with 4 x 4 matrices, in the file's own metres."""
    arrays = flame_arrays()
    shape = arrays["v_template"] + arrays["shapedirs"] @ betas
    joints = arrays["J_regressor"] @ shape
    turns = [Rotation.from_rotvec(one).as_matrix() for one in pose]
    off = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    shape = shape + arrays["posedirs"] @ off
    world: list[np.ndarray] = []
    for joint, parent in enumerate((-1, 0, 1, 1, 1)):
        local = np.eye(4)
        local[:3, :3] = turns[joint]
        local[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
        world.append(local if parent < 0 else world[parent] @ local)
    posed = np.zeros_like(shape)
    for v, place in enumerate(shape):
        for joint in range(5):
            at_rest = np.append(place - joints[joint], 1)
            posed[v] += arrays["weights"][v, joint] * (world[joint] @ at_rest)[:3]
    return posed


def test_skinning_is_flame_s(flame: FaceModel):
    rng = np.random.default_rng(1)
    betas, pose = rng.normal(size=IDENTITIES + len(UNITS)), rng.normal(0, 0.4, (5, 3))
    expression = torch.zeros(len(flame.expression_basis))
    expression[: len(UNITS)] = torch.from_numpy(betas[IDENTITIES:]).float()
    found = flame.vertices(torch.from_numpy(betas[:IDENTITIES]).float(), expression, torch.from_numpy(pose).float())
    wanted = 1000 * slow_skinning(betas, pose)
    origin = 1000 * slow_skinning(np.zeros_like(betas), np.zeros((5, 3)))[0] - flame.mean[0].numpy()
    np.testing.assert_allclose(found.numpy(), wanted - origin, atol=2e-3)
    jaw = expression.clone()
    jaw[len(UNITS) : len(UNITS) + 3] = torch.tensor([0.3, 0.05, 0.0])  # as DECA's code tells it
    alone = torch.zeros(5, 3)
    alone[JAW] = jaw[len(UNITS) : len(UNITS) + 3]
    nobody = torch.zeros(IDENTITIES)
    assert torch.allclose(flame.vertices(nobody, jaw), flame.vertices(nobody, expression, alone), atol=1e-4)


def test_labels_places_and_landmarks(flame: FaceModel):
    template = load("default")
    parts = head()
    assert flame.name == "flame" and len(flame.identity_basis) == IDENTITIES
    assert (flame.mean - torch.from_numpy(parts["mean"])).abs().max() < 0.1, "the default's own frame"
    assert flame.landmarks.tolist() == parts["landmarks"].tolist()
    on_face = flame.triangles[flame.face].unique().long()
    assert ((flame.canonical[on_face] > 0) & (flame.canonical[on_face] < 1)).all()
    size_mm = template.canonical_box_mm[1] - template.canonical_box_mm[0]
    off = ((flame.canonical - (flame.mean - template.canonical_box_mm[0]) / size_mm) * size_mm).norm(dim=1)
    assert off[on_face].median() < 0.3 and off[on_face].quantile(0.99) < 2
    same = flame.region.numpy() == parts["region"]
    assert same[on_face].mean() > 0.95 and (flame.region == REGIONS.index("eyes")).sum() > 100
    assert flame.surface_landmarks is not None
    at_rest = flame.surface_landmarks.points(flame.mean)
    assert (at_rest - flame.mean[flame.landmarks]).norm(dim=1).max() < 2
    turned = flame.surface_landmarks.points(flame.mean, yaw_deg=-3)  # row 42: the table's outline rolled by 42 places
    assert torch.allclose(turned[17:], at_rest[17:]) and torch.allclose(turned[:17], at_rest[:17].roll(42, 0))


def test_units_of_the_default_are_made_of_components_and_the_jaw(flame: FaceModel):
    assert {*UNITS, "jawOpen", "eyeLookOutLeft"} <= set(flame.expression_names)
    assert not {"tongueOut", "eyeBlinkLeft"} & set(flame.expression_names)
    smile = flame.coefficients({"mouthSmileLeft": 1.0})
    assert smile[UNITS.index("mouthSmileLeft")] == pytest.approx(1, abs=0.1)
    jaw = flame.coefficients({"jawOpen": 1.0})
    assert 0.2 < jaw[len(UNITS)] < 0.6, "radians about +x open the jaw"
    moved = flame.vertices(torch.zeros(IDENTITIES), jaw) - flame.mean
    assert moved[flame.landmarks[8], 1] < -8 and moved[flame.landmarks[27]].norm() < 6
    assert torch.allclose(flame.coefficients(flame.activations(smile)), smile, atol=1e-3)


def test_eyes_turn_with_the_joint(flame: FaceModel):
    look = flame.coefficients({"eyeLookOutLeft": 1.0})
    pose = torch.zeros(5, 3)
    pose[LEFT_EYE, 1] = np.radians(30)
    nobody, neutral = torch.zeros(IDENTITIES), torch.zeros(len(flame.expression_basis))
    assert torch.allclose(flame.vertices(nobody, look), flame.vertices(nobody, neutral, pose), atol=1e-3)
    ball = flame.eyeballs[0].vertices
    front = ball[flame.mean[ball, 2].argmax()]
    assert flame.vertices(nobody, look)[front, 0] > flame.mean[front, 0] + 3


def test_it_is_drawn_with_labels_and_its_hollow_mouth_shut(flame: FaceModel):
    scenes = [draw_scene(flame, 7, index, SceneConfig()) for index in range(6)]
    told = [flame.activations(scene.expression) for scene in scenes]
    moved = [flame.articulation.turned_by[:, JAW, 0] @ torch.as_tensor(scene.expression) for scene in scenes]  # type: ignore[union-attr]
    assert any(told) and max(abs(float(turn)) for turn in moved) < 0.1, "nothing lies behind the lips"
    record = render_record(flame, scenes[0], 64)
    assert record.model == "flame" and record.vertices_mm.shape == tuple(flame.mean.shape)
    assert record.mask.mean() > 0.1 and (record.region == REGIONS.index("eyes")).any()


def test_the_other_formats_hold_the_same_model(flame: FaceModel, tmp_path: Path, folder: Path):
    np.savez(tmp_path / "flame2023.npz", **flame_arrays())  # type: ignore[arg-type]
    table = flame_landmarks()
    static = {"lmk_face_idx": table["static_lmk_faces_idx"], "lmk_b_coords": table["static_lmk_bary_coords"]}
    outline = {"lmk_face_idx": table["dynamic_lmk_faces_idx"], "lmk_b_coords": table["dynamic_lmk_bary_coords"]}
    np.savez(tmp_path / "flame_static_embedding.npz", **static)  # type: ignore[arg-type]
    np.save(tmp_path / "flame_dynamic_embedding.npy", np.array(outline, dtype=object), allow_pickle=True)  # type: ignore[arg-type]
    other = load(f"flame:{tmp_path / 'flame2023.npz'}")
    assert torch.equal(other.mean, flame.mean) and torch.equal(other.landmarks, flame.landmarks)
    assert torch.equal(other.canonical, flame.canonical)


WRONG = [
    ("weights", lambda a: np.tile(a, (1, 11)), "55 joints"),
    ("posedirs", lambda a: a[:-1], "has posedirs of"),
    ("shapedirs", lambda a: a[..., :10], "10 modes"),
    ("f", lambda a: a + 1, "triangles beyond"),
    ("kintree_table", lambda a: a.astype("S"), "no array kintree_table"),
    ("kintree_table", lambda a: a.reshape(-1)[:5], "another tree of them"),
]


@pytest.mark.parametrize(("name", "change", "message"), WRONG)
def test_a_file_of_another_model_is_one_sentence(
    name: str, change: Callable[[np.ndarray], np.ndarray], message: str, tmp_path: Path
):
    write_flame(tmp_path, **{name: change(flame_arrays()[name])})
    with pytest.raises(UserError, match=message):
        load(f"flame:{tmp_path}")


def test_missing_broken_and_hostile_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(UserError, match="there is no"):
        load(f"flame:{tmp_path}/nowhere")
    with pytest.raises(UserError, match="no FLAME model"):
        load(f"flame:{tmp_path}")
    file = write_flame(tmp_path) / "generic_model.pkl"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="can't be read as a FLAME model"):
        load(f"flame:{tmp_path}")
    file.write_bytes(b"cbuiltins\nprint\n(S'run'\ntR.")
    with pytest.raises(UserError, match="print is not allowed"):
        load(f"flame:{file}")
    file.write_bytes(whole)
    table = flame_landmarks()
    table["full_lmk_faces_idx"] = table["full_lmk_faces_idx"] + 10**6
    np.savez(tmp_path / "landmark_embedding.npz", **table)  # type: ignore[arg-type]
    (tmp_path / "landmark_embedding.npy").unlink()
    with pytest.raises(UserError, match="of another mesh"):
        load(f"flame:{tmp_path}")
    (tmp_path / "landmark_embedding.npz").unlink()
    with pytest.raises(UserError, match="no landmark_embedding"):
        load(f"flame:{tmp_path}")
    assert "run" not in capsys.readouterr().out


def test_the_default_s_jaw_does_to_the_teeth_what_its_unit_does():
    from recon.faces.default_joints import JAW_OPEN_RAD

    model = load("default")
    nobody, pose = torch.zeros(80), torch.zeros(5, 3)
    neutral = torch.zeros(52)
    assert torch.allclose(model.vertices(nobody, neutral, pose), model.mean, atol=1e-3)
    pose[JAW, 0] = JAW_OPEN_RAD
    off = (model.vertices(nobody, neutral, pose) - model.vertices(nobody, model.coefficients({"jawOpen": 1.0}))).norm(
        dim=1
    )
    assert off[model.region == REGIONS.index("teeth")].max() < 1 and off.max() < 6
    assert off[model.landmarks[[*range(17), *range(27, 36)]]].max() < 2
    nod = torch.zeros(5, 3)
    nod[NECK, 0] = 0.3
    moved = model.vertices(nobody, neutral, nod)
    up = model.mean[:, 1] > -60
    assert torch.allclose(torch.pdist(moved[up][::50]), torch.pdist(model.mean[up][::50]), atol=0.2), "a head is rigid"
    bust = model.region == REGIONS.index("clothes")
    assert (moved - model.mean)[bust].norm(dim=1).median() < 0.5
    assert moved[model.landmarks[30], 1] < model.mean[model.landmarks[30], 1] - 20, "it nods forward"
    nod[ROOT, 1], nod[NECK, 0] = 0.5, 0.0
    assert torch.allclose(model.vertices(nobody, neutral, nod).norm(dim=1), model.mean.norm(dim=1), atol=1e-2)
