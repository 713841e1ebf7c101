"""Which command is called, with what, and how it ends."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from recon.cli import COMMANDS, Command, run_program
from recon.configuration import bounded, positional
from recon.errors import UserError
from synth2real.cli import COMMANDS as SYNTH2REAL


@dataclass(frozen=True, kw_only=True)
class Options:
    """count: of things. box: where. crop: ready crops. photos: of faces. out: folder."""

    photos: tuple[Path, ...] = positional("PHOTO...")
    out: Path = Path("here")
    count: int = bounded(1, 1, 9)
    box: tuple[float, float] | None = None
    max_drift: float | None = None
    crop: bool = False


@dataclass(frozen=True)
class Settings:
    """steps: of it."""

    steps: int = 5


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`run(body, *words)`: a program whose one command `work fast` takes Options and Settings and calls `body`."""

    def run_body(body: Callable[..., Any], *words: str) -> int:
        module: Any = ModuleType("a_command")
        module.Options, module.settings, module.run = Options, lambda: Settings, body
        monkeypatch.setitem(sys.modules, "a_command", module)
        return run_program("prog", "About.", {"work fast": Command("a_command", "works")}, words)

    return run_body


@pytest.mark.parametrize(
    ("words", "options", "overrides"),
    [
        (["a.png"], Options(photos=(Path("a.png"),)), {}),
        (["a", "--count", "3", "b"], Options(photos=(Path("a"), Path("b")), count=3), {}),
        (["--count=3", "a", "--out=b"], Options(photos=(Path("a"),), count=3, out=Path("b")), {}),
        (["--crop", "a", "--box", "-1.5", "2"], Options(photos=(Path("a"),), crop=True, box=(-1.5, 2)), {}),
        (["--box", "1", "2", "a"], Options(photos=(Path("a"),), box=(1, 2)), {}),
        (["a", "--max-drift", "2"], Options(photos=(Path("a"),), max_drift=2), {}),
        (["a", "--steps", "-5", "--max_drift=-2"], Options(photos=(Path("a"),), max_drift=-2), {"steps": "-5"}),
        (["a", "--steps=7", "--count", "2"], Options(photos=(Path("a"),), count=2), {"steps": "7"}),
    ],
)
def test_a_command_is_given_its_options_and_overrides(
    run: Callable[..., int], words: list[str], options: Options, overrides: dict[str, str]
) -> None:
    seen: list[Any] = []
    assert run(lambda *given: seen.extend(given), "work", "fast", *words) == 0
    assert seen == [options, overrides]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["work", "fsat"], "'prog work' needs one of fast, not 'fsat'; did you mean 'fast'?"),
        (["work", "--count", "3"], "'prog work' needs one of fast, not '--count'"),
        (["wrok", "fast"], "there is no command 'prog wrok fast'; did you mean 'work fast'?"),
        (["work", "fast", "a", "--cuont", "3"], "unknown option --cuont; did you mean '--count'?"),
        (["work", "fast", "a", "--stesp=3"], "unknown option --stesp; did you mean '--steps'?"),
        (["work", "fast", "a", "--xyzzy"], "unknown option --xyzzy (see prog work fast --help)"),
        (["work", "fast", "a", "--count", "three"], "--count must be int, not 'three'"),
        (["work", "fast", "a", "--count", "-3"], "--count must be from 1 to 9, not -3"),
        (["work", "fast", "a", "-x"], "unknown option -x (see prog work fast --help)"),
        (["work", "fast", "a", "--out="], "--out needs a value: --out VALUE"),
        (["work", "fast", "a", "--out", ""], "--out needs a value: --out VALUE"),
        (["work", "fast", "a", "--steps", ""], "--steps needs a value: --steps VALUE"),
        (["work", "fast", ""], "there is an empty word among the options: leave it out (see prog work fast --help)"),
        (["work", "fast", "a", "--count"], "--count needs a value: --count VALUE"),
        (["work", "fast", "a", "--count", "--crop"], "--count needs a value: --count VALUE"),
        (["work", "fast", "a", "--box", "1"], "--box needs 2 values: --box VALUE VALUE"),
        (["work", "fast", "a", "--box", "nan", "1"], "--box must be [float, float] or null, not 'nan 1'"),
        (["work", "fast", "a", "--crop=perhaps"], "--crop must be true or false, not 'perhaps'"),
        (["work", "fast"], "no PHOTO... is given (see prog work fast --help)"),
    ],
)
def test_wrong_words_are_one_line_and_code_2(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], words: list[str], line: str
) -> None:
    assert run(lambda *given: None, *words) == 2
    assert capsys.readouterr().err == f"prog: {line}\n"


