"""Policy sets through the front door: from a directory, from Git, seen, loaded, removed."""

import subprocess
from pathlib import Path

import pytest

from dihedral.domain.right import Role
from dihedral.domain.run import Status
from dihedral.domain.verdict import Ruling, Verdict
from dihedral.ops.rules.terms import Terms
from dihedral.ops.store import runs
from dihedral.ops.work import pipeline, policysets, workspaces
from tests.actors import person
from tests.control.conftest import World, packed
from tests.control.logins import browser, known, told

pytestmark = pytest.mark.anyio
RULE = 'package main\nimport rego.v1\ndeny contains "no" if input.resource_changes\n'
FILES_OF = "/v1/policy-sets/ours/files"
FILES = {"a.rego": RULE.encode(), "policies.yaml": b"level: soft-mandatory\ndescription: ours\n"}


async def put(world: World, name: str, files: dict[str, bytes] | None = None, **query: str) -> int:
    given = FILES if files is None else files
    answer = await world.client().post(
        f"/v1/policy-sets/{name}",
        params=query,
        content=packed(given),
        headers={"content-type": "application/gzip"},
    )
    return answer.status_code


async def holding(world: World, name: str, *named: str) -> dict[str, str]:
    """The sets that hold in a workspace, and what is broken of each."""
    found = await workspaces.see(world.ops, person("ada"), name)
    async with world.ops.db.tx() as tx:
        terms = Terms(policies=named)
        sets = await policysets.holding(world.ops, tx, found.workspace.place, terms)
    return {one.name: one.broken for one in sets}


async def test_a_set_is_kept_listed_shown_and_removed(world: World) -> None:
    assert await put(world, "baseline", scope="global") == 201
    answer = (await world.client().get("/v1/policy-sets/baseline")).json()
    shown = answer["policy_set"]
    assert (shown["scope"], shown["level"], shown["description"], shown["set_by"]) == (
        "global", "soft-mandatory", "ours", "ada",
    )  # fmt: skip
    assert answer["files"] == ["a.rego", "policies.yaml"]
    listed = (await world.client().get("/v1/policy-sets")).json()["items"]
    assert "baseline" in [one["name"] for one in listed]
    assert (await world.client().delete("/v1/policy-sets/baseline")).status_code == 204
    assert (await world.client().get("/v1/policy-sets/baseline")).status_code == 404


async def test_other_files_are_another_version_and_the_same_are_none(world: World) -> None:
    changed = {"a.rego": RULE.replace("no", "never").encode()}
    for files in (FILES, FILES, changed):
        assert await put(world, "baseline", files) == 201
    whole = (await world.client().get("/v1/policy-sets/baseline")).json()
    assert len(whole["versions"]) == 2
    assert whole["versions"][0]["version"] == whole["policy_set"]["version"]


async def test_a_run_is_held_to_the_sets_of_all_of_its_workspace_and_those_named(
    world: World,
) -> None:
    for name in ("orders", "billing"):
        await world.workspace(name)
    await put(world, "for-all", scope="global")
    await put(world, "for-orders", scope="workspace", workspace="orders")
    await put(world, "by-name")
    assert [*await holding(world, "orders")] == ["for-all", "for-orders"]
    assert [*await holding(world, "billing", "by-name")] == ["by-name", "for-all"]


async def test_a_set_that_terms_name_and_nobody_set_is_broken(world: World) -> None:
    await world.workspace("orders")
    assert (await holding(world, "orders", "gone"))["gone"] == "there is no policy set 'gone'"


async def test_a_set_whose_files_were_changed_in_the_database_is_broken(world: World) -> None:
    await world.workspace("orders")
    await put(world, "ours", scope="global")
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE policy_set_version SET version = repeat('0', 64)")
    assert (await holding(world, "orders"))["ours"] == "its files have changed"


@pytest.mark.parametrize(
    ("name", "files", "query"),
    [
        ("Big Name", FILES, {}),
        ("empty", {"readme.md": b"nothing"}, {}),
        ("broken", {"a.rego": b"package main\ndeny contains"}, {}),
        ("silent", {"a.rego": b"package main\nallow = true"}, {}),
        ("manifest", {**FILES, "policies.yaml": b"level: harsh"}, {}),
        ("nowhere", FILES, {"scope": "workspace"}),
        ("both", FILES, {"scope": "global", "workspace": "orders"}),
    ],
)
async def test_what_is_no_policy_set_is_refused(
    world: World, name: str, files: dict[str, bytes], query: dict[str, str]
) -> None:
    assert await put(world, name, files, **query) == 422


