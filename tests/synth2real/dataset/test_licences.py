import json

import pytest

from recon.configuration import to_plain
from recon.errors import UserError
from recon.faces import load
from recon.methods.pretrained import digest
from recon.synthesis.canvas import canvas_schema, row_from_canvas
from recon.synthesis.scene import SceneConfig
from recon.synthesis.shards import shard_path, write_shard
from synth2real import bundled
from synth2real.cli import main
from synth2real.dataset.card import origin_section
from synth2real.dataset.licences import ingredients_of, ledger, licence_of
from tests.recon.synthesis.fake_canvases import fake_canvas

MODEL = load("default")
SCENE = to_plain(SceneConfig())
BUNDLED = {"generator": digest(bundled.generator_weights()), "judge_a": digest(bundled.judge_weights()[0])}
OTHER = {"generator": "0" * 64, "judge_a": "1" * 64}


def licence(weights, said=(), asked=None, scene=SCENE):
    return licence_of(ingredients_of({"scene": scene, "weights": weights}, said), asked)


def test_what_the_project_knows_is_free():
    assert licence({}) == licence(BUNDLED) == "cc0-1.0"
    assert licence(BUNDLED, asked="cc-by-4.0") == "cc-by-4.0"  # one may ask for more


def test_a_generator_of_unknown_licence_is_asked_for_and_a_measuring_network_is_not():
    with pytest.raises(UserError, match=r'licence of the generator is not known: .*"generator=LICENCE"'):
        licence(OTHER)
    with pytest.raises(UserError, match="licence of the backgrounds is not known"):
        licence(BUNDLED, scene=SCENE | {"backgrounds": "walls"})
    with pytest.raises(UserError, match="licence of the canvases is not known"):
        licence(BUNDLED, scene=SCENE | {"canvas": {"folder": "mine"}})
    assert licence(BUNDLED, scene=SCENE | {"canvas": {"folder": "bundled"}}) == "cc0-1.0"
    with pytest.raises(UserError, match="licence of the skin is not known"):
        licence(BUNDLED, scene=SCENE | {"skin_texture": "mine.safetensors"})
    assert licence(BUNDLED | {"judge_a": "1" * 64}) == "cc0-1.0"


def on_canvases(folder, *licences):
    rows = [row_from_canvas(fake_canvas(MODEL, n)) | {"licence": name} for n, name in enumerate(licences)]
    write_shard(shard_path(folder, 0), canvas_schema(MODEL), rows)
    return SCENE | {"canvas": {"folder": str(folder)}}


def test_canvases_bring_the_licences_of_their_photos(tmp_path):
    free = ("CC0 1.0 / US government work", "public domain (portrait); repository MIT")
    assert licence({}, scene=on_canvases(tmp_path / "free", *free)) == "cc0-1.0"
    asking = on_canvases(tmp_path / "asking", *free, "Licence Ouverte 2.0 (Etalab)", "CC BY 4.0 (site-wide)")
    assert licence({}, scene=asking) == "cc-by-4.0"
    with pytest.raises(UserError, match="canvases is under cc-by-4"):
        licence({}, asked="cc0-1.0", scene=asking)


def test_a_missing_licence_of_one_photo_blocks_what_is_drawn_on_it(tmp_path):
    unknown = on_canvases(tmp_path / "some", "CC0 1.0", "")
    for scene in (unknown, SCENE | {"canvas": {"folder": str(tmp_path / "gone")}}):
        with pytest.raises(UserError, match=r'licence of the canvases is not known: give .*"canvases=LICENCE"'):
            licence({}, scene=scene)
    assert licence({}, ("canvases=cc0-1.0",), scene=unknown) == "cc0-1.0"


def test_another_face_model_brings_its_own_licence():
    assert licence_of(ingredients_of({"scene": SCENE, "model": "ict"}), None) == "mit"
    flame = {"scene": SCENE, "model": "flame"}
    with pytest.raises(UserError, match="licence of the face model is not known"):
        licence_of(ingredients_of(flame), None)
    assert licence_of(ingredients_of(flame, ["face model=cc-by-4.0"]), None) == "cc-by-4.0"
    assert "learnt from scans" in origin_section(ingredients_of(flame))
    assert "CC0 data; no scan" in origin_section(ingredients_of({"scene": SCENE, "model": "default"}))


@pytest.mark.parametrize(
    ("generator", "asked", "answer"),
    [
        ("cc-by-nc-4.0", None, "cc-by-nc-4.0"),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-sa-4.0"),
        ("cc-by-nc-4.0", "cc0-1.0", None),
        ("cc-by-nc-4.0", "cc-by-4.0", None),
        ("research-only", "cc-by-nc-4.0", None),
        ("cc-by-sa-4.0", "cc-by-4.0", None),
        ("mit", None, "mit"),
        ("public-domain", None, "cc0-1.0"),
    ],
)
def test_conditions_are_handed_on(generator, asked, answer):
    said = [f"generator={generator}"]
    if answer is None:
        with pytest.raises(
            UserError, match=rf"generator is under {generator} \(.*\), which blocks {asked}: give --lic"
        ):
            licence(OTHER, said, asked)
    else:
        assert licence(OTHER, said, asked) == answer


def test_two_conditions_meet_in_a_licence_that_has_both():
    scene = SCENE | {"backgrounds": "walls"}
    assert licence(OTHER, ["generator=cc-by-nc-4.0", "backgrounds=cc-by-sa-4.0"], scene=scene) == "cc-by-nc-sa-4.0"


def test_the_ledger_has_a_line_for_each():
    table = ledger(ingredients_of({"scene": SCENE, "weights": OTHER}, ["generator=cc-by-nc-4.0"]))
    assert "| cc-by-nc-4.0 | name its authors, no commercial use |" in table
    assert "nothing: no part of it is in the data" in table and len(table.splitlines()) == 5


def test_publishing_says_in_one_sentence_what_blocks(renders, tmp_path, capsys):
    manifest = json.loads((renders / "manifest.json").read_text())
    manifest |= {"kind": "generate", "weights": OTHER, "max_drift_mm": None}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    words = ["publish", str(tmp_path), "--repo", "me/faces", "--license", "cc0-1.0"]
    assert main([*words, "--ingredients", "generator=cc-by-nc-4.0"]) == 2
    said = "the generator is under cc-by-nc-4.0 (name its authors, no commercial use), which blocks cc0-1.0"
    assert capsys.readouterr().err == f"synth2real: {said}: give --license cc-by-nc-4.0\n"
