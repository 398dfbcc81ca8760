"""Importing a library without what it would like to have and we have no use for, and every process would hold."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from warnings import catch_warnings, simplefilter


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """For as long as the block lasts, importing these fails as if they were not installed; afterwards all is as before.

    Warnings that something is missing are not shown.
    Python promises that of an entry of None: https://docs.python.org/3/reference/import.html#the-module-cache
    """
    known = {name: sys.modules[name] for name in modules if name in sys.modules}
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]
    try:
        with catch_warnings():
            simplefilter("ignore")
            yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(known)
