"""The `recon` command line, and the wrapper that `synth2real` shares: which module holds a command, and how errors end.

A command's module has `add_arguments(parser, *told)` and `run(args, *told)`, and is imported only when it is called:
the list of commands appears at once.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from recon.errors import UserError, did_you_mean
from recon.evaluate.protocols import PROTOCOLS


@dataclass(frozen=True)
class Command:
    """A subcommand: the module that holds it, its line in the help, and what the module is told beside its arguments,
    where it holds several commands.
    """

    module: str
    help: str
    told: tuple[str, ...] = ()


COMMANDS = {
    "train": Command("recon.commands.train", "train a network: one file, one experiment"),
    "textures": Command("recon.commands.textures", "read the skin off photos, to train networks with"),
    "reconstruct": Command("recon.commands.reconstruct", "turn photos into detailed meshes"),
    "view": Command("recon.commands.view", "show a result in the browser (extra: viewer)"),
    **{f"evaluate {name}": Command("recon.commands.evaluate", line, (name,)) for name, line in PROTOCOLS.items()},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `recon`; returns the exit code."""
    return run_program("recon", "Face reconstruction: photos to meshes, and the networks behind them.", COMMANDS, argv)


def run_program(program: str, about: str, commands: Mapping[str, Command], argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` names. Exit codes: 0, 2 for what the user can mend (one line), 130 for Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(_overview(program, about, commands))
        return 0
    family = {name: command for name, command in commands.items() if name.startswith(f"{words[0]} ")}
    if family and words[0] not in commands and (len(words) == 1 or words[1] in ("-h", "--help")):
        print(_overview(program, f"`{program} {words[0]}` is one of:", family))
        return 0
    try:
        name, rest = _split_name(program, words, commands)
        _run_command(f"{program} {name}", commands[name], rest)
        return 0
    except UserError as error:
        return _fail(program, str(error), 2)
    except KeyboardInterrupt:
        return _fail(program, "interrupted", 130)
    except OSError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        return _fail(program, sentence, 2)


class _Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see {self.prog} --help)")


def _run_command(title: str, command: Command, words: Sequence[str]) -> None:
    module = importlib.import_module(command.module)
    parser = _Parser(prog=title, description=command.help, allow_abbrev=False)
    module.add_arguments(parser, *command.told)
    options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    overrides: list[str] = []
    if parser.get_default("overrides") is not None:  # the command takes a configuration, see `add_config_arguments`
        words, overrides = _split_overrides(words, options)
    args, rest = parser.parse_known_args(words)
    if rest:
        raise UserError(f"unknown option {rest[0]}{did_you_mean(rest[0].split('=')[0], options)}")
    if overrides:
        from recon.configuration import parse_overrides

        args.overrides = parse_overrides(overrides)
    module.run(args, *command.told)


def _split_overrides(words: Sequence[str], options: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words for the parser, and the `--key value` of a configuration: those that are none of its options."""
    own: list[str] = []
    overrides: list[str] = []
    taking = False  # the next word is an override's value
    for word in words:
        if word.startswith("--"):
            other = word.split("=")[0] not in options
            (overrides if other else own).append(word)
            taking = other and "=" not in word
        else:
            (overrides if taking else own).append(word)
            taking = False
    return own, overrides


def _split_name(program: str, words: list[str], commands: Mapping[str, Command]) -> tuple[str, list[str]]:
    """The longest command name that `words` begin with, and the words after it."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in commands:
            return name, words[length:]
    plain = " ".join(words[: 2 if len(words) > 1 and not words[1].startswith("-") else 1])
    raise UserError(f"there is no command '{program} {plain}'{did_you_mean(plain, commands)}")


def _overview(program: str, about: str, commands: Mapping[str, Command]) -> str:
    width = max(len(name) for name in commands)
    lines = [f"  {program} {name.ljust(width)}  {command.help}" for name, command in commands.items()]
    return "\n".join([about, "", *lines, "", f"`{program} COMMAND --help` lists the options of one."])


def _sentence(error: OSError) -> str | None:
    """What to tell about an operating system error that the user can mend; None for others."""
    where = error.filename or "the output folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left on the disk while writing {where}: free some and run the same command again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission for {where}: choose another path or change its rights"
    if error.errno in (errno.ENOTDIR, errno.EISDIR):
        return f"{where} is in the way ({str(error.strerror).lower()}): choose another path"
    return None


def _fail(program: str, sentence: str, code: int) -> int:
    print(f"{program}: {' '.join(sentence.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
