"""Talks that take a way round: several wishes at once, a question back, mended tries, no money."""

import json
import re
from decimal import Decimal

from dihedral.domain.conversation import Message, Result
from tests.talks.house import APPLIED, WAITING, House, use
from tests.talks.plays import (
    AWS,
    BRIEF_WORDS,
    LOCK,
    called,
    cast,
    drafter,
    run,
    shown,
    supervisor,
    tool,
    words,
)
from tests.wire.script import Asked, Say, Use

THREE = (
    "Hello, three things: a queue called parcels for team-shop, a topic named alarms for team-ops,"
    " and could you also teleport our mainframe to the moon?"
)
PARTS = (
    "a queue called parcels, owner team-shop",
    "a topic named alarms, owner team-ops",
    "teleport our mainframe to the moon",
)

DOOR = """\
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "door" {
  input = var.password
}
output "key" {
  value     = var.password
  sensitive = true
}
"""


def test_three_wishes_in_one_message_end_each_as_it_should(ours: House) -> None:
    def large(asked: Asked) -> Say:
        match tool(asked):
            case "":
                calls = tuple(Use(tool="ask_reflex", arguments={"text": part}) for part in PARTS)
                return Say(calls=calls)
            case "ask_reflex":
                queue, topic, moon = (one.text for one in asked.results)
                assert "blueprint queue" in queue and "blueprint topic" in topic
                assert moon.startswith("Not sure")
                return Say(calls=(
                    _fill("queue", "parcels", "team-shop"),
                    _fill("topic", "alarms", "team-ops"),
                    Use(tool="delegate", arguments={"agent": "infrastructure", "brief": PARTS[2]}),
                ))  # fmt: skip
            case "delegate":
                assert "no resource" in shown(asked)
                return use("propose", reason="A queue for team-shop and a topic for team-ops.")
            case "propose":
                return Say(
                    text=f"The queue and the topic wait as {run(asked)}. The mainframe: nothing was"
                    " proposed, there is no resource for that."
                )
        raise AssertionError(asked.last)

    def small(asked: Asked) -> Say:
        if tool(asked):
            return Say(text="There is no resource for that, so I propose nothing.")
        return use("find_resource_types", words="teleport mainframe moon")

    ours.plays(cast(large, small))
    talk = ours.say(THREE, "three")
    [proposed] = talk["turns"][-1]["runs"]
    assert proposed["status"] == WAITING
    assert proposed["id"] in talk["messages"][-1]["parts"][0]["text"]
    ours.approve(proposed["id"])
    held = {one.split(".")[1] for one in ours.get("workspaces", "three", "resources")["addresses"]}
    assert held == {"parcels", "alarms"}


def test_two_wishes_that_wait_in_one_workspace_are_both_applied_in_turn(ours: House) -> None:
    ours.plays(lambda _: Say(text="I do not know."))  # the reflex knows both
    talks = [ours.say(f"please set up {part}", "twice") for part in PARTS[:2]]
    queue, topic = (talk["turns"][-1]["runs"][0]["id"] for talk in talks)
    assert ours.run(queue, WAITING) and ours.run(topic, WAITING)
    ours.approve(queue)
    ours.post("runs", topic, "replan")
    assert ours.run(topic, WAITING)
    ours.approve(topic)
    held = {one.split(".")[1] for one in ours.get("workspaces", "twice", "resources")["addresses"]}
    assert held == {"parcels", "alarms"}


