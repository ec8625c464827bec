"""What makes a password, and when a session or a token is over. Pure; `now` is given.

Source  NIST SP 800-63B-4 §3.1.1.2 for passwords (length, and no rule of composition or of age);
        OWASP Session Management for the two ends of a session and its rotation.
"""

from datetime import datetime, timedelta

from dihedral.domain.errors import Invalid
from dihedral.domain.person import ApiToken, Session

SHORTEST, LONGEST = 12, 256  # characters of a password
IDLE, LIFE = timedelta(hours=12), timedelta(days=7)  # of a session
ROTATION, GRACE = timedelta(hours=1), timedelta(minutes=1)  # of its secret
TOKEN_DAYS, TOKEN_MOST = 90, 365
INVITED = timedelta(days=1)
CODE = timedelta(minutes=2)  # from the browser to the command that waits


def demand_password(password: str, *names: str) -> None:
    """Raises Invalid, saying what would do. `names` are the person's own."""
    if len(password) < SHORTEST:
        raise Invalid(f"a password has at least {SHORTEST} characters; take a sentence")
    if len(password) > LONGEST:
        raise Invalid(f"a password has at most {LONGEST} characters")
    bare = _bare(password)
    if bare and any(bare == _bare(name) for name in names):
        raise Invalid("the password is your name, which everybody knows; take another")


def session_over(session: Session, now: datetime) -> str:
    """Why a session lets nobody in; empty where it does."""
    if session.revoked_at:
        return "was ended"
    if session.expires_at <= now:
        return "is over"
    return "was idle for too long" if session.seen_at + IDLE <= now else ""


def token_over(token: ApiToken, now: datetime) -> str:
    """Why a token lets nobody in; empty where it does."""
    if token.revoked_at:
        return "was revoked"
    return f"expired at {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at <= now else ""


def token_end(now: datetime, days: int, most: datetime | None = None) -> datetime:
    """When a new token expires; `most` is when that expires which makes it. Raises Invalid."""
    if not 1 <= days <= TOKEN_MOST:
        raise Invalid(f"a token lives from 1 to {TOKEN_MOST} days, not {days}")
    end = now + timedelta(days=days)
    return min(end, most) if most else end


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
