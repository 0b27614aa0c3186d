"""Processes that dev.py starts: each in a session of its own, none outlives dev.py."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from devtools.environment import SetupError

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 20


class Child:
    """A running process, its log, and the signal that ends it cleanly."""

    def __init__(
        self, name: str, command: Sequence[object], log: Path, *, ending: int, **options: Any
    ) -> None:
        self.name, self.log, self._ending = name, log, ending
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=die_with_parent(ending),
                **options,
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def died(self) -> SetupError:
        code = self.process.returncode
        return SetupError(
            f"{self.name} ended by itself (exit {code}). Its last words:\n{self.tail()}"
        )

    def stop(self) -> None:
        """End the process cleanly, its whole session when it does not listen."""
        if self.is_running:
            self.process.send_signal(self._ending)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def die_with_parent(ending: int) -> Callable[[], object] | None:
    """On Linux the kernel ends the child even when dev.py itself is killed."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(PR_SET_PDEATHSIG, ending)
