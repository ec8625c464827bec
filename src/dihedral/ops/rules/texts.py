"""What is wrong with a file by its text alone: what cannot be seen, secrets, dangerous letters."""

import bisect
import re
from collections.abc import Iterable, Iterator, Mapping

from dihedral.domain.verdict import Ruling
from dihedral.ops.rules import blocks, confusable, hcl, lexical, paths, plaintext, reach, syntax
from dihedral.ops.rules.blocks import Place
from dihedral.ops.rules.grants import GuardRules
from dihedral.ops.rules.hcl import Reader, Source
from dihedral.ops.rules.paths import Note

_TEXT = (".tf", ".tofu", ".json", ".tfvars", ".hcl", ".tftpl", ".tpl", ".md", ".yaml", ".yml")
_SECRET = "make it invalid, and pass a new one as a sensitive variable"  # noqa: S105
_UNSEEN = "take it out: it can hide what a plan or a page says"
_WORDS = "take it out, or write it in other words"
_MANY = 20  # findings of one kind in one file


class Lines:
    """From a place in a text to its line, for many places."""

    def __init__(self, text: str) -> None:
        self._ends = [met.start() for met in re.finditer("\n", text)]

    def at(self, place: int) -> int:
        return bisect.bisect_left(self._ends, place) + 1


def judge(path: str, text: bytes, *, configures: bool) -> Iterator[Note]:
    """Any file, whatever the others say. What is no text is looked through for keys only."""
    try:
        words = text.decode()
    except UnicodeDecodeError as cause:
        if path.endswith(_TEXT):
            at = lexical.line_at(text, cause.start)
            yield Note(path, at, "this is not UTF-8 text", "save the file as UTF-8")
        elif next(plaintext.by_form(text.decode("ascii", "replace")), None) is not None:
            yield Note(path, 0, "this has a credential in it", _SECRET)
        return
    if "\0" in words and not path.endswith(_TEXT):
        words = words.replace("\0", " ")
    lines = Lines(words)
    for at, code in _first(confusable.hostile(words)):
        mend = "take it out: it can hide what the file says"
        said = f"there is a control or invisible character ({code})"
        if code == "U+FEFF" and at == 0:
            said, mend = "there is a byte order mark (U+FEFF)", "save the file without it"
        yield Note(path, lines.at(at), said, mend)
    config = configures or path.endswith((".tfvars", ".hcl"))
    for at, code in _first(confusable.spelled(words)) if config else ():
        said = f"an escape makes a control or invisible character of it ({code})"
        yield Note(path, lines.at(at), said, _UNSEEN, Ruling.ASK)
    for at, what in _first(plaintext.found(words, config=config)):
        sure = config or not what.startswith(plaintext.NAMED)
        yield Note(path, lines.at(at), what, _SECRET, Ruling.DENY if sure else Ruling.ASK)


def _first(found: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Enough of them to know: to place each costs a walk through the text."""
    return [pair for pair, _ in zip(found, range(_MANY), strict=False)]


def letters(
    path: str, text: bytes, source: Source, reader: Reader, rules: GuardRules
) -> Iterator[Note]:
    """What the letters say and the reader may not see."""
    json = path.endswith(".json")
    seen = frozenset() if json else frozenset(call.at for call in source.calls)
    if not json:
        for line, name in _first(lexical.unseen_calls(text, seen)):
            said = f"this looks like a call of {name}(), and cannot be told from one for certain"
            yield Note(path, line, said, _WORDS)
    plain = lexical.unescaped(text)
    if plain != text:
        known = {call.name for call in source.calls}
        for line, name in _first(lexical.calls(plain)):
            if name not in known:
                said = f"this looks like a call of {name}(), written with escapes"
                yield Note(path, line, said, _WORDS)
    for version in {text, plain} if not json else ():
        for line, name in _first(lexical.blocks(version)):
            if not reach.granted(name, rules):
                yield Note(path, line, *reach.BANNED[name])
    yield from _names(path, text, reader, json=json)


def _names(path: str, text: bytes, reader: Reader, *, json: bool) -> Iterator[Note]:
    """Identifiers outside of quotes: an attribute, a reference, a local."""
    if text.isascii() or json:
        return
    for line, name in syntax.identifiers(text, reader):
        if why := confusable.deceives(name):
            yield Note(path, line, f"the name {name!r} {why}", "write it in one script")


def templates(
    files: Mapping[str, Source], given: Mapping[str, bytes], reader: Reader, rules: GuardRules
) -> Iterator[Note]:
    """The files that `templatefile` reads are programs as well."""
    used: set[str] = set()
    for path, source in files.items():
        for call in source.calls:
            said = call.paths[0] if call.name == "templatefile" and call.paths else None
            found = paths.inside(said, path, rules.root) if said else None
            used |= {found} if found and found in given else set()
    for path in sorted(used):
        try:
            calls = hcl.template(given[path].decode(), reader)
        except (hcl.Unreadable, UnicodeDecodeError, RecursionError) as cause:
            line = cause.line if isinstance(cause, hcl.Unreadable) else 1
            yield Note(path, line, "this cannot be read as a template", "mend its syntax")
            continue
        place = Place(path, rules, given.keys(), given)
        for call in calls:
            yield from _in_template(place, call)


def _in_template(place: Place, call: hcl.Call) -> Iterator[Note]:
    """There is no `path.module` in a template; a path is taken from the root."""
    if call.name == "templatefile":
        said = "a template that reads another cannot be told from one that never ends"
        yield Note(place.path, call.line, said, "put both into one")
    else:
        yield from blocks.file_call(place, call)
