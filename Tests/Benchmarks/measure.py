"""Runs a program and says what it and everything it started cost."""

import ctypes
import os
import pathlib
import resource
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    wall: float
    """Seconds until the program ended."""
    cpu: float
    """User and system seconds of the program and all its descendants, those that outlived it included."""
    memory: int
    """Bytes: the peak of one process, or of all together by proportional set size where there were several."""


class Failed(Exception):
    pass


def run(command, environment, directory, log, expected=(0,)):
    """`log` gets what the program printed. Raises `Failed` unless it exits as expected."""
    become_subreaper()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=directory, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT)
    with PeakMemory(process.pid) as memory:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    end_descendants()
    if process.returncode not in expected:
        raise Failed(f"{command[0]} exited with {process.returncode}; see {log}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(wall, cpu, max(usage.ru_maxrss * 1024, memory.peak))


def become_subreaper():
    """A descendant whose parent ends becomes our child, so that we can end it and count what it used."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def end_descendants():
    """Ends what the program left behind, such as ssh's connection masters."""
    while left := children(os.getpid()):
        for process in left:
            os.kill(process, signal.SIGTERM)
        for process in left:
            os.waitpid(process, 0)


def children(process):
    found = []
    for task in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            pass  # it ended
    return found


def tree(process):
    found = [process]
    for parent in found:
        found += children(parent)
    return found


class PeakMemory:
    """Looks at a tree of processes while it runs. A single process is left alone: the kernel keeps its peak."""

    PERIOD = 0.5

    def __init__(self, process):
        self.process = process
        self.peak = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def watch(self):
        while not self.ended.wait(self.PERIOD):
            # Orphans of the program are our own children by now.
            processes = {p for child in children(os.getpid()) for p in tree(child)}
            if len(processes) > 1:
                self.peak = max(self.peak, sum(map(proportional_set_size, processes)))


def proportional_set_size(process):
    try:
        with open(f"/proc/{process}/smaps_rollup") as lines:
            return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    except OSError:
        return 0
