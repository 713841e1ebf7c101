from PIL import Image

from recon.cli import main
from recon.faces import load
from recon.synthesis.render_record import render_record
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.train.retexture import COLUMNS, ROWS, read_textures

PLAIN = SceneConfig(yaw_max_deg=10.0, calm=1.0, smile=0.0, open_mouth=0.0)


def test_the_command_reads_photos_and_leaves_out_what_is_none(tmp_path, capsys):
    photos, out = tmp_path / "photos", tmp_path / "skins.npy"
    photos.mkdir()
    Image.fromarray(render_record(load("default"), draw_scene(load("default"), 1, 3, PLAIN), 200).rgb).save(
        photos / "face.png"
    )
    (photos / "broken.png").write_bytes(b"none")
    assert main(["textures", "--photos", str(photos), "--out", str(out)]) == 0
    assert "1 textures of 2 photos; 1 skipped" in capsys.readouterr().out
    assert "broken.png\tnot a readable image" in out.with_suffix(".skipped.txt").read_text()
    assert read_textures(out).shape == (1, 3, ROWS, COLUMNS)
    assert main(["textures", "--photos", str(tmp_path / "nowhere"), "--out", str(out)]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["textures", "--photos", str(photos), "--out", str(tmp_path / "skins.png")]) == 2
