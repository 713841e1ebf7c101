"""What training tells: TensorBoard scalars and images, sheets as PNG files, a progress bar with rate and time left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from torchvision.utils import save_image

from recon.errors import UserError
from recon.files import whole_file


class Log:
    """Logs of one run in `run_dir`: `tensorboard/`, and `sheets/<name>_<step>.png` for images.

    `enabled=False` (the other processes of a launch) does nothing but the check for finite losses.
    """

    def __init__(self, run_dir: Path, start: int, steps: int, enabled: bool = True) -> None:
        self.run_dir = Path(run_dir)
        self.console = Console(stderr=True)
        self.progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=self.console,
            disable=not (enabled and self.console.is_terminal),  # lines say it where a bar would not show
        )
        self.task = self.progress.add_task("training", total=steps, completed=start, rate="", losses="")
        # Steps after the checkpoint that a killed run had already logged are purged, not doubled.
        self.writer = SummaryWriter(str(self.run_dir / "tensorboard"), purge_step=start + 1) if enabled else None
        self.sums: dict[str, Tensor] = {}
        self.count = 0
        self.start = start

    def __enter__(self) -> Log:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()
        if self.writer:
            self.writer.close()

    def add(self, losses: Mapping[str, Tensor], step: int) -> None:
        """Take one step's losses (0-d tensors); they stay on their device until `flush`."""
        for name, value in losses.items():
            value = value.detach().float()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.count += 1
        self.progress.update(self.task, completed=step)

    def flush(self, step: int, rates: Mapping[str, float]) -> None:
        """Write the mean of the losses since the last flush, and stop the run if one is not finite."""
        if not self.count:
            return
        means = {name: float(total) / self.count for name, total in self.sums.items()}
        self.sums, self.count = {}, 0
        for name, mean in means.items():
            if not math.isfinite(mean):
                raise UserError(
                    f"the loss '{name}' is not finite near step {step}: lower the learning rate, "
                    f"then run again to resume from the last checkpoint in {self.run_dir}"
                )
        if not self.writer:
            return
        for name, mean in means.items():
            self.writer.add_scalar(f"loss/{name}", mean, step)
        for name, rate in rates.items():
            self.writer.add_scalar(f"learning_rate/{name}", rate, step)
        self._show(step, "  ".join(f"{name} {mean:.4g}" for name, mean in means.items()))

    def evaluation(self, results: Mapping[str, float | Tensor], step: int) -> None:
        """Write an evaluation: numbers as scalars, `(3, H, W)` float [0, 1] tensors as images and PNG files."""
        if not self.writer:
            return
        numbers = []
        for name, value in results.items():
            if isinstance(value, torch.Tensor) and value.ndim == 3:
                image = value.detach().float().cpu().clamp(0, 1)
                self.writer.add_image(f"evaluation/{name}", image, step)
                with whole_file(self.run_dir / "sheets" / f"{name}_{step:08d}.png") as temporary:
                    save_image(image, temporary, format="png")
            else:
                self.writer.add_scalar(f"evaluation/{name}", float(value), step)
                numbers.append(f"{name} {float(value):.4g}")
        self.writer.flush()
        if numbers:
            self.say(f"step {step}: {'  '.join(numbers)}")

    def say(self, line: str) -> None:
        """One line above the progress bar."""
        if self.writer:
            self.console.print(line, highlight=False, soft_wrap=True)

    def _show(self, step: int, losses: str) -> None:
        task = self.progress.tasks[self.task]
        rate = f"{(step - self.start) / task.elapsed:.2f} steps/s" if task.elapsed else ""
        self.progress.update(self.task, rate=rate, losses=losses)
        if not self.console.is_terminal:
            left = f"{task.time_remaining / 60:.0f} min left  " if task.time_remaining else ""
            self.say(f"step {step}/{int(task.total or 0)}  {rate}  {left}{losses}")
