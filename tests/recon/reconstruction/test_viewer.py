import pytest
import trimesh

from recon.errors import UserError
from recon.reconstruction.viewer import read_mesh


def test_a_mesh_is_read_from_its_folder_or_its_file(tmp_path):
    with pytest.raises(UserError, match="holds no mesh"):
        read_mesh(tmp_path)
    trimesh.creation.box().export(tmp_path / "mesh.ply")
    assert len(read_mesh(tmp_path).faces) == len(read_mesh(tmp_path / "mesh.ply").faces) == 12
    (tmp_path / "mesh.ply").write_bytes(b"nothing")
    with pytest.raises(UserError, match="can't be read"):
        read_mesh(tmp_path)
