"""Texts of the sources -> the Chinese catalogue: django.po for translators, django.mo for pages."""

import shutil
import subprocess
from pathlib import Path

from devtools.environment import PYTHON, ROOT, SetupError

LANGUAGE = "zh_Hans"
CATALOGUE = Path("marketplace", "locale", LANGUAGE, "LC_MESSAGES", "django.po")
OUTSIDE = ("tests", "devtools", "docs", "media", "staticfiles")
EXTRACT: list[object] = [
    *(PYTHON, "manage.py", "makemessages", f"--locale={LANGUAGE}"),
    *("--no-obsolete", "--no-wrap", "--add-location=file"),
    *(f"--ignore={name}" for name in OUTSIDE),
]


def renew(root: Path = ROOT) -> int:
    """Take in new texts, drop those that are gone, compile; say what waits for a translation."""
    if shutil.which("xgettext") is None:
        raise SetupError("GNU gettext is needed: for example `apt-get install gettext`.")
    extract(root)
    compiled = CATALOGUE.with_suffix(".mo")
    command = ["msgfmt", "--check", "--statistics", f"--output-file={compiled}", CATALOGUE]
    return subprocess.run([str(part) for part in command], cwd=root, check=False).returncode


def extract(root: Path) -> None:
    """Bring the catalogue of the sources in ``root`` up to date with them."""
    done = subprocess.run(
        [str(part) for part in EXTRACT], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError(f"Could not take in the texts:\n{done.stdout}{done.stderr}")
