"""An embedder by its path: ours, or anybody's as TorchScript."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from recon.arrays import refuse_packed
from recon.errors import UserError
from recon.methods.embedder.network import Embedder

SCRIPTED = (".pt", ".pth", ".ts", ".torchscript")
PROBE_PX = 112


def load_embedder(place: str | Path) -> nn.Module:
    """The frozen module at a path: (B, 3, H, W) float RGB in [0, 1] -> (B, d) float.

    Ours as `Pretrained.from_pretrained` takes it; another's as a TorchScript file (`torch.jit.save`), whose reader runs
    no pickled code. But a script is a program, which is run here: take one from people that you trust. (Files of
    `torch.export` are refused: their reader falls back on arbitrary pickle.)

    Raises:
        UserError: it is neither, or its answer to an image is no vector.
    """
    path = Path(place)
    if path.suffix not in SCRIPTED:
        if path.suffix == ".pt2":
            raise UserError(f"{path} is an exported program, whose reader may run code: save it with torch.jit.save")
        return Embedder.from_pretrained(place)
    if not path.is_file():
        raise UserError(f"there is no embedder at {path}: check the path")
    try:
        refuse_packed(path)
        module = torch.jit.load(path, map_location="cpu")
    except Exception as error:  # a spoilt file may end in any
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{path} is no TorchScript file ({reason}): save the embedder with torch.jit.save") from None
    module.eval()
    for parameter in module.parameters():  # a scripted module has no requires_grad_ of its own
        parameter.requires_grad_(False)
    with torch.no_grad():
        try:
            found = module(torch.full((2, 3, PROBE_PX, PROBE_PX), 0.5))
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            raise UserError(
                f"{path} takes no image of {PROBE_PX} px ({reason}): give an embedder of RGB images"
            ) from None
    if not isinstance(found, Tensor) or found.shape[:1] != (2,) or found.ndim != 2:
        raise UserError(f"{path} answers an image with no vector: give an embedder of RGB images")
    return module
