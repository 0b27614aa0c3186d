"""A doorbell for each process of a parallel run: a plugin, so that it comes before the settings.

`-p tests.lanes`. Each process makes a database of its own; without this, the worker of one would
hear what the tests of another ring.
"""

import os
from urllib.parse import urlsplit, urlunsplit


def _of_its_own(url: str, number: int) -> str:
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


# "gw0", "gw1", ...; the process that only hands out tests has none.
if lane := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["REDIS_URL"] = _of_its_own(os.environ["REDIS_URL"], int(lane.removeprefix("gw")) + 1)
