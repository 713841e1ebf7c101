"""How a program ends that is told to end: Ctrl-C and SIGTERM alike, at once and in one sentence.

Imported first of all: from here on a Ctrl-C that nothing catches, as while modules are imported, shows no traceback.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

STOPS = (signal.SIGINT, signal.SIGTERM)
AGAIN_S = 0.05  # until a stop that Python has dropped is told once more

_asked: list[int] = []  # the signals that have asked for the end since `interruptible` began


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt in the block, and that is what leaves it.

    What they interrupt may make another error of it: an import fails, a worker has died of the same signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _asked.clear()
    before = {number: signal.getsignal(number) for number in STOPS}
    for number, usual in before.items():
        if usual is not signal.SIG_IGN:  # as nohup and shells' background jobs have it
            signal.signal(number, _stop)
    try:
        yield
    except BaseException:
        if _asked:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)


def _stop(number: int, frame: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt


def _ask_again(number: int) -> None:
    if signal.getsignal(number) is _stop:  # else the block has ended meanwhile
        os.kill(os.getpid(), number)


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        _usual(kind, error, trace)


def _dropped(what: sys.UnraisableHookArgs) -> None:
    """Told of errors that Python drops, as those of `__del__`. One may be the stop itself: it is sent again. Others
    come of what was stopped half-way, such as a writer that outlives its file: who asked for the end need not know.
    """
    if not _asked:
        _usual_dropped(what)
    elif issubclass(what.exc_type, KeyboardInterrupt):
        again = threading.Timer(AGAIN_S, _ask_again, _asked[:1])
        again.daemon = True
        again.start()


_usual, _usual_dropped = sys.excepthook, sys.unraisablehook
sys.excepthook, sys.unraisablehook = _told, _dropped
