"""Recipients of a batch as bytes: eight for each."""

import sys
from array import array
from collections.abc import Sequence


def pack(ids: Sequence[int]) -> bytes:
    """Ids as little-endian 64-bit integers."""
    packed = array("q", ids)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(packed: bytes) -> "array[int]":
    """The ids again."""
    ids = array("q")
    ids.frombytes(packed)
    if sys.byteorder == "big":
        ids.byteswap()
    return ids
