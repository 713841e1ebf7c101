"""How a program ends that is told to end: Ctrl-C and SIGTERM alike, at once and in one sentence.

Imported first of all: from here on a Ctrl-C that nothing catches, as while modules are imported, shows no traceback.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt in the block, and that is what leaves it.

    What they interrupt may make another error of it: an import fails, a worker has died of the same signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        asked.set()
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in STOPS}
    for number, usual in before.items():
        if usual is not signal.SIG_IGN:  # as nohup and shells' background jobs have it
            signal.signal(number, stop)
    try:
        yield
    except BaseException:
        if asked.is_set():
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)


_usual = sys.excepthook


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        _usual(kind, error, trace)


sys.excepthook = _told
