from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from recon.train.loop import Ema, State, descend


class Regression:
    """A small task with everything that a checkpoint must hold: dropout, Adam, a schedule, an average."""

    def state(self) -> State:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.3), nn.Linear(8, 1))
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.95**step)
        return State({"net": net}, {"net": optimizer}, {"net": schedule}, {"net": Ema(net, 0.9)})

    def batch(self, index: int) -> dict[str, Tensor]:
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(index))
        return {"x": x, "y": x.sum(dim=1, keepdim=True)}

    def step(self, state: State, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        loss = (state.modules["net"](batch["x"]) - batch["y"]).square().mean()
        descend(loss, state.optimizers["net"])
        return {"squared": loss}


@pytest.fixture
def regression() -> Regression:
    return Regression()
