"""A dataset by its place: a folder here, or a repository of the Hub whose rows are brought here."""

from __future__ import annotations

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from recon.errors import UserError

ROWS = ("data/*.parquet", "manifest.json")  # what the rows are read from
BESIDE = ("checksums.json", "template.npz")  # what says that they are whole


def dataset_folder(place: str | Path, files: tuple[str, ...] = ROWS) -> Path:
    """The folder `place`, or a local copy of these files (patterns) of the dataset `user/name` on the Hub.

    Raises:
        UserError: there is neither. The client's login is used and never shown.
    """
    path = Path(place)
    if path.is_dir():
        return path
    if len(path.parts) != 2 or path.is_absolute():
        raise UserError(f"there is no dataset folder {place}: check the path")
    try:
        return Path(snapshot_download(str(place), repo_type="dataset", allow_patterns=list(files)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = type(error).__name__
        raise UserError(f"there is no dataset {place}, neither here nor on the Hub ({reason}): check it") from None
