"""A program of several commands: which one is called, with what, and how errors end."""

from __future__ import annotations

import difflib
import errno
import importlib
import io
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from recon.cli.help import command_help, overview
from recon.cli.interrupts import interruptible
from recon.cli.words import read_words
from recon.configuration import from_words
from recon.errors import UserError, did_you_mean
from recon.processes import one_blas_thread

HELP = ("-h", "--help")
NO_MEMORY = re.compile("(can't|cannot) allocate memory|out of memory", re.IGNORECASE)  # as torch has it


@dataclass(frozen=True)
class Command:
    """A subcommand: the module that holds it, its line in the help, and what the module is told beside its arguments,
    where it holds several commands.
    """

    module: str
    help: str
    told: tuple[str, ...] = ()


def run_program(program: str, about: str, commands: Mapping[str, Command], argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names. Exit codes: 0, or what the command's `run` returns (1 where its answer
    is no); 2 for what the user can mend (one line), 130 for Ctrl-C and SIGTERM.
    """
    one_blas_thread()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files are bytes, and need not be text
    try:
        with interruptible():
            code = _answer(program, about, commands, list(sys.argv[1:] if argv is None else argv))
        if sys.stdout is not None:
            sys.stdout.flush()  # a reader that is gone, or a full disk, is told of here
        return code
    except UserError as error:
        return _fail(program, str(error), 2)
    except KeyboardInterrupt:
        return _fail(program, "interrupted", 130)
    except BrokenPipeError:  # such as `recon train --help | head`: nobody is there to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 128 + signal.SIGPIPE
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not NO_MEMORY.search(str(error)):
            raise
        return _fail(program, "there is not enough memory: ask for fewer --workers, smaller batches or images", 2)
    except OSError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        return _fail(program, sentence, 2)


def _answer(program: str, about: str, commands: Mapping[str, Command], words: list[str]) -> int:
    lines = {name: command.help for name, command in commands.items()}
    family = {name: line for name, line in lines.items() if words and name.startswith(f"{words[0]} ")}
    if not words or words[0] in HELP:
        print(overview(program, about, lines))
    elif words[0] == "--version":
        print(f"{program} {version('synth2real')}")
    elif family and words[0] not in commands and (len(words) == 1 or words[1] in HELP):
        print(overview(program, f"`{program} {words[0]}` is one of:", family))
    else:
        name, rest = _split_name(program, words, commands)
        return _run_command(f"{program} {name}", commands[name], rest) or 0
    return 0


def _run_command(title: str, command: Command, words: Sequence[str]) -> int | None:
    module = importlib.import_module(command.module)
    settings = module.settings(*command.told) if hasattr(module, "settings") else None
    if any(word in HELP for word in words):
        print(command_help(title, command.help, module.Options, settings))
        return None
    given, overrides = read_words(words, module.Options, settings, title)
    options = from_words(module.Options, given)
    return module.run(options, *([] if settings is None else [overrides]), *command.told)


def _split_name(program: str, words: list[str], commands: Mapping[str, Command]) -> tuple[str, list[str]]:
    """The longest command name that `words` begin with, and the words after it."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in commands:
            return name, words[length:]
    family = [name.split()[1] for name in commands if name.startswith(f"{words[0]} ")]
    if family:
        raise UserError(f"'{program} {words[0]}' needs one of {', '.join(family)}{_unlike(words[1], family)}")
    plain = " ".join(words[: 2 if len(words) > 1 and not words[1].startswith("-") else 1])
    raise UserError(f"there is no command '{program} {plain}'{did_you_mean(plain, commands)}")


def _unlike(word: str, family: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, family, n=1)
    return f", not '{word}'; did you mean '{near[0]}'?" if near else f", not '{word}'"


def _sentence(error: OSError) -> str | None:
    """What to tell about an operating system error that the user can mend; None for others."""
    where = error.filename2 or error.filename or "the output folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk while writing {where}: free some and run the same command again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission for {where}: choose another path or change its rights"
    if error.errno in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        return f"{where} is in the way ({str(error.strerror).lower()}): choose another path"
    if error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EFBIG, errno.EIO, errno.ESTALE):
        return f"{where} can't be read or written ({str(error.strerror).lower()}): choose another path"
    return None


def _fail(program: str, sentence: str, code: int) -> int:
    print(f"{program}: {' '.join(sentence.split())}", file=sys.stderr)
    return code
