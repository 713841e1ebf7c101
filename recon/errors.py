"""The one error that the command line shows without a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 900  # characters of a sentence


class UserError(Exception):
    """Something that the user can mend: one sentence naming the file or option and the mend.

    What it quotes of a file may be anything: signs that no terminal should be sent are escaped, and of a very long
    sentence the middle is left out.
    """

    def __init__(self, sentence: str = "") -> None:
        plain = "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in sentence)
        if len(plain) > LONGEST:
            plain = f"{plain[: LONGEST * 2 // 3]} ... {plain[-LONGEST // 3 :]}"
        super().__init__(plain)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'width'?"` for the known name nearest to `name`, or the list of all where none is near.

    >>> did_you_mean("widht", ["width", "steps"])
    "; did you mean 'width'?"
    """
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(known)}" if known else ""
