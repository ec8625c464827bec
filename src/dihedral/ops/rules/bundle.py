"""A configuration as one canonical piece of bytes, so that equal files have an equal digest.

Shape   MessagePack map from path to content, paths in order.
"""

from collections.abc import Mapping

import msgspec

from dihedral.domain.errors import Invalid


def encode(files: Mapping[str, bytes]) -> bytes:
    return msgspec.msgpack.encode(dict(sorted(files.items())))


def decode(data: bytes) -> dict[str, bytes]:
    """Raises Invalid for anything that `encode` did not make."""
    try:
        return msgspec.msgpack.decode(data, type=dict[str, bytes])
    except msgspec.DecodeError as cause:
        raise Invalid("this is not a stored configuration") from cause
