"""The provider that plays a file, and the file."""

from pathlib import Path

import pytest

from dihedral.domain.conversation import Message, Result, Speaker
from dihedral.domain.errors import Invalid
from dihedral.domain.model import Usage, Wire
from dihedral.model.work.providers import scriptfile
from dihedral.model.work.providers.faults import Busy, Down, Garbled, Refused
from dihedral.model.work.providers.provider import Answer, Delta
from dihedral.model.work.providers.scripted import Scripted
from tests.wire.endpoints import endpoint, person, question

pytestmark = pytest.mark.anyio

HEAD = "apiVersion: dihedral/v1\nkind: Script\nspec:\n  rules:\n"
TALK = f"""{HEAD}
  - model: large
    last: bucket
    say:
      - text: I hand it on.
        calls: [{{tool: delegate, arguments: {{agent: infrastructure, task: a bucket}}}}]
        usage: {{input: 900, output: 30, cached: 800}}
  - model: large
    tool: delegate
    take: {{run: 'run-\\w+', cost: 'costs ([\\d.]+)'}}
    say: $run waits for you; it costs $cost USD a month. Owed $$1.
  - last: busy
    say: {{text: now I do, trip: {{trouble: busy, retry_after: '3', times: 1}}}}
  - last: '^(hang|cut|down|garbled)$'
    say: {{text: some words, trip: {{trouble: hang, after: 1}}}}
  - last: 你好
    say: 你好！要我做什么？
"""


class Played:
    def __init__(self, path: Path) -> None:
        self.path, self.provider = path, Scripted()
        self.heard: list[Delta] = []

    async def __call__(self, *said: Message, model: str = "large", timeout: float = 5) -> Answer:
        at = endpoint(Wire.SCRIPTED, str(self.path), model)
        asked = question(*said, timeout=timeout)
        return await self.provider.ask(at, None, asked, self.heard.append)


@pytest.fixture
def played(tmp_path: Path) -> Played:
    path = tmp_path / "script.yaml"
    path.write_text(TALK, "utf-8")
    return Played(path)


async def test_it_says_what_fits_and_takes_words_from_what_it_was_told(played: Played) -> None:
    begun = person("a bucket please")
    first = await played(begun)
    (call,) = first.message.calls
    assert (call.tool, first.finish) == ("delegate", "tools")
    assert first.usage == Usage(input=900, output=30, cached=800)
    told = Result(call.id, "delegate", "run-7 is proposed and costs 1.20 a month")
    second = await played(begun, first.message, Message(Speaker.TOOL, (told,)))
    assert second.message.text == "run-7 waits for you; it costs 1.20 USD a month. Owed $1."
    assert "".join(d.text for d in played.heard if d.kind == "text").endswith("Owed $1.")


async def test_any_language(played: Played) -> None:
    assert (await played(person("你好"))).message.text == "你好！要我做什么？"


async def test_what_has_no_line_says_so(played: Played) -> None:
    assert "no line for: what" in (await played(person("what"))).message.text


async def test_it_trips_as_often_as_the_script_says(played: Played) -> None:
    with pytest.raises(Busy) as raised:
        await played(person("busy"))
    assert raised.value.retry_after == 3
    assert (await played(person("busy"))).message.text == "now I do"


@pytest.mark.parametrize(
    ("trouble", "fault"), [("hang", Down), ("cut", Down), ("down", Down), ("garbled", Garbled)]
)
async def test_it_fails_as_others_do(played: Played, trouble: str, fault: type[Exception]) -> None:
    played.path.write_text(TALK.replace("trouble: hang", f"trouble: {trouble}"), "utf-8")
    with pytest.raises(fault):
        await played(person(trouble), timeout=0.1)
    assert [d.text for d in played.heard] == ["some words"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "no YAML in line"),
        ("a: &x [1]\nb: [*x, *x]", "no YAML in line 2"),
        ("kind: Script", "does not begin with apiVersion"),
        (HEAD, "no list spec.rules"),
        (f"{HEAD}  - lost: x\n    say: y", r"rules\[0\] has 1 unknown keys"),
        (f"{HEAD}  - say: {{txt: y}}", r"rules\[0\].say\[0\] has 1 unknown"),
        (f"{HEAD}  - say: {{text: 3}}", "Expected `str`, got `int`"),
        (f"{HEAD}  - say: []", "say is empty"),
        (f"{HEAD}  - last: x", "is not a mapping|Expected|say"),
        (f"{HEAD}  - last: '('\n    say: x", "regular expression"),
        (f"{HEAD}  - say: {{trip: {{trouble: flood}}}}", "flood"),
    ],
)
def test_a_slip_in_the_file_is_told_by_its_place(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        scriptfile.parse(text.encode())


def test_the_script_in_the_documents_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    shown = page.partition("```yaml\n")[2].partition("```")[0]
    assert len(scriptfile.parse(shown.encode()).rules) == 3


async def test_a_file_that_is_none_is_refused_without_its_content(tmp_path: Path) -> None:
    secret = tmp_path / "passwd"
    secret.write_text("root: [x: hunter2")
    for path in (secret, tmp_path / "none", tmp_path):
        with pytest.raises(Refused) as raised:
            await Played(path)(person("hello"))
        assert "hunter2" not in str(raised.value)
