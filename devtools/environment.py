"""The virtual environment: made once, renewed when a requirements file or the Python changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class SetupError(Exception):
    """The set-up cannot go on; the message says why and what would help."""


def ensure(*requirement_files: str) -> Path:
    """Install the named requirement files into .venv unless they are there; return its Python."""
    stamp = VENV / f".stamp-{'-'.join(Path(name).stem for name in requirement_files)}"
    wanted = _fingerprint(requirement_files)
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return PYTHON
    print("Installing what the project needs into .venv ...", flush=True)
    _create()
    _install(requirement_files)
    stamp.write_text(wanted)
    return PYTHON


def _fingerprint(requirement_files: tuple[str, ...]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(ROOT.glob("requirements*.txt")):
        digest.update(path.read_bytes())
    digest.update("|".join(requirement_files).encode())
    return digest.hexdigest()


def _create() -> None:
    if PYTHON.exists():
        return
    if shutil.which("uv"):
        _run(["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)], "create .venv")
        return
    if _succeeds([sys.executable, "-m", "venv", str(VENV)]):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    # Debian without python3-venv has no ensurepip, but its own pip can fill a bare environment.
    _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], "create .venv")


def _install(requirement_files: tuple[str, ...]) -> None:
    wanted = [part for name in requirement_files for part in ("-r", str(ROOT / name))]
    quiet = ["--quiet", "--disable-pip-version-check"]
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--quiet", "--python", str(PYTHON), *wanted]
    elif _succeeds([str(PYTHON), "-m", "pip", "--version"]):
        command = [str(PYTHON), "-m", "pip", "install", *quiet, *wanted]
    elif _succeeds([sys.executable, "-m", "pip", "--version"]):
        command = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", *quiet, *wanted]
    else:
        raise SetupError(
            "Neither uv nor pip was found. Install one of them, for example with "
            "`apt-get install python3-venv`, and try again."
        )
    _run(command, "install the requirements")


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=_clean_environment()
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise SetupError(f"Could not {what}: `{' '.join(command)}` said\n{tail}")


def _clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
