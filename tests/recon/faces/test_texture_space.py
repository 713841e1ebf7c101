from pathlib import Path

import numpy as np
import pytest
import torch

from recon.errors import UserError
from recon.faces.registry import load_texture


def test_flame_s_textures_are_red_first_and_linear(tmp_path: Path):
    rng = np.random.default_rng(0)
    content = {
        "mean": rng.uniform(0, 255, (8, 8, 3)),
        "tex_dir": rng.normal(0, 5, (8, 8, 3, 4)),
        "vt": rng.random((6, 2)),
        "ft": np.array([[0, 1, 2], [3, 4, 5]]),
    }
    file = tmp_path / "FLAME_texture.npz"
    np.savez(file, **content)  # type: ignore[arg-type]
    texture = load_texture(f"flame:{file}")
    alpha = np.array([1.0, -2.0])
    wanted = (content["mean"] + content["tex_dir"][..., :2] @ alpha)[..., ::-1] / 255
    np.testing.assert_allclose(texture.colours(torch.from_numpy(alpha).float()).numpy(), wanted, atol=1e-5)
    np.savez(file, **{**content, "tex_dir": content["tex_dir"][:4]})  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"give FLAME_texture\.npz"):
        load_texture(f"flame:{file}")
    for other in ({"ft": content["ft"].astype(str)}, {"ft": content["ft"][:0]}, {"mean": content["mean"] * np.nan}):
        np.savez(file, **{**content, **other})  # type: ignore[arg-type]
        with pytest.raises(UserError, match=r"give FLAME_texture\.npz"):
            load_texture(f"flame:{file}")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(UserError, match="can't be read as FLAME's textures"):
        load_texture(f"flame:{file}")
