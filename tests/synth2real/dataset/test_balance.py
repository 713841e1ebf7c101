from recon.configuration import to_plain
from recon.faces import load
from recon.synthesis.codecs import Scalar, Text
from recon.synthesis.column import Column, Schema
from recon.synthesis.groups import groups_of
from recon.synthesis.scene import SceneConfig, draw_scene
from recon.synthesis.shards import write_shard
from recon.synthesis.traits import traits_of
from synth2real.dataset.balance import balance_section

BALANCE = {"yaw_deg": {"-90:0": 1.0, "0:90": 3.0}, "glasses": {"none": 1.0, "other": 1.0}}
# fmt: off
SCHEMA = Schema((
    Column("index", "index", Scalar("int64"), (), "", ""),
    Column("yaw_deg", "yaw_deg", Scalar("float32"), (), "", ""),
    Column("glasses", "glasses", Text(), (), "", ""),
    Column("drift_mm", "drift_mm", Scalar("float32", nullable=True), (), "", ""),
))
# fmt: on


def test_shares_drift_and_yield_by_hand(tmp_path):
    """Of ten candidates those with an even index are kept."""
    scene, model = SceneConfig(balance=BALANCE), load("default")
    manifest = {"seed": 4, "scene": to_plain(scene), "max_drift_mm": 2.0}
    traits = [traits_of(model, draw_scene(model, 4, index, scene)) for index in range(9)]
    rows = [
        {"index": i, "yaw_deg": traits[i].yaw_deg, "glasses": traits[i].glasses, "drift_mm": 1.0 if i else None}
        for i in range(0, 9, 2)
    ]
    write_shard(tmp_path / "a.parquet", SCHEMA, rows)
    table = balance_section(manifest, [tmp_path / "a.parquet"])
    for trait, wanted in (("yaw_deg", ("25.0%", "75.0%")), ("glasses", ("50.0%", "50.0%"))):
        for group, share in zip(groups_of(BALANCE)[trait], wanted, strict=True):
            inside = [group.holds(getattr(one, trait)) for one in traits]
            kept, drawn = sum(inside[::2]), sum(inside)
            drift = "1.00" if any(inside[2::2]) else "none"
            of = f"{kept / 5:.1%} | {drift} | {kept / drawn if drawn else 0:.1%} |"
            assert f"| {trait} | {group.name} | {share} | {of}" in table


def test_nothing_is_said_where_nothing_was_asked():
    assert balance_section({"seed": 0, "scene": to_plain(SceneConfig())}, []) == ""
