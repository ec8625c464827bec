"""Passwords, hashed and held against their hashes. Slow and large by intent, so few at once.

Source  RFC 9106 §4, the second recommended option (argon2id, 3 passes, 64 MiB, 4 lanes), which is
        the library's own choice. NIST SP 800-63B-4 §3.1.1.2 for NFKC: one keyboard's `é` is not
        the other's.
"""

import unicodedata
from dataclasses import dataclass, field
from functools import cache

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2  # a quarter of a second of a core and 64 MiB each


@dataclass(frozen=True, slots=True)
class Passwords:
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))

    async def hash(self, password: str) -> str:
        return await to_thread.run_sync(self.hasher.hash, _one(password), limiter=self.limiter)

    async def fits(self, hash: str | None, password: str) -> bool:
        """Whether it is the password of a hash. Without one it never is, and takes as long."""
        return await to_thread.run_sync(self._fits, hash, password, limiter=self.limiter)

    def old(self, hash: str) -> bool:
        """Whether it was made with less effort than is made now."""
        return self.hasher.check_needs_rehash(hash)

    def _fits(self, hash: str | None, password: str) -> bool:
        try:
            fits = self.hasher.verify(hash or _nobodys(self.hasher), _one(password))
        except (VerificationError, InvalidHashError):
            return False
        return fits and hash is not None


def _one(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """A hash of the same cost, of a password that nobody typed."""
    return hasher.hash("\0")