def test_a_talk_that_outgrows_its_model_goes_on_with_what_the_record_says(ours: House) -> None:
    def play(asked: Asked) -> Say:
        if "left out here" in asked.messages[0].text and not asked.results:
            return Say(text=f"Short enough. {asked.messages[0].text.partition('Runs that')[2]}")
        if tool(asked) == "read_run":
            return Say(text=f"It is so. {'And so on. ' * 300}")
        return use("read_run", run=re.findall(r"run-\w+", words(asked))[-1])

    ours.plays(play, context=12_000, most=1_000)
    made = ours.say(f"please set up {PARTS[0]}", "outgrown")["turns"][-1]["runs"][0]["id"]
    talk = ours.say(f"why is the sky as blue as {made}?", "outgrown")["conversation"]["id"]
    for number in range(20):
        said = ours.say(f"And {number}: would the sky turn as blue as {made}?", talk=talk)
        if said["messages"][-1]["parts"][0]["text"].startswith("Short enough."):
            break
    last = said["messages"][-1]["parts"][0]["text"]
    assert f"as they are now: {made} in outgrown: policy_checked; 6 to create" in last
    assert max(len(body) for body in ours.bodies("large")) < 4 * 12_000
    turn = said["turns"][-1]["id"]
    wants = ours.get("conversations", talk, "turns", turn)["wants"]
    assert wants[-1]["numbers"]["compacted"]["left_out"] > 0
    assert len(said["messages"]) > len(ours.asked("large")[-1].messages)


def test_what_is_missing_is_asked_and_the_answer_taken(ours: House) -> None:
    def large(asked: Asked) -> Say:
        if tool(asked) == "" and "team" not in words(asked):
            return use("ask_reflex", text="a queue called returns")
        match tool(asked):
            case "ask_reflex":
                assert "Still to ask: owner" in shown(asked)
                return Say(text="Which team or person answers for the queue returns?")
            case "":
                assert any("Which team" in m.text for m in asked.messages)
                values = {"name": "returns", "owner": "team-shop"}
                return use("propose_blueprint", blueprint="queue", values=values, reason=asked.last)
            case _:
                return Say(text=f"Proposed as {run(asked)}; it waits for a person.")

    ours.plays(cast(large, _never))
    talk = ours.say("erm, that thing for the returns, you know, where they pile up?", "asks")
    assert talk["messages"][-1]["parts"][0]["text"].startswith("Which team")
    assert talk["turns"][-1]["runs"] == []
    name = talk["conversation"]["id"]
    talk = ours.say("oh sure, that is team-shop", talk=name)
    [proposed] = talk["turns"][-1]["runs"]
    assert proposed["status"] == WAITING and proposed["id"] in str(talk["messages"][-1])
    ours.approve(proposed["id"])
    assert ours.get("conversations", name)["turns"][-1]["runs"][0]["status"] == APPLIED


def test_a_draft_is_mended_after_terraform_after_the_guard_and_after_a_policy(ours: House) -> None:
    bucket = 'resource "aws_s3_bucket" "drop" {\n  bucket = "dropbox-of-ada"\n}\n\n'
    wrong = f"{AWS}{bucket.replace('bucket =', 'buckett =')}"
    forbidden = (
        f'{AWS}{bucket}resource "terraform_data" "x" {{\n  provisioner "local-exec" {{\n'
        '    command = "aws s3 ls"\n  }\n}\n'
    )
    public = (
        f'{AWS}{bucket}resource "aws_s3_bucket_acl" "drop" {{\n'
        '  bucket = aws_s3_bucket.drop.id\n  acl    = "public-read"\n}\n'
    )
    closed = (
        f'{AWS}{bucket}resource "aws_s3_bucket_public_access_block" "drop" {{\n'
        "  bucket                  = aws_s3_bucket.drop.id\n  block_public_acls       = true\n"
        "  block_public_policy     = true\n  ignore_public_acls      = true\n"
        "  restrict_public_buckets = true\n}\n"
    )
    small = drafter(wrong, forbidden, public, closed, kind="aws_s3_bucket")
    ours.plays(cast(supervisor(BRIEF_WORDS, lambda asked: f"It is {run(asked)}."), small))
    talk = ours.say("that drop place, you know, for the thing, as before??", "mends")
    turn = talk["turns"][-1]
    assert turn["outcome"] == "answered", turn
    asked = ours.asked("small")
    tries = [part for part in called(asked) if part in ("validate_draft", "plan_draft", "propose")]
    assert tries == [
        "validate_draft", "validate_draft", "validate_draft", "plan_draft",
        "validate_draft", "plan_draft", "propose",
    ]  # fmt: skip
    told = [r.text for one in asked[-1].messages for r in _results(one) if "_draft" in r.tool]
    assert any("main.tf:6" in one and "buckett" in one for one in told)
    assert any("DENY by guard: main.tf:" in one for one in told), told
    assert any("DENY by policy: DH-AWS-S3-001" in one for one in told)
    assert max(map(len, told)) < 6_000

    # each try is in the record of the conversation, for whoever looks
    work = ours.get("conversations", talk["conversation"]["id"], "turns", turn["id"])
    [below] = work["handed"]
    kept = ours.get("conversations", below["id"])
    parts = [part for message in kept["messages"] for part in message["parts"]]
    drafts = [part["text"] for part in parts if part["kind"] == "call" and "files" in part["text"]]
    assert [("buckett" in one, "local-exec" in one, "public-read" in one) for one in drafts] == [
        (True, False, False), (False, True, False), (False, False, True), (False, False, False),
    ]  # fmt: skip
    assert len([part for part in parts if "not valid" in part["text"]]) == 2
    assert [one["status"] for one in turn["runs"]] == [WAITING]


