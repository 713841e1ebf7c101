"""Running warp kernels on torch's memory and in torch's order; the same call on CPU and CUDA."""

from __future__ import annotations

from typing import Any

import torch
import warp as wp

wp.config.log_level = wp.LOG_ERROR  # else it tells every process that there is no GPU
wp.init()  # before the first tensor is handed over, which needs warp's runtime


def launch(kernel: Any, count: int, inputs: list[Any], device: torch.device) -> None:
    """Run threads 0 to count - 1 of `kernel`; inputs are numbers, warp values and `wp.from_torch` tensors."""
    wp.launch(
        kernel,
        dim=count,
        inputs=inputs,
        device=wp.device_from_torch(device),
        stream=wp.stream_from_torch(torch.cuda.current_stream(device)) if device.type == "cuda" else None,
    )
