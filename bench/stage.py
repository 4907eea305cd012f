"""Servers, filled databases and web processes for one run, all of them ours and on this machine alone."""

import base64
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from runtime import database, ports, process
from runtime.jobs import Job
from runtime.postgres import SUPERUSER, Postgres
from runtime.programs import PYTHON, WEB
from runtime.progress import Failure, say
from runtime.servers import broker_url
from runtime.state import ROOT, Lock, state_directory
from runtime.valkey import Valkey

SETTINGS = {
    "shared_buffers": "2GB",
    "work_mem": "32MB",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "512MB",
    "jit": "off",
}
FIRST_PORT = 18_600


@dataclass(frozen=True, slots=True)
class Site:
    """A running web server. ``roots`` are the processes whose trees do its work, databases included."""

    port: int
    env: Mapping[str, str]
    roots: tuple[int, ...]
    admin_url: str = ""  # of its database, as superuser


class Stage:
    def __init__(self, home: Path, postgres: Postgres, valkey: Valkey, stack: ExitStack) -> None:
        self._home = home
        self._postgres = postgres
        self._valkey = valkey
        self._stack = stack
        self._next_port = FIRST_PORT

    def product(self, calls: int, queue: int) -> Site:
        """The product over ``calls`` calls, as it runs in earnest: two workers of four threads, as portal_app."""
        name = f"product_{calls}"
        admin = self._postgres.url(SUPERUSER, name)
        database.create_owned(self._postgres.url(SUPERUSER, "postgres"), name)
        database.prepare(admin, owner=database.OWNER)
        env = self._product_environment(name, queue)
        self.run(["manage.py", "migrate"], env | {"DATABASE_URL": self._postgres.url(database.OWNER, name)})
        self._once(name, ["-m", "bench.within", "fill_product", str(calls)], env | {"BENCH_ADMIN_URL": admin})
        self.run(["manage.py", "collectstatic", "--noinput"], env)
        return replace(self._serve("portal.wsgi", env), admin_url=admin)

    def floor(self, calls: int) -> Site:
        name = f"floor_{calls}"
        database.create_owned(self._postgres.url(SUPERUSER, "postgres"), name)
        env = {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "bench.floor.settings",
            "FLOOR_DATABASE": name,
            "FLOOR_HOST": str(self._postgres.sockets),
        }
        self._once(name, ["-m", "bench.within", "fill_floor", str(calls)], env)
        return self._serve("bench.floor.wsgi", env)

    def run(self, command: list[str], env: Mapping[str, str]) -> str:
        name = command[2] if "bench.within" in command else command[1]
        job = Job(name, [PYTHON, *command], env=env, logs=self._home / "logs", cwd=ROOT)
        return job.finish()

    def _product_environment(self, name: str, queue: int) -> dict[str, str]:
        redis = self._valkey.url(queue)
        return {
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": self._postgres.url(database.APP, name),
            "REDIS_URL": redis,
            "CELERY_BROKER_URL": broker_url(redis),
            "SECRET_KEY": "measured on loopback, thrown away afterwards",
            "ENCRYPTION_KEYS": "bench:" + base64.b64encode(bytes(32)).decode(),
            "PUBLIC_URL": "http://127.0.0.1",
            "STATIC_ROOT": str(self._home / "static"),
            "MEDIA_ROOT": str(self._home / "media"),
            "LOG_LEVEL": "WARNING",
        }

    def _once(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        """Fill the database ``name``, unless an earlier run with --keep has."""
        done = self._home / f"{name}.filled"
        if not done.exists():
            say(f"filling {name}")
            self.run(command, env)
            done.touch()

    def _serve(self, application: str, env: Mapping[str, str]) -> Site:
        port = next(each for each in range(self._next_port, 65_000) if ports.is_free(each))
        self._next_port = port + 1
        command = [PYTHON, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
        command += ["--no-control-socket", "--keep-alive", "30", *WEB]
        log = self._home / "logs" / f"web-{port}.log"
        web = process.spawn(command, env=env, log=log, cwd=ROOT, death_signal=signal.SIGTERM)
        self._stack.callback(process.stop, web, signal.SIGTERM, patience_s=5)
        if not process.wait_until(lambda: _listens(port, web), timeout_s=60):
            raise Failure(f"{application} did not start; its log {log} ends so:\n{process.tail(log)}")
        servers = (web, self._postgres.process, self._valkey.process)
        return Site(port, env, tuple(each.pid for each in servers if each is not None))


def _listens(port: int, web: "subprocess.Popen[bytes]") -> bool:
    time.sleep(0.2)
    return web.poll() is None and not ports.is_free(port)


@contextmanager
def stage(*, keep: bool) -> Iterator[Stage]:
    """Start PostgreSQL and Valkey. With ``keep`` the filled databases stay for the next run."""
    home = state_directory() / "bench"
    (home / "logs").mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)  # the database server may have to run as somebody else
    lock = Lock(home / "lock")
    if not lock.take():
        raise Failure("Another measurement is running.")
    postgres = Postgres(home / "pg", log=home / "logs" / "postgres.log", settings=SETTINGS)
    valkey = Valkey(home / "vk", log=home / "logs" / "valkey.log", keep=False)
    with ExitStack() as stack:
        stack.callback(lock.release)
        if not keep:
            stack.callback(shutil.rmtree, home)
            stack.callback(lambda: shutil.rmtree(postgres.data, ignore_errors=True))  # may lie elsewhere
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        postgres.start()
        valkey.start()
        yield Stage(home, postgres, valkey, stack)
