"""What somebody says of a run."""

from dataclasses import dataclass
from datetime import datetime

from dihedral.domain.ids import ActorId, CommentId, RunId

LONGEST = 4000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One that `sends_back` asked for another change in the run's place, and ended it."""

    id: CommentId
    run: RunId
    author: ActorId
    text: str
    at: datetime
    sends_back: bool = False
