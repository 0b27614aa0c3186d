"""PostgreSQL and Redis for one command: the named ones, else private ones that end with it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devtools import environment, postgres, redis
from devtools.environment import SetupError

LONGEST_TEMPORARY_FOLDER = 60


def required_files(*files: str) -> tuple[str, ...]:
    """Requirement files for a command: the embedded servers' too, unless both are named."""
    named = "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ
    return files if named else (*files, "requirements-embedded.txt")


@contextmanager
def running(data: Path | None) -> Iterator[dict[str, str]]:
    """Yield the environment variables that lead to the servers, as settings.py reads them.

    ``data`` keeps the database; None means a database for tests, thrown away in the end.
    DATABASE_OWNER_URL migrates; DATABASE_URL is the application's role, without owner's rights.
    """
    work = temporary_folder()
    try:
        with ExitStack() as stack:
            found = _named_database() or _private_database(stack, work, data)
            found["REDIS_URL"] = os.environ.get("REDIS_URL") or stack.enter_context(
                redis.running(work)
            )
            yield found
    finally:
        shutil.rmtree(work, ignore_errors=True)


def temporary_folder() -> Path:
    """A short folder that the unprivileged account of PostgreSQL may walk through."""
    parent = tempfile.gettempdir()
    if len(parent) > LONGEST_TEMPORARY_FOLDER:
        parent = "/tmp"  # noqa: S108 - a socket's path has at most 107 bytes
    work = Path(tempfile.mkdtemp(prefix="gpm-", dir=parent))
    work.chmod(0o711)
    return work


def _private_database(stack: ExitStack, work: Path, data: Path | None) -> dict[str, str]:
    server = stack.enter_context(
        postgres.running(data or work / "data", work, durable=data is not None)
    )
    return {
        "DATABASE_OWNER_URL": server.url(postgres.OWNER),
        "DATABASE_URL": server.url(postgres.APP),
        "DATABASE_APP_ROLE": postgres.APP,
    }


def _named_database() -> dict[str, str] | None:
    url = os.environ.get("DATABASE_URL")
    if not url:
        return None
    owner, role = os.environ.get("DATABASE_OWNER_URL"), os.environ.get("DATABASE_APP_ROLE")
    if owner and role:
        return {"DATABASE_OWNER_URL": owner, "DATABASE_URL": url, "DATABASE_APP_ROLE": role}
    # One login only: it owns the tables, and a plain role beside it runs the application.
    script = Path(__file__).with_name("app_role.py")
    done = subprocess.run(
        [environment.PYTHON, script, url], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupError(
            "DATABASE_URL names a login that migrates, but no role for the application could be "
            f"made beside it: {done.stderr.strip().splitlines()[-1]}\n"
            "Name both: DATABASE_OWNER_URL (migrates), DATABASE_URL and DATABASE_APP_ROLE."
        )
    role, application_url = done.stdout.split()
    return {
        "DATABASE_OWNER_URL": url,
        "DATABASE_URL": application_url,
        "DATABASE_APP_ROLE": role,
    }