def test_money_runs_out_somebody_lifts_it_and_the_talk_goes_on_where_it_was(ours: House) -> None:
    ours.plays(cast(supervisor(BRIEF_WORDS, lambda asked: f"It is {run(asked)}."), drafter(LOCK)))
    ours.do("budget", "set", "conversation", "--money", "0.025").check_returncode()
    try:
        talk = ours.say("the usual for the night thing, please?!", "poor")
    finally:
        ours.do("budget", "set", "conversation", "--money", "2").check_returncode()
    found = talk["conversation"]
    assert found["standing"] == "paused", talk["turns"]
    assert "conversation" in found["why"] and "dihedral budget set" in found["why"]
    before = [body for body in ours.bodies("large") + ours.bodies("small")]
    ours.post("conversations", found["id"], "resume")
    talk = ours.rests(found["id"])
    assert talk["turns"][-1]["outcome"] == "answered", talk["turns"]
    after = ours.bodies("large") + ours.bodies("small")
    assert len(set(after)) == len(after), "nothing was asked twice"
    assert len(after) > len(before)
    assert Decimal(talk["turns"][-1]["numbers"]["cost"]["money"]) > Decimal("0.001")


def test_no_secret_is_shown_to_any_model(ours: House) -> None:
    secret = "hunter2-of-the-warehouse"
    room = ours.room("quiet")
    sets = ("workspace", "variable", "set", room, "password", secret, "--sensitive")
    ours.do(*sets).check_returncode()
    folder = ours.data / "quiet"
    folder.mkdir()
    (folder / "main.tf").write_text(DOOR)
    made = ours.do("plan", str(folder), "--workspace", room)
    assert made.returncode == 0, made.stderr
    proposed = ours.do("apply", str(folder), "--workspace", room, "--json")
    ours.approve(json.loads(proposed.stdout)["run"]["id"])

    second = DOOR + 'resource "terraform_data" "window" {\n  input = var.password\n}\n'
    small = drafter(second, kind="aws_s3_bucket")
    ours.plays(cast(supervisor(BRIEF_WORDS, lambda asked: f"It is {run(asked)}."), small))
    talk = ours.say("and the other thing, please, beside the door", room)
    assert talk["turns"][-1]["outcome"] == "answered", talk["turns"]
    every = b"".join(one.body for one in ours.server.received)
    assert b"terraform_data.door" in every and b"key" in every
    assert secret.encode() not in every


def _fill(blueprint: str, name: str, owner: str) -> Use:
    given = {"blueprint": blueprint, "values": {"name": name, "owner": owner}, "draft": True}
    return Use(tool="fill_blueprint", arguments=given)


def _never(asked: Asked) -> Say:
    raise AssertionError("the small model is not needed here")


def _results(message: Message) -> list[Result]:
    return [part for part in message.parts if isinstance(part, Result)]
