import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def run(*options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sandbox", "--days", "1", "--live-every", "0", *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_process_says_where_it_is_and_ends_when_told() -> None:
    with run("--port", "0", "--late-seconds", "20") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2].removesuffix("/api/v1,")
        assert len(httpx.get(f"{url}/_sandbox/accounts").json()["accounts"]) == 5

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=5) == 0


def test_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with run("--port", port) as process:
            _, said = process.communicate(timeout=5)

    assert (process.returncode, said) == (
        1,
        f"The sandbox cannot listen on 127.0.0.1:{port}: Address already in use.\n",
    )
