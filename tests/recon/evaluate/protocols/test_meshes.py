from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recon.errors import UserError
from recon.evaluate.held_out import drawn_records
from recon.evaluate.protocols import meshes
from recon.faces import load
from recon.synthesis.scene import SceneConfig


def test_the_five_vertices_lie_where_their_names_say() -> None:
    model = load("default")
    left, right, nose, mouth_l, mouth_r = model.mean[meshes.five_vertices(model)].numpy()
    for one, other in ((left, right), (mouth_l, mouth_r)):
        assert one[0] < 0 < other[0] and np.allclose(one * (-1, 1, 1), other, atol=1.0)
    assert abs(nose[0]) < 0.5 and nose[2] == max(x[2] for x in (left, right, nose, mouth_l, mouth_r))
    assert left[1] > nose[1] > mouth_l[1]


def test_a_folder_without_points_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="0 photos with points"):
        meshes.run(meshes.Settings(tmp_path))


@pytest.mark.slow
def test_meshes_of_renders_meet_their_points_and_a_wall_gives_none(tmp_path: Path) -> None:
    model, folder = load("default"), tmp_path / "photos"
    folder.mkdir()
    columns = [f"{point}_{axis}" for point in ("left_eye", "right_eye", "nose", "mouth_l", "mouth_r") for axis in "xy"]
    lines = [",".join(["file", *columns])]
    scene = SceneConfig(yaw_max_deg=10)
    for record in drawn_records(model, 3, 256, 8, scene):
        Image.fromarray(record.rgb).save(folder / f"{record.index}.png")
        places = record.vertices_mm[meshes.five_vertices(model)] + record.origin_mm
        pixels = places[:, :2] * (1, -1) * record.focal_px / -places[:, 2:] + record.centre_px
        lines.append(",".join([f"{record.index}.png", *(f"{x:.2f}" for x in pixels.ravel())]))
    wall = np.random.default_rng(0).integers(100, 120, (256, 256, 3)).astype(np.uint8)
    Image.fromarray(wall).save(folder / "wall.png")
    lines.append(lines[-1].replace("2.png", "wall.png"))
    (tmp_path / "faces.csv").write_text("\n".join(lines))
    figures = {figure.name: figure for figure in meshes.run(meshes.Settings(folder, kind="five")).figures}
    assert figures["mesh"].value == 75 and figures["near"].value == 75 and figures["near"].n == 4
    assert figures["error"].value < 5 and figures["error"].n == 3
