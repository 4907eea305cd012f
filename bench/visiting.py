"""Requests over connections that stay open, and what they cost: wall time here, CPU time there."""

import os
import re
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Pages to ask in turn. An answer that lacks ``holds`` or has another ``status`` ends the run."""

    name: str
    port: int
    paths: tuple[str, ...]
    roots: tuple[int, ...]
    cookie: str = ""
    holds: bytes = b""
    status: int = 200

    def request(self, path: str) -> bytes:
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{cookie}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Cell:
    """One target visited for a while."""

    seconds: list[float] = field(default_factory=list)  # of each answer, in order of size
    cpu_ms: float = 0.0  # of server and databases, a request
    size: int = 0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))] * 1000


class Connection:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._socket = socket.create_connection(("127.0.0.1", target.port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> tuple[float, int]:
        """Return how many seconds the answer took and how many bytes it had."""
        began = time.perf_counter()
        self._socket.sendall(self._target.request(path))
        answer = bytearray()
        while (needed := _whole(answer)) is None or len(answer) < needed:
            received = self._socket.recv(262_144)
            if not received:
                raise ConnectionError(
                    f"{self._target.name}: the server hung up after {bytes(answer[:300])!r}"
                )
            answer += received
        took = time.perf_counter() - began
        if int(answer[9:12]) != self._target.status or self._target.holds not in answer:
            raise AssertionError(f"{self._target.name} {path}: {bytes(answer[:600])!r}")
        return took, len(answer)

    def close(self) -> None:
        self._socket.close()


def _whole(answer: bytearray) -> int | None:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = LENGTH.search(answer, 0, end + 2)
    return end + 4 + (int(length[1]) if length else 0)


def visit(target: Target, *, readers: int, seconds: float) -> Cell:
    """Visit ``target`` with so many readers at a time, each asking again as soon as it is answered."""
    before, began = cpu_seconds(target.roots), time.perf_counter()
    turns, took, sizes, troubles = count(), list[float](), set[int](), list[Exception]()

    def read() -> None:
        try:
            connection = Connection(target)
            while time.perf_counter() - began < seconds or not took:
                one, size = connection.get(target.paths[next(turns) % len(target.paths)])
                took.append(one)
                sizes.add(size)
            connection.close()
        except (OSError, AssertionError) as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    cpu = cpu_seconds(target.roots) - before
    return Cell(sorted(took), cpu / len(took) * 1000, max(sizes))


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time so far of the processes ``roots`` and all below them, the ended ones included."""
    used, children = dict[int, int](), dict[int, list[int]]()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        used[int(entry.name)] = sum(map(int, fields[11:15]))
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting, total = list(roots), 0
    while waiting:
        pid = waiting.pop()
        total += used.get(pid, 0)
        waiting += children.get(pid, [])
    return total / TICKS


def most_held_kb(pid: str = "self") -> int:
    """The most memory that a process ever held."""
    return int(Path("/proc", pid, "status").read_text().partition("VmHWM:")[2].split()[0])
