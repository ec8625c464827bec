"""The graph of what a plan touches, as a tree and as a picture."""

import re
import xml.etree.ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.domain.change import Plan
from dihedral.ops.rules import dependence, picture
from dihedral.ops.rules.dependence import MARKS, Graph, Node
from tests.ops import plans
from tests.ops.plans import change, configuration, resource

SPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "aws_s3_bucket.</text><script>alert(1)</script>\"'&\x00\x1b[31m\u202e",
    "module.<b>.aws_s3_bucket.x",
)


def shop() -> Plan:
    written = configuration(
        resource("aws_vpc.main"),
        resource("aws_subnet.a", "aws_vpc.main.id"),
        resource("data.aws_subnets.all", "aws_subnet.a.id"),
        resource("aws_lb.front", "data.aws_subnets.all.ids"),
        resource("aws_sqs_queue.q"),
        resource("aws_lambda_function.f", "aws_sqs_queue.q.url"),
    )
    return plans.read(
        change("aws_subnet.a", "delete", "create", before={"a": 1}, after={"a": 2}),
        change("aws_db_instance.d", "delete", before={}),
        change("aws_eip.e[0]", "create", after={}),
        change("aws_eip.e[1]", "create", after={}),
        change("data.aws_ami.x", "read", after={}),
        configuration=written,
    )


def test_it_shows_what_is_touched_and_who_would_feel_it_and_nothing_else() -> None:
    found = dependence.of(shop())
    assert {(n.id, n.mark, n.count, n.loses) for n in found.nodes} == {
        ("aws_subnet.a", "replace", 1, False),
        ("aws_db_instance.d", "delete", 1, True),
        ("aws_eip.e", "create", 2, False),
        ("aws_lb.front", "felt", 1, False),
    }
    assert found.edges == (("aws_subnet.a", "aws_lb.front"),)  # through what it reads as data


def test_the_tree_puts_who_feels_it_below_what_is_touched() -> None:
    told = [(depth, node.id) for depth, node in dependence.tree(dependence.of(shop()))]
    assert told == [
        (0, "aws_db_instance.d"),
        (0, "aws_subnet.a"),
        (1, "aws_lb.front"),
        (0, "aws_eip.e"),
    ]


def test_other_workspaces_stand_behind_what_their_outputs_are_made_of() -> None:
    passed = {"vpc": {"references": ["aws_vpc.main.id"]}}
    inner = {"outputs": {"id": {"expression": {"references": ["var.vpc"]}}}}
    written = configuration(
        resource("aws_vpc.main"),
        module_calls={"m": {"expressions": passed, "module": inner}},
        outputs={
            "vpc_id": {"expression": {"references": ["module.m.id", "module.m"]}},
            "zone": {"expression": {"references": ["local.zone"]}},
        },
    )
    made = plans.read(change("aws_vpc.main", "delete", before={}), configuration=written)
    found = dependence.of(made, elsewhere={"vpc_id": ("orders",), "zone": ("web", "orders")})
    assert [(n.id, n.mark) for n in found.nodes] == [
        ("aws_vpc.main", "delete"), ("workspace.orders", "felt"), ("workspace.web", "felt")
    ]  # fmt: skip
    assert found.edges == (("aws_vpc.main", "workspace.orders"),)  # a plan hides what a local is
    assert "orders" in picture.svg(found, "t")
    many = [change(f"module.m{n % 30}.aws_x{n}.a", "create", after={}) for n in range(60)]
    for most in (32, 10):  # in groups, and where there is no room for all of them
        grouped = dependence.of(plans.read(*many), most, {"vpc_id": ("orders", "web")})
        assert ("(root) workspace", 2) in [(n.id, n.count) for n in grouped.nodes]


def test_too_many_resources_are_drawn_in_groups_that_say_what_is_in_them() -> None:
    many = [change(f"aws_vpc.v{n}", "create", after={}) for n in range(60)]
    found = dependence.of(plans.read(*many, change("aws_vpc.gone", "delete", before={})))
    (node,) = found.nodes
    assert (found.groups, node.mark, node.count) == ("type", "delete", 61)
    assert node.tally == (("delete", 1), ("create", 60))
    assert "−1 +60" in picture.svg(found, "t")
    modules = [change(f"module.m{n}.aws_x.a", "create", after={}) for n in range(50)]
    wide = dependence.of(plans.read(*modules))
    assert (wide.groups, len(wide.nodes)) == ("type in any module", 1)


def test_what_there_is_no_room_for_is_counted() -> None:
    many = [change(f"aws_k{n}.a", "create", after={}) for n in range(90)]
    kinds = dependence.of(plans.read(*many), most=10)
    assert (len(kinds.nodes) + kinds.left, len(kinds.nodes)) == (90, 10)
    assert "80 more are not shown" in picture.svg(kinds, "t")


def test_names_that_mean_harm_stay_names() -> None:
    written = [change(address, "create", after={}) for address in HOSTILE]
    found = dependence.of(plans.read(*written))
    text = picture.svg(found, HOSTILE[0], HOSTILE[0])
    root = ET.fromstring(text.encode())
    names = {element.tag.removeprefix(SPACE) for element in root.iter()}
    assert names <= {"svg", "title", "desc", "style", "rect", "text", "tspan", "g", "path"}
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in attributes)
    assert "url(" not in text and "@import" not in text
    assert not re.search("[\x00\x1b\u202e]", text)


NAMES = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=60), max_size=45, unique=True
)


@settings(deadline=None, max_examples=60)
@given(NAMES, st.data())
def test_any_graph_is_drawn_inside_its_frame_and_no_box_lies_on_another(
    names: list[str], data: st.DataObject
) -> None:
    nodes = tuple(
        Node(id=f"{n}{name}", name=name, kind=name, mark=MARKS[n % len(MARKS)], loses=n % 7 == 0)
        for n, name in enumerate(names)
    )
    ids = st.sampled_from([n.id for n in nodes]) if nodes else st.nothing()
    edges = data.draw(st.lists(st.tuples(ids, ids), max_size=60)) if nodes else []
    found = Graph(nodes=nodes, edges=tuple((a, b) for a, b in edges if a != b))
    root = ET.fromstring(picture.svg(found, "t", "l"))
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [e for e in root.iter(f"{SPACE}rect") if e.attrib.get("class") == "tint"]
    spots = sorted((float(b.attrib["x"]), float(b.attrib["y"])) for b in boxes)
    assert len(set(spots)) == len(spots) == len(nodes)
    assert all(x + picture.WIDE <= wide and y + picture.HIGH <= high for x, y in spots)
    for at, (x, y) in enumerate(spots):
        for x2, y2 in spots[at + 1 :]:
            assert abs(x - x2) >= picture.WIDE or abs(y - y2) >= picture.HIGH
    assert sorted(n.id for _, n in dependence.tree(found)) == sorted(n.id for n in nodes)


def test_light_and_dark_are_both_there() -> None:
    text = picture.svg(dependence.of(shop()), "t")
    assert "prefers-color-scheme:dark" in text
    for mark in MARKS:
        assert text.count(f"--{mark}:#") == 2
