"""Real races: functions at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable, Sequence

from django.db import connection

from marketplace.domain.errors import DomainError


def at_once(steps: Sequence[Callable[[], object]]) -> list[object]:
    """Run all steps at once; each answer is what the step returned, or its DomainError.

    Any other error is raised here, once all have ended.
    """
    barrier = threading.Barrier(len(steps))
    answers: list[object] = [None] * len(steps)
    faults: list[Exception] = []

    def run(index: int) -> None:
        barrier.wait()
        try:
            answers[index] = steps[index]()
        except DomainError as refused:
            answers[index] = refused
        except Exception as fault:  # noqa: BLE001 - raised again in the test's own thread
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(steps))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return answers
