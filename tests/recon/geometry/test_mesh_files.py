import json
import struct
from pathlib import Path

import pytest
import trimesh

from recon.errors import UserError
from recon.geometry.mesh_files import MOST_PARTS, load_mesh, refuse_glb


def glb(mesh: trimesh.Trimesh, **changes: object) -> bytes:
    """Its description changed."""
    data = mesh.export(file_type="glb")
    assert isinstance(data, bytes)
    length = struct.unpack_from("<I", data, 12)[0]
    text = json.dumps(json.loads(data[20 : 20 + length]) | changes).encode()
    head = b"glTF" + struct.pack("<IIII", 2, len(data) - length + len(text), len(text), 0x4E4F534A)
    return head + text + data[20 + length :]


@pytest.mark.parametrize("suffix", ["obj", "ply", "glb", "stl"])
def test_each_kind_is_read(suffix: str, tmp_path: Path) -> None:
    trimesh.creation.icosphere(2).export(tmp_path / f"a.{suffix}")
    assert len(load_mesh(tmp_path / f"a.{suffix}").faces) == 320


def test_what_a_glb_only_says_is_refused() -> None:
    ball = trimesh.creation.icosphere(1)
    shown = {"nodes": [{"mesh": 0}] * MOST_PARTS}
    refuse_glb(glb(ball, **shown))
    with pytest.raises(ValueError, match="513 parts"):
        refuse_glb(glb(ball, nodes=[{"mesh": 0}] * (MOST_PARTS + 1)))
    with pytest.raises(ValueError, match="several parents"):
        refuse_glb(glb(ball, nodes=[{"children": [1]}, {"mesh": 0}, {"children": [1]}]))
    large = trimesh.creation.icosphere(5)  # of which 512 take more than eight times the file
    with pytest.raises(ValueError, match="say that they hold"):
        refuse_glb(glb(large, **shown))
    for size in (10**9, 2**62):
        with pytest.raises(ValueError, match="say that they hold"):
            refuse_glb(
                glb(
                    ball,
                    accessors=[{"componentType": 5126, "count": size, "type": "VEC3"}],
                    meshes=[],
                    nodes=[],
                    scenes=[],
                )
            )


@pytest.mark.parametrize("accessors", [3, [3], [{}], [{"componentType": 1, "count": -1, "type": "VEC3"}]])
def test_a_broken_description_is_refused(accessors: object) -> None:
    with pytest.raises(ValueError, match="its description is broken"):
        refuse_glb(glb(trimesh.creation.box(), accessors=accessors, meshes=[]))


@pytest.mark.parametrize("place", [1e308, 7, "0"])
def test_nodes_that_are_not_there_are_refused(place: object) -> None:
    for description in ({"scenes": [{"nodes": [place]}]}, {"nodes": [{"mesh": 0, "children": [place]}]}):
        with pytest.raises(ValueError, match="its description is broken"):
            refuse_glb(glb(trimesh.creation.box(), **description))


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, data, reason in (
        ("a.glb", b"glTF", "no whole .glb"),
        ("b.glb", glb(trimesh.creation.box())[:-4], "no whole .glb"),
        ("a.gltf", b"{}", "none of .obj"),
        ("a.obj", b"".join(b"usemtl %d\nf 1 1 1\n" % k for k in range(600)), "600 parts"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match=reason):
            load_mesh(tmp_path / name)
