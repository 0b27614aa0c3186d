#!/usr/bin/env python3
"""One way in for developers: `python3 dev.py` lists the commands. Needs nothing but Python."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader may have an older one
    sys.exit("Python 3.11 or newer is needed; this is %d.%d." % sys.version_info[:2])  # noqa: UP031

from devtools.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
