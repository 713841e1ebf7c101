import hashlib
import json
import urllib.error
import urllib.request

import pytest

from recon.errors import UserError
from synth2real.dataset.upload import Upload
from tests.hub_client import client
from tests.hub_server import TOKEN, HubServer

FILES = {f"data/train-{number:05d}.parquet": bytes([number]) * (1000 + number) for number in range(5)}
FILES |= {"manifest.json": b"{}\n", "README.md": b"---\nlicense: mit\n---\n# Faces\n"}


@pytest.fixture
def hub():
    with HubServer() as server:
        yield server


@pytest.fixture
def send(hub, tmp_path):
    """Send the files (others where they are given), two a commit; exit code and what was printed."""

    def run(files=FILES, private=False, token=TOKEN, began=lambda process: None):
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        code = f"""
import pathlib, sys
from recon.errors import UserError
files = {{name: pathlib.Path({str(tmp_path)!r}) / name for name in {list(files)!r}}}
try:
    print(upload.Upload("me/faces", "dataset", files, ("data/",)).send({private}, files_of_commit=2))
except UserError as error:
    sys.exit(f"refused: {{error}}")
"""
        return client(hub, tmp_path / "home", code, token=token, began=began)

    return run


def test_files_arrive_and_a_second_time_none_is_sent(hub, send):
    code, out = send(private=True)
    assert code == 0 and "7 files sent in 3 commits, 0 were there" in out
    assert hub.tree("me/faces") == FILES and hub.repos["dataset", "me/faces"].private
    assert hub.repos["dataset", "me/faces"].commits[-1][-2:] == ["manifest.json", "README.md"]  # the card is last
    code, out = send()
    assert code == 0 and "0 files sent in 0 commits, 7 were there" in out
    other = {name: data for name, data in FILES.items() if "00004" not in name} | {"manifest.json": b"{1}\n"}
    code, out = send(other)  # one changed, one is there no more
    assert code == 0 and "1 files sent in 2 commits, 5 were there" in out
    assert hub.tree("me/faces") == other


FAILURES = {
    "errors": [("POST", "/commit/", ["500", "429"]), ("PUT", "/lfs/", ["500"]), ("GET", "/tree/", ["503"])],
    "cuts": [("POST", "/commit/", ["cut", "lost"]), ("PUT", "/lfs/", ["cut"]), ("POST", "/create", ["lost"])],
    "more": [("POST", "objects/batch", ["429"]), ("POST", "preupload", ["lost"]), ("POST", "verify", ["500"])],
}


@pytest.mark.parametrize("failures", FAILURES.values(), ids=FAILURES)
def test_failures_of_passage_end_in_the_same_bytes(hub, send, failures):
    for method, part, kinds in failures:
        hub.fail(method, part, *kinds)
    code, out = send()
    assert code == 0 and hub.tree("me/faces") == FILES and not hub.pending_failures()
    assert len(hub.repos["dataset", "me/faces"].commits) == 3  # a commit whose answer was lost is not made again
    assert "SECRET" not in out


def test_killed_between_commits_it_goes_on(hub, send):
    running = []
    hub.on_commit = lambda count: running[0].kill() if count == 1 else None
    code, _ = send(began=running.append)
    assert code == -9 and 0 < len(hub.tree("me/faces")) < len(FILES)
    code, out = send()
    assert code == 0 and "5 files sent in 2 commits, 2 were there" in out and hub.tree("me/faces") == FILES


def test_somebody_elses_commit_in_between_is_kept(hub, send):
    def meddle(count):
        if count == 1:
            repo = hub.repos["dataset", "me/faces"]
            repo.files["notes.txt"] = b"mine"
            repo.heads.append("f" * 40)

    hub.on_commit = meddle
    code, _ = send()
    assert code == 0 and hub.tree("me/faces") == FILES | {"notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("failures", "token", "said"),
    [
        ([], None, "log in with `hf auth login`"),
        ([], "hf_SECRETother", "log in with `hf auth login`"),
        ([("POST", "/commit/", ["403"])], TOKEN, "log in with `hf auth login`"),
        ([("POST", "/commit/", ["400"])], TOKEN, "the Hub refused commit 1 for me/faces (status 400"),
        ([("GET", "/api/datasets/me/faces", ["cut"] * 60)], TOKEN, "run the same command again"),
    ],
)
def test_refusals_are_one_sentence_and_hold_no_token(hub, send, failures, token, said):
    for method, part, kinds in failures:
        hub.fail(method, part, *kinds)
    code, out = send(token=token)
    assert code == 1 and said in out.splitlines()[-1] and out.splitlines()[-1].startswith("refused: ")
    assert "SECRET" not in out and "Traceback" not in out


def test_a_public_repository_is_not_taken_for_a_private_one(hub, send):
    assert send()[0] == 0
    code, out = send(private=True)
    assert code == 1 and "me/faces is public already" in out


def test_offline_and_a_name_that_is_none_are_said_at_once(tmp_path):
    with pytest.raises(UserError, match="HF_HUB_OFFLINE is set"):  # as all tests are
        Upload("me/faces", "dataset", {}).send()
    with pytest.raises(UserError, match="--repo me/too/deep is no name of a repository"):
        Upload("me/too/deep", "dataset", {}).send()


def test_the_server_is_strict(hub, send):
    """What the tests above rest on."""
    assert send()[0] == 0

    def status(method, path, body):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        request = urllib.request.Request(hub.url + path, body, headers, method=method)
        try:
            return urllib.request.urlopen(request).status
        except urllib.error.HTTPError as error:
            return error.code

    def commit(header, *lines):
        body = [{"key": "header", "value": header}, *lines]
        return status("POST", "/api/datasets/me/faces/commit/main", "\n".join(map(json.dumps, body)).encode())

    right = hashlib.sha256(b"abc").hexdigest()
    assert status("PUT", f"/lfs/{right}/3", b"abd") == status("PUT", f"/lfs/{right}/4", b"abc") == 400
    unknown = {"key": "lfsFile", "value": {"path": "a.parquet", "algo": "sha256", "oid": right, "size": 3}}
    assert commit({"summary": "x"}, unknown) == 400
    assert status("PUT", f"/lfs/{right}/3", b"abc") == 200
    assert commit({"summary": "x", "parentCommit": "0" * 40}, unknown) == 412
    unknown["value"]["size"] = 4
    assert commit({"summary": "x"}, unknown) == 400
    assert hub.tree("me/faces") == FILES
