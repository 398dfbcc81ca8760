"""A library is imported without what it does not need, and nobody else notices."""

import sys
import warnings

import pytest

from lean import without


def test_what_is_left_out_cannot_be_imported_and_is_there_again_afterwards() -> None:
    import wave as known

    with without("wave", "never_heard_of"), pytest.raises(ImportError):
        import wave  # noqa: F401
    assert sys.modules["wave"] is known
    assert "never_heard_of" not in sys.modules


def test_what_is_left_out_is_there_again_after_an_error() -> None:
    sys.modules.pop("wave", None)
    with pytest.raises(ZeroDivisionError), without("wave"):
        _ = 1 / 0
    assert "wave" not in sys.modules


def test_a_library_that_warns_of_what_it_misses_is_not_heard() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with without("wave"):
            warnings.warn("there is no wave", stacklevel=1)
