"""Running warp kernels on torch's memory and in torch's order; the same call on CPU and CUDA."""

from __future__ import annotations

import os
from typing import Any

import torch
import warp as wp


def start_quietly() -> None:
    """Start warp's runtime, which tensors need before they are handed over. Without a GPU its native code says so on
    standard error in every process, whatever its log level is: that line is kept back."""
    wp.config.log_level = wp.LOG_ERROR
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        if not torch.cuda.is_available():
            os.dup2(nowhere, 2)
        wp.init()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


start_quietly()


def launch(kernel: Any, count: int | tuple[int, ...], inputs: list[Any], device: torch.device) -> None:
    """Run threads 0 to count - 1 of `kernel`, or a grid; inputs: numbers, warp values and `wp.from_torch` tensors."""
    wp.launch(
        kernel,
        dim=count,
        inputs=inputs,
        device=wp.device_from_torch(device),
        stream=wp.stream_from_torch(torch.cuda.current_stream(device)) if device.type == "cuda" else None,
    )