async def test_a_set_holds_elsewhere_with_the_files_that_it_has(world: World) -> None:
    for name in ("orders", "billing"):
        await world.workspace(name)
    await put(world, "ours", scope="workspace", workspace="orders")
    place = "/v1/policy-sets/ours/place"
    async with world.client() as client:
        moved = await client.put(place, json={"scope": "workspace", "workspace": "billing"})
        held = [*await holding(world, "orders")], [*await holding(world, "billing")]
        freed = await client.put(place, json={})
        named = [*await holding(world, "billing")], [*await holding(world, "orders", "ours")]
        wrong = [
            (await client.put(place, json=said)).status_code
            for said in ({"scope": "workspace"}, {"scope": "global", "workspace": "orders"})
        ]
        gone = [
            (
                await client.put(f"/v1/policy-sets/{name}/place", json={"scope": "global"})
            ).status_code
            for name in ("none", "aws")
        ]
        nowhere = await client.put(place, json={"scope": "workspace", "workspace": "cellar"})
        whole = (await client.get("/v1/policy-sets/ours")).json()
    assert (moved.status_code, freed.json()["scope"]) == (200, "named")
    assert held == ([], ["ours"]) and named == ([], ["ours"])
    assert (wrong, gone, nowhere.status_code) == ([422, 422], [404, 409], 404)
    assert len(whole["versions"]) == 1
    reasons = [reason.partition(":")[0] for *_, reason in await told(world, "policy.set")]
    assert reasons[1:] == ["holds workspace", "holds named"]


async def test_its_files_are_read_by_who_may_read_policies_everywhere(world: World) -> None:
    await put(world, "ours", scope="global")
    await world.workspace("orders")
    secret = await known(world, "bo", Role.VIEWER)
    async with browser(world, secret) as mine:
        whole = await mine.get("/v1/policy-sets/ours/files")
        shipped = await mine.get("/v1/policy-sets/aws/files")
        async with world.client() as client:
            here = {"holder": "bo", "role": "viewer", "workspace": "orders"}
            await client.put("/v1/grants", json=here)
            await client.request("DELETE", "/v1/grants", params={"holder": "bo"})
        names, refused = await mine.get("/v1/policy-sets/ours"), await mine.get(FILES_OF)
        page = await mine.get("/policies/ours")
    assert whole.json()["files"]["a.rego"] == RULE
    assert "ingress.rego" in shipped.json()["files"]
    assert (names.json()["files"], refused.status_code) == (["a.rego", "policies.yaml"], 403)
    assert page.status_code == 200 and "input.resource_changes" not in page.text


async def test_a_set_that_cannot_be_read_says_so_where_it_is_shown(world: World) -> None:
    await put(world, "ours", scope="global")
    async with world.ops.db.tx() as tx:
        await tx.do(b"UPDATE policy_set_version SET version = repeat('0', 64)")
    async with world.client() as client:
        whole = (await client.get("/v1/policy-sets/ours")).json()
    assert (whole["broken"], whole["files"]) == ("its files have changed", [])


async def test_what_it_was_asked_about_is_told_to_who_may_read_the_run(world: World) -> None:
    """As a judgement leaves it; one that another set judged is not among them."""
    seen, other = [await world.run(Status.POLICY_CHECKED) for _ in range(2)]
    async with world.ops.db.tx() as tx:
        for run, name in ((seen, "ours"), (other, "others")):
            await tx.do(
                b"UPDATE run SET numbers = jsonb_build_object('policies',"
                b" jsonb_build_object(%(name)s::text, 'abc')) WHERE id = %(run)s",
                run=run, name=name,
            )  # fmt: skip
            ask = Verdict(Ruling.ASK, "policy", "V-1 asks for a person (ours@abc)")
            await runs.judge(tx, run, [ask])
    await pipeline.approve(world.ops, person("bo"), seen)
    await put(world, "ours", scope="global")
    secret = await known(world, "vi", Role.VIEWER)
    async with browser(world, secret) as mine:
        (judged,) = (await mine.get("/v1/policy-sets/ours")).json()["judged"]
        page = await mine.get("/policies/ours")
        async with world.client() as client:
            await world.workspace("orders")
            here = {"holder": "vi", "role": "viewer", "workspace": "orders"}
            await client.put("/v1/grants", json=here)
            await client.request("DELETE", "/v1/grants", params={"holder": "vi"})
        hidden = (await mine.get("/v1/policy-sets/ours")).json()["judged"]
    assert (judged["run"], judged["ruling"], judged["version"], judged["overridden"]) == (
        seen, "ask", "abc", ["bo"],
    )  # fmt: skip
    assert f"/runs/{seen}" in page.text and "asked for a person" in page.text
    assert hidden == []


