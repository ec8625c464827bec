"""What people say of a run, over HTTP; and sending it back for another change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from dihedral.control import edge
from dihedral.control.api import story
from dihedral.control.api.story import StoryShape
from dihedral.control.edge import Door
from dihedral.domain.comment import LONGEST, Comment
from dihedral.domain.ids import RunId, parse
from dihedral.domain.right import Action
from dihedral.ops.work import comments


class CommentAsked(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    comment: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentShape:
    """One that `sends_back` asked for another change in the run's place, and ended it."""

    id: str
    author: str
    text: str
    sends_back: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentList:
    items: list[CommentShape]


async def page(request: Request) -> CommentList:
    found = await comments.page(edge.ops(request), edge.actor(request), _id(request))
    return CommentList([shape(one) for one in found])


async def add(request: Request) -> CommentShape:
    asked = await edge.body(request, CommentAsked)
    made = await comments.add(edge.ops(request), edge.actor(request), _id(request), asked.comment)
    return shape(made)


async def send_back(request: Request) -> StoryShape:
    asked = await edge.body(request, CommentAsked)
    parts, actor, run = edge.ops(request), edge.actor(request), _id(request)
    await comments.send_back(parts, actor, run, asked.comment)
    return await story.seen(request, run)


def shape(comment: Comment) -> CommentShape:
    return CommentShape(
        id=comment.id,
        author=comment.author,
        text=comment.text,
        sends_back=comment.sends_back,
        at=comment.at,
    )


def _id(request: Request) -> RunId:
    return parse(RunId, request.path_params["run"])


_ALL = "/v1/runs/{run}/comments"
doors = (
    Door(
        method="GET",
        path=_ALL,
        handler=page,
        needs=Action.RUN_READ,
        summary="What was said of a run, the oldest first",
        gives=CommentList,
    ),
    Door(
        method="POST",
        path=_ALL,
        handler=add,
        needs=Action.RUN_COMMENT,
        summary="Say something of a run",
        takes=CommentAsked,
        gives=CommentShape,
        status=201,
    ),
    Door(
        method="POST",
        path="/v1/runs/{run}/send-back",
        handler=send_back,
        needs=Action.RUN_DISCARD,
        summary="Say no, and what is wanted in its place",
        takes=CommentAsked,
        gives=StoryShape,
    ),
)
