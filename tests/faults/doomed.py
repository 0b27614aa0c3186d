"""A worker or web server that kills itself, and its whole process group, at a named moment.

    DOOM=round:17 python -m tests.faults.doomed celery -A marketplace worker ...

The moments of a round are counted: each SQL statement, both sides of each commit, the engine's
beginning, middle and end. ``round:0`` only counts and writes the names of the moments to
DOOM_MOMENTS. ``bell`` dies between a commit and its doorbell, ``mail:ADDRESS`` in each sending of
mail to that address. Everything else is the program as it is.
"""

import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import django


def die() -> None:
    """SIGKILL to the group: worker, pool and all, as when a machine is lost."""
    os.killpg(0, signal.SIGKILL)
    time.sleep(60)


class Moments:
    """Counts the moments of a round in the thread that runs it; dies at the wanted one."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen, self.thread = wanted, 0, 0
        self.log = os.environ.get("DOOM_MOMENTS")

    def pass_(self, name: str) -> None:
        if threading.get_ident() != self.thread:
            return
        self.seen += 1
        if self.log:
            with Path(self.log).open("a") as sink:
                sink.write(f"{self.seen} {name}\n")
        if self.seen == self.wanted:
            die()

    def around(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(step)
        def passed(*args: Any, **kwargs: Any) -> Any:
            self.pass_(f"before {name}")
            found = step(*args, **kwargs)
            self.pass_(f"after {name}")
            return found

        return passed


def doom_round(wanted: int) -> None:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

    from matching import engine, publish, services

    moments = Moments(wanted)
    run, execute = services.run, CursorWrapper.execute

    @wraps(run)
    def counted(held: Any, *, clock: Any) -> Any:
        moments.seen, moments.thread = 0, threading.get_ident()
        moments.pass_("claimed")
        try:
            return run(held, clock=clock)
        finally:
            moments.pass_("finished")
            moments.thread = 0

    @wraps(execute)
    def executed(self: Any, sql: Any, params: Any = None) -> Any:
        moments.pass_(f"statement {str(sql)[:60]!r}")
        return execute(self, sql, params)

    def halfway(*args: Any, **kwargs: Any) -> Any:
        """The engine at work in this thread; the moment comes from beside it."""
        moments.pass_("before solve")
        if moments.seen + 1 == moments.wanted:
            threading.Timer(0.001, die).start()
        found = solve(*args, **kwargs)
        moments.pass_("in the middle of solve")
        return found

    solve = engine.solve
    services.run = counted
    CursorWrapper.execute = executed  # type: ignore[method-assign]
    BaseDatabaseWrapper._commit = moments.around("commit", BaseDatabaseWrapper._commit)  # type: ignore[attr-defined]
    engine.solve = halfway
    engine.verify = moments.around("verify", engine.verify)
    publish.store = moments.around("store", publish.store)
    # Several transactions for a handful of proposals.
    publish.MAX_PROPOSALS = 2


def doom_bell() -> None:
    from marketplace.services import outbox

    outbox.ring = lambda task, row_id: die()


def doom_mail(address: str) -> None:
    from django.core.mail import EmailMessage

    send = EmailMessage.send

    @wraps(send)
    def sent(self: Any, fail_silently: bool = False) -> int:
        if address in self.to:
            die()
        return send(self, fail_silently)

    EmailMessage.send = sent  # type: ignore[method-assign, assignment]


def main() -> None:
    what, _colon, moment = os.environ["DOOM"].partition(":")
    django.setup()
    if what == "round":
        doom_round(int(moment))
    elif what == "bell":
        doom_bell()
    elif what == "mail":
        doom_mail(moment)
    else:
        sys.exit(f"There is no doom {what!r}.")
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