async def test_a_form_of_a_page_replaces_nothing_that_was_not_read(world: World) -> None:
    """What is new is to be new, and what is changed is to be as it was read."""
    asked = {"from": "text", "name": "ours", "scope": "named", "text": RULE}
    async with world.client() as client:
        first = await client.post("/policies", data=asked)
        taken = await client.post("/policies", data={**asked, "text": RULE.replace("no", "ever")})
        read = (await client.get("/v1/policy-sets/ours")).json()["policy_set"]["version"]
        changed = {**asked, "after": read, "text": RULE.replace("no", "never")}
        later = [await client.post("/policies", data=changed) for _ in range(2)]
        held = (await client.get("/v1/policy-sets/ours/files")).json()["files"]["main.rego"]
    assert first.headers["location"] == "/policies/ours?done=set"
    assert (taken.status_code, "there is a policy set ours already" in taken.text) == (409, True)
    assert [one.status_code for one in later] == [303, 409]
    assert "look at it again first" in later[1].text
    assert held == RULE.replace("no", "never")


def git(where: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=ada", "-c", "user.email=a@b.c", *words],
        cwd=where, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    where = tmp_path / "policies"
    (where / "aws").mkdir(parents=True)
    (where / "aws" / "a.rego").write_text(RULE)
    git(where, "init", "--quiet", "--initial-branch=main")
    git(where, "add", "-A")
    git(where, "commit", "--quiet", "-m", "one")
    git(where, "tag", "v1")
    return where


@pytest.mark.parametrize("ref", ["main", "v1", "HEAD"])
async def test_a_set_comes_from_a_repository_at_a_commit(
    world: World, repository: Path, ref: str
) -> None:
    body = {"url": f"file://{repository}", "ref": ref, "directory": "aws"}
    answer = await world.client().post("/v1/policy-sets/from-git/git", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["revision"] == git(repository, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"url": "ext::sh -c 'touch /tmp/x'"}, 422),
        ({"url": "--upload-pack=touch"}, 422),
        ({"url": "http://example.com/x"}, 422),
        ({"url": "git@github.com:a/b"}, 422),
        ({"url": "/etc"}, 422),
        ({"url": "ssh://-oProxyCommand=touch/x"}, 422),
        ({"url": "ssh://a@-oProxyCommand=touch/x"}, 422),
        ({"url": "https://user:password@example.com/x"}, 422),
        ({"url": "file://REPO", "ref": "--upload-pack=touch"}, 422),
        ({"url": "file://REPO", "ref": "main:refs/heads/x"}, 422),
        ({"url": "file://REPO", "directory": "../.."}, 422),
        ({"url": "file://REPO", "directory": "gone"}, 422),
        ({"url": "file://REPO", "ref": "gone"}, 502),
        ({"url": "file:///nowhere/at/all"}, 502),
    ],
)
async def test_what_is_no_repository_of_policies_is_refused(
    world: World, repository: Path, body: dict[str, str], status: int
) -> None:
    given = {key: value.replace("REPO", str(repository)) for key, value in body.items()}
    answer = await world.client().post("/v1/policy-sets/from-git/git", json=given)
    assert answer.status_code == status, answer.text


async def test_a_link_out_of_the_repository_is_refused(world: World, repository: Path) -> None:
    (repository / "aws" / "secrets.rego").symlink_to("/etc/passwd")
    git(repository, "add", "-A")
    git(repository, "commit", "--quiet", "-m", "two")
    body = {"url": f"file://{repository}", "directory": "aws"}
    answer = await world.client().post("/v1/policy-sets/from-git/git", json=body)
    assert (answer.status_code, "symbolic link" in answer.text) == (422, True)
