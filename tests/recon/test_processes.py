"""Processes of one thread each, and what is said where one dies."""

import multiprocessing
import os
import signal
import struct
import subprocess
import sys

import cv2
import pytest
import torch
from threadpoolctl import threadpool_info

from recon.errors import UserError
from recon.processes import one_thread, process_pool


def threads_of_libraries() -> tuple[int, int, int]:
    """torch's and OpenCV's threads, and all of this process once each library is at work."""
    import numpy as np
    import scipy.linalg

    matrix = np.eye(300) + 1
    scipy.linalg.solve(matrix, matrix @ matrix)
    torch.from_numpy(matrix) @ torch.from_numpy(matrix)
    cv2.GaussianBlur(np.ones((600, 600, 3), np.float32), (0, 0), 5)
    return torch.get_num_threads(), cv2.getNumThreads(), len(os.listdir("/proc/self/task"))


def die() -> None:
    os._exit(9)


def test_a_process_of_the_pool_works_with_one_thread():
    before = dict(os.environ)
    with process_pool(1) as pool:
        torch_threads, cv2_threads, threads = pool.submit(threads_of_libraries).result()
    assert (torch_threads, cv2_threads) == (1, 1)
    assert threads <= 4  # its own, the queue's, the one that watches the parent: none of BLAS
    assert dict(os.environ) == before


def test_the_program_holds_blas_to_one_thread():
    """What the first import of NumPy and SciPy after the command line's start begets, on a machine of several cores."""
    code = (
        "import os; from recon.cli import main; main(['--help']); import numpy, scipy.linalg\n"
        "print(len(os.listdir('/proc/self/task')))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "1"


def test_one_thread_is_for_the_block_alone():
    torch.set_num_threads(2)
    with one_thread():
        assert torch.get_num_threads() == cv2.getNumThreads() == 1
        assert all(one["num_threads"] == 1 for one in threadpool_info() if one["user_api"] == "blas")
    assert torch.get_num_threads() == 2


def test_a_dead_process_is_one_sentence():
    with pytest.raises(UserError, match="a worker process died"), process_pool(1) as pool:
        pool.submit(die).result()


def test_a_worker_is_deaf_to_ctrl_c_from_its_first_moment():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with process_pool(1) as pool:
        working = pool.submit(os.getpid)
        for process in multiprocessing.active_children():
            os.kill(process.pid, signal.SIGINT)  # while it imports
        assert working.result() in [process.pid for process in multiprocessing.active_children()]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_process_that_died_while_nobody_asked_is_one_sentence():
    with pytest.raises(UserError, match="a worker process died"), process_pool(1) as pool:
        pool.submit(die).exception()
        pool.submit(os.getpid).result()


def long_answer(bytes_: int) -> bytes:
    return b"0" * bytes_


def killed_amid_an_answer() -> None:
    """As by a machine that has no memory left, when a part of the answer is on its way."""
    frame = sys._getframe()
    while "pipe" not in frame.f_locals:
        frame = frame.f_back
    os.write(frame.f_locals["pipe"].fileno(), struct.pack("!i", 1000) + b"less than that")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_killed_amid_an_answer_is_one_sentence():
    with pytest.raises(UserError, match="a worker process died"), process_pool(2) as pool:
        other = pool.submit(os.getpid)
        pool.submit(killed_amid_an_answer).result(timeout=50)
    assert other.result() > 0


def test_an_error_amid_a_long_answer_ends_the_pool():
    """Its threads, for which Python's exit waits, must not wait for the rest of an answer that nobody sends."""
    with pytest.raises(KeyboardInterrupt), process_pool(2) as pool:
        answers = [pool.submit(long_answer, 200_000_000) for _ in range(4)]  # one is always on its way
        threads = list(pool._threads)
        answers[0].result()
        raise KeyboardInterrupt
    assert not any(thread.is_alive() for thread in threads)
    assert not multiprocessing.active_children()


def test_a_dead_process_leaves_nothing_of_the_pool_behind():
    with pytest.raises(UserError), process_pool(2) as pool:
        working = [pool.submit(os.getpid), pool.submit(die)]
        threads = list(pool._threads)
        for future in working:
            future.result()
    assert not any(thread.is_alive() for thread in threads)
    assert not multiprocessing.active_children()


def test_the_processes_of_a_killed_parent_end_without_a_word():
    code = (
        "import os, signal, time; from recon.processes import process_pool\n"
        "if __name__ == '__main__':\n"
        "    with process_pool(2) as pool:\n"
        "        idle, working = pool.submit(os.getpid), pool.submit(time.sleep, 60)\n"
        "        print(idle.result(), flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50)
    assert said.returncode == -signal.SIGKILL and said.stdout  # both read to their ends: all who hold them are gone
    assert said.stderr == ""


def wrong_at_the_start(sentence: str) -> None:
    raise UserError(sentence)


def test_what_goes_wrong_in_a_process_is_raised_here_with_its_place():
    with (
        pytest.raises(UserError, match="the stage is amiss"),
        process_pool(1, wrong_at_the_start, ("the stage is amiss",)) as pool,
    ):
        pool.submit(os.getpid).result()
    with pytest.raises(ZeroDivisionError) as caught, process_pool(1) as pool:
        pool.submit(divmod, 1, 0).result()
    assert "in _answered" in str(caught.value.__cause__)
    with process_pool(1) as pool:
        failed = pool.submit(divmod, 1, 0)
        assert pool.submit(divmod, 7, 2).result() == (3, 1)  # the process lives on
        assert isinstance(failed.exception(), ZeroDivisionError)


def test_each_process_starts_once(tmp_path):
    with process_pool(2, appended, (tmp_path / "started",)) as pool:
        pids = {pool.submit(os.getpid).result() for _ in range(10)}
    started = (tmp_path / "started").read_text().split()
    assert len(started) == len(set(started)) and {int(pid) for pid in started} == pids


def appended(file) -> None:
    with file.open("a") as out:
        out.write(f"{os.getpid()}\n")
