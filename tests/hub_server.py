"""A server that speaks the Hub's calls, strict with what it is given, that fails on order. Plain `http.server`.

    with HubServer() as hub:
        hub.fail("POST", "/commit/", "500", "cut")       # the next two commits: an error; taken, but no answer
        run(client, env={"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"})
        hub.tree("user/name")                            # path -> bytes

It rejects a wrong sha256 or size, an unknown object, a stale parent, and writing without the token.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

TOKEN = "hf_SECRETsecretSECRETsecret"
LFS = (".parquet", ".npz", ".png", ".safetensors", ".jpg")
FAILURES = ("400", "403", "404", "429", "500", "503", "cut", "lost")  # cut: no answer, nothing done; lost: done


@dataclass
class Repo:
    private: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    heads: list[str] = field(default_factory=lambda: ["0" * 40])
    commits: list[list[str]] = field(default_factory=list)  # paths that each commit set or removed


class HubServer:
    """repos: (kind, name) -> Repo. objects: sha256 -> bytes. on_commit: called with the number of commits so far."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.on_commit: Callable[[int], None] = lambda count: None
        self._failures: list[tuple[str, str, deque[str]]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"hub": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, method: str, part: str, *failures: str) -> None:
        """The next calls whose path holds `part` fail so, in order."""
        assert set(failures) <= set(FAILURES)
        self._failures.append((method, part, deque(failures)))

    def failure(self, method: str, path: str) -> str | None:
        with self._lock:
            self.calls.append(f"{method} {path}")
            for wanted, part, queue in self._failures:
                if wanted == method and part in path and queue:
                    return queue.popleft()
        return None

    def pending_failures(self) -> int:
        return sum(len(queue) for *_, queue in self._failures)

    def tree(self, name: str, kind: str = "dataset") -> dict[str, bytes]:
        return dict(self.repos[kind, name].files)


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        failure = self.hub.failure(self.command, path)
        if failure == "cut":
            return self._cut()
        if failure and failure != "lost":
            # an answer that a careless client would print, token and all
            said = {"error": f"asked to fail ({self.headers.get('Authorization')})"}
            return self._send(int(failure), said, {"Retry-After": "0"} if failure == "429" else {})
        try:
            status, answer, headers = self._route(path, body)
        except Refused as refused:
            status, answer, headers = refused.status, {"error": str(refused)}, {}
        if failure == "lost":
            return self._cut()
        self._send(status, answer, headers)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def _send(self, status: int, answer, headers) -> None:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        if not isinstance(answer, bytes):
            self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _route(self, path: str, body: bytes):
        words = path.strip("/").split("/")
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return self._validate_yaml(json.loads(body)["content"])
        if words[0] == "lfs":
            return self._object(words, body)
        if path.endswith(".git/info/lfs/objects/batch"):
            return self._batch(json.loads(body))
        if words[0] == "api" and words[1] in ("datasets", "models"):
            kind, name = words[1].rstrip("s"), "/".join(words[2:4])
            return self._api(kind, name, self._repo(kind, name), words[4:], body)
        kind = "dataset" if words[0] == "datasets" else "model"
        words = words[1:] if kind == "dataset" else words
        if len(words) > 4 and words[2] == "resolve":
            return self._resolve(self._repo(kind, "/".join(words[:2])), words[3], "/".join(words[4:]))
        raise Refused(404, f"no such call: {path}")

    def _writes(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "who are you?")

    def _repo(self, kind: str, name: str) -> Repo:
        repo = self.hub.repos.get((kind, name))
        if repo is None or (repo.private and self.headers.get("Authorization") != f"Bearer {TOKEN}"):
            raise Refused(404, "Repository Not Found")
        return repo

    def _create(self, asked: dict):
        self._writes()
        kind, name = asked.get("type") or "model", f"{asked['organization']}/{asked['name']}"
        url = f"{self.hub.url}/{'datasets/' if kind == 'dataset' else ''}{name}"
        if (kind, name) in self.hub.repos:
            return 409, {"error": "You already created this repo", "url": url}, {}
        self.hub.repos[kind, name] = Repo(asked.get("visibility") == "private")
        return 200, {"url": url, "name": name}, {}

    def _validate_yaml(self, content: str):
        header = content.split("---\n")[1] if content.startswith("---\n") else ""
        try:
            assert "license" in yaml.safe_load(header), "no licence"
        except Exception as error:
            return 400, {"errors": [{"message": str(error)}], "warnings": []}, {}
        return 200, {"errors": [], "warnings": []}, {}

    def _object(self, words: list[str], body: bytes):
        if words[1] == "verify":
            asked = json.loads(body)
            there = self.hub.objects.get(asked["oid"])
            if there is None or len(there) != asked["size"]:
                raise Refused(422, "the object is not here, or of another size")
            return 200, {}, {}
        oid, size = words[1], int(words[2])
        if hashlib.sha256(body).hexdigest() != oid or len(body) != size:
            raise Refused(400, "the bytes are not of this sha256 and size")
        self.hub.objects[oid] = body
        return 200, b"", {}

    def _batch(self, asked: dict):
        self._writes()
        objects = []
        for one in asked["objects"]:
            entry = {"oid": one["oid"], "size": one["size"]}
            if one["oid"] not in self.hub.objects:
                upload = {"href": f"{self.hub.url}/lfs/{one['oid']}/{one['size']}"}
                entry["actions"] = {"upload": upload, "verify": {"href": f"{self.hub.url}/lfs/verify"}}
            objects.append(entry)
        return 200, {"transfer": "basic", "objects": objects}, {}

    def _api(self, kind: str, name: str, repo: Repo, rest: list[str], body: bytes):
        if not rest or rest[0] == "revision":
            files = [{"rfilename": path} for path in sorted(repo.files)]
            info = {"id": name, "sha": repo.heads[-1], "private": repo.private, "siblings": files, "tags": []}
            return 200, info, {}
        if rest[0] == "tree":
            return 200, self._tree(repo, "/".join(rest[2:])), {}
        if rest[0] == "paths-info":
            form = body.decode()
            paths = json.loads(form)["paths"] if form.startswith("{") else parse_qs(form)["paths"]
            entries = self._entries(repo)
            return 200, [entries[path] for path in paths if path in entries], {}
        self._writes()
        if rest[0] == "preupload":
            asked = json.loads(body)["files"]
            modes = [(one["path"], "lfs" if one["path"].endswith(LFS) else "regular") for one in asked]
            files = [{"path": path, "uploadMode": mode, "shouldIgnore": False} for path, mode in modes]
            return 200, {"files": files}, {}
        if rest[0] == "commit":
            return self._commit(kind, name, repo, [json.loads(line) for line in body.splitlines()])
        raise Refused(404, f"no such call: {rest}")

    def _commit(self, kind: str, name: str, repo: Repo, lines: list[dict]):
        with self.hub._lock:
            if lines[0]["value"].get("parentCommit") not in (None, repo.heads[-1]):
                raise Refused(412, "the repository has changed since this parent")
            files = dict(repo.files)
            for line in lines[1:]:
                value = line["value"]
                if line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    there = self.hub.objects.get(value["oid"])
                    if there is None or len(there) != value["size"]:
                        raise Refused(400, "unknown object, or of another size")
                    files[value["path"]] = there
                elif line["key"] == "deletedFile":
                    del files[value["path"]]
                else:
                    raise Refused(400, f"no such operation: {line['key']}")
            repo.files = files
            repo.commits.append([line["value"]["path"] for line in lines[1:]])
            repo.heads.append(hashlib.sha1(json.dumps([repo.heads, repo.commits]).encode()).hexdigest())
        self.hub.on_commit(len(repo.commits))
        url = f"{self.hub.url}/{kind}s/{name}/commit/{repo.heads[-1]}"
        return 200, {"commitUrl": url, "commitOid": repo.heads[-1]}, {}

    def _entries(self, repo: Repo) -> dict[str, dict]:
        """Files and folders, as a tree's listing has them."""
        entries: dict[str, dict] = {}
        for path, data in sorted(repo.files.items()):
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry = {"type": "file", "path": path, "oid": blob, "size": len(data)}
            if path.endswith(LFS):
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            parts = path.split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                entries.setdefault(folder, {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0})
            entries[path] = entry
        return entries

    def _tree(self, repo: Repo, folder: str) -> list[dict]:
        entries = self._entries(repo)
        if folder and folder not in entries:
            raise Refused(404, "Entry Not Found")
        recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["false"])[0].lower() == "true"
        under = [one for path, one in entries.items() if not folder or path.startswith(f"{folder}/")]
        depth = len(folder.split("/")) if folder else 0
        return [one for one in under if recursive or len(one["path"].split("/")) == depth + 1]

    def _resolve(self, repo: Repo, revision: str, path: str):
        if path not in repo.files:
            raise Refused(404, "Entry Not Found")
        data = repo.files[path]
        etag = hashlib.sha256(data).hexdigest()
        headers = {"X-Repo-Commit": repo.heads[-1], "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        if (asked := self.headers.get("Range")) is not None:
            first, last = asked.removeprefix("bytes=").split("-")
            start, end = int(first), min(int(last or len(data) - 1), len(data) - 1)
            part = data[start : end + 1]
            return 206, part, {**headers, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
        return 200, data, {**headers, "Content-Length": str(len(data))}
