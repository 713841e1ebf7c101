"""Processes of one thread each, and what is said where one dies."""

import multiprocessing
import os
import signal
import subprocess
import sys

import cv2
import pytest
import torch
from threadpoolctl import threadpool_info

from recon.errors import UserError
from recon.processes import one_thread, process_pool, result_of


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
        torch_threads, cv2_threads, threads = result_of(pool.submit(threads_of_libraries))
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
        result_of(pool.submit(die))


def test_a_worker_is_deaf_to_ctrl_c_from_its_first_moment():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with process_pool(1) as pool:
        working = pool.submit(os.getpid)
        for process in multiprocessing.active_children():
            os.kill(process.pid, signal.SIGINT)  # while it imports
        assert result_of(working) in [process.pid for process in multiprocessing.active_children()]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_process_that_died_while_nobody_asked_is_one_sentence():
    with pytest.raises(UserError, match="a worker process died"), process_pool(1) as pool:
        pool.submit(die).exception()
        pool.submit(die)


def long_answer(bytes_: int) -> bytes:
    return b"0" * bytes_


def test_an_error_amid_a_long_answer_ends_the_pool():
    """The pool's thread, for which Python's exit waits, must not wait for the rest of an answer that nobody sends."""
    with pytest.raises(KeyboardInterrupt), process_pool(2) as pool:
        answers = [pool.submit(long_answer, 200_000_000) for _ in range(4)]  # one is always on its way
        thread = pool._executor_manager_thread
        result_of(answers[0])
        raise KeyboardInterrupt
    assert not thread.is_alive()


def test_a_dead_process_leaves_nothing_of_the_pool_behind():
    """Not even its thread: what that closes would be closed twice by a process which ends at the same moment."""
    with pytest.raises(UserError), process_pool(2) as pool:
        working = [pool.submit(os.getpid), pool.submit(die)]
        thread = pool._executor_manager_thread
        for future in working:
            result_of(future)
    assert not thread.is_alive()
    assert not multiprocessing.active_children()
