"""Kernels: plain loops over NumPy arrays that Numba compiles on first use and keeps on disk.

What runs compiled is the same text that runs plain: with ``NUMBA_DISABLE_JIT=1`` every kernel is an
ordinary Python function, the reference that the tests compare with and measure coverage on.
Kernels release the GIL, so parts of the market are solved in threads side by side.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.extending import register_jitable

Kernel = TypeVar("Kernel", bound=Callable[..., object])
SOURCES = Path(__file__).parent


def cache_folder() -> Path | None:
    """Where machine code is kept: beside Python's own, else in the user's cache; None: nowhere.

    Numba renews a kernel when its own file changes, not when a kernel does that it calls from
    another file: so each state of the sources has a folder of its own.
    """
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(str(SOURCES).encode())
    for base in (SOURCES / "__pycache__", Path("~/.cache/green-premium-marketplace")):
        try:
            folder = base.expanduser() / f"kernels-{digest.hexdigest()[:16]}"
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, RuntimeError):  # not writable, or no home at all
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


FOLDER = cache_folder()
config: Any = numba.config
config.CACHE_DIR = config.CACHE_DIR or str(FOLDER or "")


def kernel(function: Kernel) -> Kernel:
    """Compile a function; without a folder to keep the machine code in, anew in each process."""
    return cast(Kernel, numba.njit(cache=FOLDER is not None, nogil=True)(function))


def shared(function: Kernel) -> Kernel:
    """A function for kernels, woven into their loops, and for plain Python over whole arrays."""
    both: Kernel = register_jitable(inline="always")(function)
    return both


def pending() -> bool:
    """Whether the first market will wait for the compiler, some ten seconds."""
    kept = Path(config.CACHE_DIR).rglob("*.nbi") if config.CACHE_DIR else iter(())
    return not (config.DISABLE_JIT or any(kept))
