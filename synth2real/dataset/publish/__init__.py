"""A dataset or a network brought to the Hub. The Python API of `synth2real publish`.

publish_dataset(Path("faces"), "user/faces", private=True)
publish_weights(Path("net.safetensors"), "user/net", licence="cc0-1.0")
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from recon.errors import UserError
from recon.files import only_run_in
from synth2real.dataset.publish.network import publish_weights
from synth2real.dataset.publish.staging import FOLDERS, made_in, stage
from synth2real.dataset.upload import FILES_OF_COMMIT, Sent, Upload

__all__ = ["publish_dataset", "publish_weights"]


def publish_dataset(
    folder: Path,
    repo: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    licence: str | None = None,
    ingredients: Sequence[str] = (),
    files_of_commit: int = FILES_OF_COMMIT,
) -> str:
    """Make the dataset `repo` of the Hub hold what `folder` holds, going on from what is already there.

    Args:
        folder: made by `render`, `generate` or `select`; it is not changed.
        repo: `user/name`. private: make it so. dry_run: make all files that would be sent, and send none.
        licence: of the whole; None: the freest that its ingredients allow. ingredients: `name=licence` of those whose
            licence is not known here.
        files_of_commit: at least, where there are as many.
    Returns:
        A line about it.
    Raises:
        UserError: what `stage` and `Upload.send` refuse.
    """
    if not folder.is_dir():
        raise UserError(f"there is no dataset folder {folder}: check the path")
    with only_run_in(made_in(folder), "publish's folder"):
        staged = stage(folder, repo, licence, ingredients)
        if dry_run:
            size = sum(path.stat().st_size for path in staged.files.values()) / 1e6
            made = f"{len(staged.files)} files, {size:.1f} MB, under {staged.licence}, would be {repo}"
            return f"{made}: see {staged.folder}"
        sent: Sent = Upload(repo, "dataset", staged.files, FOLDERS).send(private, files_of_commit)
        shutil.rmtree(staged.folder.parent)
    return str(sent)
