"""The compiled kernels give what their plain form gives, byte for byte, in a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from celery.signals import worker_init

from matching import engine
from matching.engine import compiled
from tests.benchmarks.markets import synthetic

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
from tests.unit.matching.engine.test_compiled import hashes
import numba
assert not numba.config.DISABLE_JIT
print("\\n".join(hashes()))
"""


def hashes() -> list[str]:
    """Results of random markets, the same ones in every process, half of them with portions."""
    found = []
    for seed in range(40):
        special = 0.1 * (seed % 2)
        market = synthetic(30, minimums=special, averages=special, seed=seed)
        result = engine.solve(market, workers=1 + seed % 2)
        duals = (result.lot_duals, result.highest_requirement_duals)
        reasons = engine.explain(market, result)
        found.append(f"{result.inputs_sha256} {result.result_sha256} {duals} {reasons}")
    return found


def test_compiled_and_plain_kernels_agree() -> None:
    """``dev.py test`` runs the kernels plain; this other process compiles them."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\n")[:-1] == hashes()


def test_machine_code_is_kept_by_the_state_of_all_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "SOURCES", tmp_path)
    (tmp_path / "one.py").write_text("1")
    first = compiled.cache_folder()
    assert first == compiled.cache_folder()
    (tmp_path / "other.py").write_text("2")
    assert compiled.cache_folder() != first


def test_without_a_place_to_keep_it_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "SOURCES", tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert compiled.cache_folder() is None
    shutil.rmtree(tmp_path / "__pycache__")
    (tmp_path / "__pycache__").write_text("a file, not a folder")
    monkeypatch.setenv("HOME", str(tmp_path / "__pycache__"))
    assert compiled.cache_folder() is None


def test_a_first_market_waits_where_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for disabled, folder, waits in (
        (False, "", True),
        (False, str(tmp_path), True),
        (True, "", False),
    ):
        monkeypatch.setattr(compiled.config, "CACHE_DIR", folder)
        monkeypatch.setattr(compiled.config, "DISABLE_JIT", disabled)
        assert compiled.pending() == waits
    (tmp_path / "kernel.nbi").touch()
    monkeypatch.setattr(compiled.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiled.config, "DISABLE_JIT", False)
    assert not compiled.pending()


def test_a_starting_worker_compiles_before_its_pool_forks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[bool] = []
    monkeypatch.setattr(engine, "warm_up", lambda: done.append(True))
    worker_init.send(sender=None)
    assert done == [True]


def test_warming_up_solves_and_explains_markets_that_need_every_kernel() -> None:
    engine.warm_up()
