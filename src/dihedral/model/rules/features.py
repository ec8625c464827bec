"""What the reflex sees of a text: hashed word and character n-grams, the same on every machine.

Words are hashed with crc32; the runs of two to five characters that begin at one place are hashed
together, by a matrix of odd numbers modulo 2^32. Never Python's own hash, which changes from one
process to the next. A script without spaces is cut character by character, so that its words of
one and two characters are seen as well.
"""

import re
import unicodedata
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BITS = 17
SIZE = 1 << BITS
LONGEST = 5  # characters; the shortest run is two

# a column for each length: the weight of the first, second, … character; digits of the square
# roots of 2, 3, 5, 7 and 11, made odd
_RUNS = np.array(
    [
        [0x6A09E667, 0xBB67AE85, 0x3C6EF373, 0xA54FF53B],
        [0x510E527F, 0x9B05688D, 0x1F83D9AB, 0x5BE0CD19],
        [0x00000000, 0xCBBB9D5D, 0x629A292B, 0x9159015B],
        [0x00000000, 0x00000000, 0x152FECD9, 0x67332667],
        [0x00000000, 0x00000000, 0x00000000, 0x8EB44A87],
    ],
    np.uint32,
)
_SPREAD = np.uint32(0x9E3779B1)  # 2^32 over the golden ratio: the top bits depend on all the others
_FOLD, _TOP = np.uint32(15), np.uint32(32 - BITS)
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana and Han: written without spaces
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")
_PAD = "\0" * (LONGEST - 1)


def plain(text: str) -> str:
    """The text as it is compared: width, case and spacing levelled, a space at each end."""
    return f" {' '.join(unicodedata.normalize('NFKC', text).casefold().split())} "


def grams(text: str) -> NDArray[np.intp]:
    """The buckets of a text's n-grams, ascending, each once. Shape (n,), n ≥ 1, all < SIZE."""
    level = plain(text)
    heard = _words(level)
    runs = len(level) * _RUNS.shape[1]
    found = np.empty(runs + len(heard), np.uint32)
    codes = (level + _PAD).encode("utf-32-le", "surrogatepass")
    windows: NDArray[np.uint32] = np.ndarray((len(level), LONGEST), "<u4", codes, 0, (4, 4))
    np.matmul(windows, _RUNS, out=found[:runs].reshape(-1, _RUNS.shape[1]))
    found[runs:] = heard
    found ^= found >> _FOLD
    found *= _SPREAD
    found >>= _TOP
    found.sort()
    fresh = np.empty(len(found), np.bool_)
    fresh[0] = True
    np.not_equal(found[1:], found[:-1], out=fresh[1:])
    return found[fresh].astype(np.intp)


def _words(level: str) -> list[int]:
    """Each word, and each pair of neighbours: the second hashed on top of the first."""
    codes = [word.encode("utf-8", "surrogatepass") for word in _WORD.findall(level)]
    hashes = [crc32(code) for code in codes]
    return hashes + [crc32(code, before) for code, before in zip(codes[1:], hashes, strict=False)]