def test_what_is_missing_or_too_much_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("synth2real", "", SYNTH2REAL, ["render", "--count", "3"]) == 2
    assert run_program("synth2real", "", SYNTH2REAL, ["render", "faces", "--count", "3", "--out", "a"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "synth2real: --out is missing: give --out VALUE (see synth2real render --help)"
    assert second == "synth2real: can't make sense of 'faces' (see synth2real render --help)"


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
        (FileExistsError(errno.EEXIST, "File exists", "/a"), 2, "prog: /a is in the way (file exists)"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/.a.tmp", None, "/a"), 2, "prog: /a is in the way"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/a"), 2, "prog: /a can't be read or written (file name"),
        (MemoryError(), 2, "prog: there is not enough memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), 2, "prog: there is not enough memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you"), 2, "prog: there is not enough memory"),
    ],
)
def test_errors_are_one_line_and_a_code(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    assert run(fails_with(error), "work", "fast", "a") == code
    message = capsys.readouterr().err
    assert message.startswith(line)
    assert message.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("made_of_it", [None, ImportError("numpy"), UserError("a worker process died")])
def test_a_signal_ends_in_one_sentence_whatever_becomes_of_it(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], number: signal.Signals, made_of_it: Exception | None
) -> None:
    handler = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    inherited = signal.signal(number, handler)  # a job in the background may have been told to ignore it

    def body(*given: Any) -> None:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            if made_of_it is None:
                raise
            raise made_of_it from None

    try:
        assert run(body, "work", "fast", "a") == 130
        assert capsys.readouterr().err == "prog: interrupted\n"
        assert signal.getsignal(number) == handler
    finally:
        signal.signal(number, inherited)


def test_ctrl_c_while_modules_are_imported_shows_no_traceback() -> None:
    program = "from recon.cli import interrupts; raise KeyboardInterrupt"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode != 0 and done.stderr == "interrupted\n"


HALF_WAY = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background may have been told to ignore
from recon.cli import Command, run_program
from recon.commands.view import Options

class Writer:
    def __del__(self):
        {dropped}

def work(options):
    {work}

sys.modules["a"] = type(sys)("a")
sys.modules["a"].Options, sys.modules["a"].run = Options, work
sys.exit(run_program("prog", "", {{"work": Command("a", "works")}}, ["work", "file"]))
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("work", "dropped"),
    [
        ("writer = Writer(); signal.raise_signal(signal.{number})", "raise ValueError('write to closed file')"),
        ("writer = Writer(); del writer; time.sleep(60)", "signal.raise_signal(signal.{number})"),
    ],
    ids=["what is stopped half-way complains", "the stop falls where Python drops errors"],
)
def test_a_stop_is_told_in_one_sentence_whatever_python_drops(number: str, work: str, dropped: str) -> None:
    program = HALF_WAY.format(work=work.format(number=number), dropped=dropped.format(number=number))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stderr) == (130, "prog: interrupted\n")


def test_without_a_stop_what_python_drops_is_told() -> None:
    program = HALF_WAY.format(work="Writer()", dropped="raise ValueError('write to closed file')")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and "ValueError: write to closed file" in done.stderr


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("{recon} train --help | head -1; exit ${{PIPESTATUS[0]}}", None, ""),
        ("{recon} --help > /dev/full", 2, "recon: no space left on the disk"),
        ("{recon} --version >&-", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(shell: str, code: int | None, said: str) -> None:
    recon = f"{sys.executable} -m recon.cli"
    done = subprocess.run(["bash", "-c", shell.format(recon=recon)], capture_output=True, text=True)
    assert done.returncode in ((0, 141) if code is None else (code,))
    assert done.stderr.startswith(said) and done.stderr.count("\n") == bool(said)


def test_names_that_are_no_text_are_printed() -> None:
    program = (
        "import os, sys, types; from recon.cli import Command, run_program; from recon.commands.view import Options; "
        "sys.modules['a'] = types.SimpleNamespace(Options=Options, run=lambda options: print(options.result)); "
        "sys.exit(run_program('prog', '', {'say': Command('a', 'says')}, ['say', os.fsdecode(b'\\xff.png')]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\udcff.png\n", "")


def test_a_bug_keeps_its_traceback(run: Callable[..., int]) -> None:
    with pytest.raises(ZeroDivisionError):
        run(lambda *given: 1 / 0, "work", "fast", "a")
    with pytest.raises(FileNotFoundError):
        run(fails_with(FileNotFoundError(errno.ENOENT, "No such file", "x")), "work", "fast", "a")


def fails_with(error: BaseException) -> Callable[..., None]:
    def body(*given: Any) -> None:
        raise error

    return body


def test_the_first_word_of_several_commands_lists_them(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(lambda *given: None, "work") == 0
    assert "prog work fast  works" in capsys.readouterr().out


@pytest.mark.parametrize(("program", "commands"), [("recon", COMMANDS), ("synth2real", SYNTH2REAL)])
def test_a_program_lists_its_commands_and_tells_its_version(
    program: str, commands: dict[str, Command], capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([], ["--help"], ["-h"]):
        assert run_program(program, "About.", commands, words) == 0
        text = capsys.readouterr().out
        assert all(f"  {program} {name} " in text and command.help in text for name, command in commands.items())
    assert run_program(program, "About.", commands, ["--version"]) == 0
    assert capsys.readouterr().out == f"{program} {version('synth2real')}\n"


@pytest.mark.parametrize(
    "command", [f"recon.cli {name}" for name in COMMANDS] + [f"synth2real.cli {name}" for name in SYNTH2REAL]
)
def test_a_help_waits_for_nothing_heavy(command: str) -> None:
    module, *words = command.split()
    program = (
        f"import sys, {module} as cli; code = cli.main({[*words, '--help']}); "
        "heavy = {'torch', 'datasets', 'warp', 'kornia', 'scipy', 'cv2', 'pyarrow'} & set(sys.modules); "
        "assert not heavy, heavy; sys.exit(code)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"usage: {module.split('.')[0]} {' '.join(words)}")
