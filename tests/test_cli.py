from __future__ import annotations

import argparse
import errno
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from recon.cli import COMMANDS, Command, run_program
from recon.errors import UserError
from synth2real import cli as synth2real_cli


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`run(body, *words)`: a program whose one command `work fast` takes --count and calls `body(args)`."""

    def run_body(body: Callable[[argparse.Namespace], None], *words: str, takes_config: bool = False) -> int:
        module = ModuleType("a_command")

        def add_arguments(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--count", type=int, default=1)
            if takes_config:
                parser.set_defaults(overrides={})

        module.add_arguments = add_arguments  # type: ignore[attr-defined]
        module.run = body  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "a_command", module)
        return run_program("prog", "About.", {"work fast": Command("a_command", "works")}, words)

    return run_body


def fails_with(error: BaseException) -> Callable[[argparse.Namespace], None]:
    def body(args: argparse.Namespace) -> None:
        raise error

    return body


def test_a_command_runs_with_its_arguments(run: Callable[..., int]) -> None:
    seen = []
    assert run(seen.append, "work", "fast", "--count", "3") == 0
    assert seen[0].count == 3


def test_the_first_word_of_several_commands_lists_them(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lambda args: None, "work") == 0
    assert "prog work fast  works" in capsys.readouterr().out


def test_overrides_reach_a_command_that_takes_a_configuration(run: Callable[..., int]) -> None:
    seen = []
    assert run(seen.append, "work", "fast", "--net.width", "8", "--count", "3", "--steps=5", takes_config=True) == 0
    assert seen[0].count == 3
    assert seen[0].overrides == {"net.width": "8", "steps": "5"}


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UserError("no photos in x:\n  give another --photos"), 2, "prog: no photos in x: give another --photos"),
        (KeyboardInterrupt(), 130, "prog: interrupted"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/out/a.bin"),
            2,
            "prog: no space left on the disk while writing /out/a.bin",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/out"), 2, "prog: no permission for /out"),
        (
            NotADirectoryError(errno.ENOTDIR, "Not a directory", "/out/a"),
            2,
            "prog: /out/a is in the way (not a directory)",
        ),
    ],
)
def test_errors_are_one_line_and_a_code(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    assert run(fails_with(error), "work", "fast") == code
    message = capsys.readouterr().err
    assert message.startswith(line)
    assert message.count("\n") == 1


def test_a_bug_keeps_its_traceback(run: Callable[..., int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda args: 1 / 0, "work", "fast")
    with pytest.raises(FileNotFoundError):
        run(fails_with(FileNotFoundError(errno.ENOENT, "No such file", "x")), "work", "fast")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("work", "fsat"), "there is no command 'prog work fsat'; did you mean 'work fast'?"),
        (("work", "fast", "--cuont", "3"), "unknown option --cuont; did you mean '--count'?"),
        (("work", "fast", "--cou=3"), "unknown option --cou=3; did you mean '--count'?"),
        (("work", "fast", "--count", "three"), "invalid int value: 'three'"),
    ],
)
def test_wrong_words_are_one_line_and_code_2(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], words: tuple[str, ...], part: str
) -> None:
    assert run(lambda args: None, *words) == 2
    message = capsys.readouterr().err
    assert part in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(("module", "commands"), [("recon.cli", COMMANDS), ("synth2real.cli", synth2real_cli.COMMANDS)])
def test_help_lists_every_command_without_importing_torch(module: str, commands: dict[str, Command]) -> None:
    program = (
        f"import sys, {module} as cli; code = cli.main(['--help']); assert 'torch' not in sys.modules; sys.exit(code)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for name in commands:
        assert name in result.stdout
