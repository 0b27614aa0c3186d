"""Each measurement in a fresh process: nobody inherits another's memory, caches or fate."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.benchmarks.instances import WORKERS, Instance, Measurement

POLL_SECONDS = 0.25


def measured(instance: Instance, solver: str, seed: int, limit_s: float) -> Measurement:
    """What a run told before it ended, in whatever way; ``note`` says how where it is not well."""
    with tempfile.TemporaryDirectory(prefix="gpm-bench-") as folder:
        told, log = Path(folder, "facts"), Path(folder, "log")
        told.touch()
        words = ["-m", "tests.benchmarks.measure", instance.name, solver, "--json", str(told)]
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, *words, "--seed", str(seed)],
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                shared_mib = _watch(process, told, time.monotonic() + limit_s, solver)
            finally:
                stopped = _end(process)
        facts = _facts(told)
        ending = f"not done after {limit_s:.0f} s" if stopped else _ending(process.returncode, log)
        facts["note"] = "; ".join(filter(None, (facts.get("note", ""), ending)))
    # The measured process sees its own memory only; workers beside it count as well.
    for name in ("peak_mib", "highest_mib"):
        if name in facts:
            facts[name] = max(facts[name], shared_mib)
    return Measurement(instance=instance.name, solver=solver, **facts)


def _watch(process: "subprocess.Popen[bytes]", told: Path, end: float, solver: str) -> float:
    """Waits until it ends, or time is up; the most MiB that several processes had at once."""
    most = 0.0
    while process.poll() is None and time.monotonic() < end:
        if WORKERS.get(solver, 1) > 1:
            facts = _facts(told)
            if "before_mib" in facts and "wall_s" not in facts:
                most = max(most, sum(map(_proportional_mib, _session(process.pid))))
        time.sleep(POLL_SECONDS)
    return most


def _end(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it had to be stopped; workers, in the session of its own that it leads, end too."""
    running = process.poll() is None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def _ending(status: int, log: Path) -> str:
    if status == 0:
        return ""
    if status == -signal.SIGKILL:
        return "killed, most likely for want of memory"
    lines = log.read_text(errors="replace").strip().splitlines()
    return f"failed with {status}: " + (lines[-1] if lines else "no word")


def _facts(told: Path) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for line in told.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            facts |= json.loads(line)
    return facts


def _session(leader: int) -> Iterator[int]:
    """All processes of a session."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                of = os.getsid(int(folder.name))
            except ProcessLookupError:
                continue
            if of == leader:
                yield int(folder.name)


def _proportional_mib(process: int) -> float:
    """Its memory, of shared pages its share only; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0
    found = [line.split()[1] for line in lines if line.startswith("Pss:")]
    return int(found[0]) / 1024 if found else 0.0
