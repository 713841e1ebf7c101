"""Files brought to a repository of the Hub in few commits, however often the way there breaks.

Before each commit the repository is listed, and files that are there by their hash are left out: what was cut off is
gone on with, and a commit whose answer was lost is not made twice. The token is the client's own (`hf auth login`, or
its environment) and stands in nothing that is said.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.hf_api import RepoFile

from recon.errors import UserError

log = logging.getLogger(__name__)

COMMITS = 20  # at most; the Hub allows 128 an hour
FILES_OF_COMMIT = 16  # at least, where there are as many
TRIES, WAIT_S, LONGEST_S = 8, 2.0, 300.0  # of one step; the wait doubles, or is what the Hub asks for
PASSING = (408, 412, 425, 429, 500, 502, 503, 504)  # 412: somebody else's commit came between
TRANSPORT = ("httpx", "httpcore", "requests", "urllib3", "ssl")  # what the client's connections raise

Kind = Literal["dataset", "model"]
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Sent:
    """What a publication did. url: of the repository. commits: made. files: sent. there: files that were there."""

    url: str
    commits: int
    files: int
    there: int

    def __str__(self) -> str:
        return f"{self.url}: {self.files} files sent in {self.commits} commits, {self.there} were there already"


@dataclass
class Upload:
    """files: path in the repository -> file here. folders: of the repository, in which nothing else may stay.

    last: files that come with the last commit, such as the card.
    """

    repo: str
    kind: Kind
    files: Mapping[str, Path]
    folders: tuple[str, ...] = ()
    last: tuple[str, ...] = ("README.md",)

    def send(self, private: bool = False, files_of_commit: int = FILES_OF_COMMIT) -> Sent:
        """Make the repository hold the files. Raises UserError where the Hub refuses, or can't be reached for long."""
        self._api = HfApi()
        self._hashes = {name: _hashes(path) for name, path in self.files.items()}
        url = self._patiently("the new repository", lambda: self._create(private))
        _, there = self._patiently("the listing", self._state)
        batches = self._batches([name for name in self.files if not self._same(name, there)], files_of_commit)
        kept = len(self.files) - sum(map(len, batches))
        commits = 0
        for number, batch in enumerate(batches, 1):
            log.info("commit %d of %d: %d files", number, len(batches), len(batch))
            commits += self._patiently(f"commit {number}", lambda batch=batch: self._commit(batch))
        commits += self._patiently("the last look", lambda: self._commit([], clean=True))
        return Sent(str(url), commits, sum(map(len, batches)), kept)

    def _create(self, private: bool) -> str:
        url = self._api.create_repo(self.repo, repo_type=self.kind, private=private or None, exist_ok=True)
        if private and not self._api.repo_info(self.repo, repo_type=self.kind).private:
            raise UserError(f"{self.repo} is public already: make it private on its page, or publish without --private")
        return url

    def _state(self) -> tuple[str, dict[str, RepoFile]]:
        """The repository's head, and its files."""
        head = self._api.repo_info(self.repo, repo_type=self.kind).sha
        assert head is not None
        tree = self._api.list_repo_tree(self.repo, repo_type=self.kind, revision=head, recursive=True)
        return head, {one.path: one for one in tree if isinstance(one, RepoFile)}

    def _same(self, name: str, there: Mapping[str, RepoFile]) -> bool:
        remote = there.get(name)
        if remote is None:
            return False
        sha256, blob = self._hashes[name]
        return remote.lfs.sha256 == sha256 if remote.lfs else remote.blob_id == blob

    def _batches(self, names: list[str], files_of_commit: int) -> list[list[str]]:
        """At most COMMITS - 1 batches in the order of the names; those of `last` close the last one."""
        first = [name for name in names if name not in self.last]
        length = max(files_of_commit, -(-len(first) // (COMMITS - 1)))
        batches = [first[i : i + length] for i in range(0, len(first), length)]
        closing = [name for name in names if name in self.last]
        return [*batches[:-1], [*(batches[-1] if batches else []), *closing]] if names else []

    def _commit(self, batch: list[str], clean: bool = False) -> int:
        """Commit what of the batch is not there yet; the number of commits made, 0 or 1.

        clean: remove what else is in our folders.
        """
        head, there = self._state()
        missing = [name for name in batch if not self._same(name, there)]
        extra = [name for name in there if clean and name.startswith(self.folders) and name not in self.files]
        if not missing and not extra:
            return 0
        adds = [CommitOperationAdd(name, str(self.files[name])) for name in missing]
        drops = [CommitOperationDelete(name) for name in extra]
        said = f"{len(missing)} files, from {missing[0]} on" if missing else "Old files removed"
        self._api.create_commit(
            self.repo, [*adds, *drops], repo_type=self.kind, commit_message=said, parent_commit=head
        )
        return 1

    def _patiently(self, what: str, call: Callable[[], Answer]) -> Answer:
        for attempt in range(TRIES):
            try:
                return call()
            except OfflineModeIsEnabled:
                raise UserError("HF_HUB_OFFLINE is set, which forbids to reach the Hub: unset it") from None
            except HFValidationError:
                raise UserError(f"--repo {self.repo} is no name of a repository: give USER/NAME") from None
            except Exception as error:
                cause = _cause(error)
                if cause is None:
                    raise
                if isinstance(cause, HfHubHTTPError) and cause.response.status_code not in PASSING:
                    raise UserError(_refusal(self.repo, what, cause)) from None
                log.warning("%s did not get through (%s): again", what, _short(cause))
                if attempt < TRIES - 1:
                    time.sleep(_wait_s(cause, attempt))
                else:
                    said = f"the Hub took no answer for {what} ({_short(cause)}): run the same command again to go on"
                    raise UserError(said) from None
        raise AssertionError


def redacted(text: str) -> str:
    """The text without anything that is, or looks like, a token of the Hub."""
    token = get_token()
    return re.sub(r"hf_\w+", "[token]", text.replace(token, "[token]") if token else text)


def _hashes(path: Path) -> tuple[str, str]:
    """SHA-256 as large files have it, SHA-1 as git has it."""
    size, large = path.stat().st_size, hashlib.sha256()
    small = hashlib.sha1(b"blob %d\0" % size)
    with path.open("rb") as file:
        while piece := file.read(2**20):
            large.update(piece)
            small.update(piece)
    return large.hexdigest(), small.hexdigest()


def _cause(error: BaseException | None) -> Exception | None:
    """What the Hub or the connection said, within what the client made of it; None where it is neither.

    The client's uploads end in a RuntimeError, which is taken for the connection's where nothing else is within it.
    """
    outer = error if isinstance(error, RuntimeError) else None
    while error is not None:
        module = type(error).__module__.partition(".")[0]
        if isinstance(error, (HfHubHTTPError, ConnectionError, TimeoutError)) or module.startswith(TRANSPORT):
            return error if isinstance(error, Exception) else None
        error = error.__cause__ or error.__context__
    return outer


def _short(error: Exception) -> str:
    if isinstance(error, HfHubHTTPError):
        return f"status {error.response.status_code}"
    return type(error).__name__


def _wait_s(error: Exception, attempt: int) -> float:
    asked = error.response.headers.get("Retry-After", "") if isinstance(error, HfHubHTTPError) else ""
    return min(float(asked) if asked.isdigit() else WAIT_S * 2**attempt, LONGEST_S)


def _refusal(repo: str, what: str, error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if status in (401, 403):
        return f"the Hub lets nobody write {repo} like this (status {status}): log in with `hf auth login` as its owner"
    message = redacted(" ".join((error.server_message or "").split()))
    return f"the Hub refused {what} for {repo} (status {status}, {message or 'without a word'}): mend it and run again"
