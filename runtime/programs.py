"""The product's programs and the environment they run in."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from runtime import keys
from runtime.children import Child, program
from runtime.jobs import Job
from runtime.liveness import WORKER
from runtime.state import ROOT

PYTHON = sys.executable
WEB = (
    "--worker-class",
    "gthread",
    "--workers",
    "2",
    "--threads",
    "4",
    "--timeout",
    "30",
    "--graceful-timeout",
    "3",
)
OURS_ALONE = ("DATABASE_OWNER_URL", "SWITCHBOARD_STARTED_AT")


def settings(state: Path, *, public_url: str, sandbox_url: str, smtp_port: int) -> dict[str, str]:
    """Return the settings of a run on one machine; what the person has set stays."""
    drawn = keys.secrets_of(state)
    defaults = {
        "SECRET_KEY": drawn["SECRET_KEY"],
        "ENCRYPTION_KEYS": drawn["ENCRYPTION_KEYS"],
        "PUBLIC_URL": public_url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "MEDIA_ROOT": str(state / "media"),
        "STATIC_ROOT": str(state / "static"),
        "SANDBOX_URL": sandbox_url,
        "CTM_BASE_URL": f"{sandbox_url}/api/v1",
        "CTM_HOSTS": "127.0.0.1",
        "GHL_BASE_URL": f"{sandbox_url}/ghl",
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | {name: value for name, value in os.environ.items() if value}


def manage(*command: str, env: Mapping[str, str], logs: Path) -> Job:
    """Start a management command."""
    return Job(command[0], [PYTHON, "manage.py", *command], env=env, logs=logs, cwd=ROOT)


def sandbox(port: int, *, state: Path) -> Child:
    """Describe the provider's stand-in, which gets nothing of ours, neither secrets nor addresses."""
    command = [PYTHON, "-m", "sandbox", "--port", str(port), "--live-every", "25", "--late-seconds", "20"]
    command += ["--state", str(state / "sandbox.json")]
    log = state / "logs" / "sandbox.log"
    return program("sandbox", command, env={"PATH": os.environ["PATH"]}, log=log, cwd=ROOT)


def mail(port: int, *, state: Path) -> Child:
    """Describe the mail server that keeps what the demo sends: its page on ``port``, SMTP on the next."""
    command = [PYTHON, "-m", "sandbox.mail", "--port", str(port), "--smtp-port", str(port + 1)]
    return program(
        "mail", command, env={"PATH": os.environ["PATH"]}, log=state / "logs" / "mail.log", cwd=ROOT
    )


def product(env: Mapping[str, str], *, bind: str, logs: Path) -> dict[str, Child]:
    """Describe web, worker and beat, which never see the owner of the tables."""
    env = {name: value for name, value in env.items() if name not in OURS_ALONE}
    celery = [PYTHON, "-m", "celery", "-A", "portal"]
    commands = {
        "web": [PYTHON, "-m", "gunicorn", "portal.wsgi", "--bind", bind, "--no-control-socket", *WEB],
        "worker": [
            *celery,
            "worker",
            "-c",
            "2",
            "-Ofair",
            "--prefetch-multiplier",
            "1",
            "-n",
            WORKER,
            "-l",
            "INFO",
        ],
        "beat": [*celery, "beat", "--pidfile=", "-l", "INFO"],
    }
    at_our_death = {
        "worker": signal.SIGQUIT
    }  # does not wait for its tasks, which are rows and can be claimed again
    return {
        name: program(
            name,
            command,
            env=env,
            log=logs / f"{name}.log",
            cwd=ROOT,
            death_signal=at_our_death.get(name, signal.SIGTERM),
        )
        for name, command in commands.items()
    }
