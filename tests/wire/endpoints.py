"""Endpoints and questions for tests of providers."""

from dihedral.domain.conversation import Message, Speaker, Text
from dihedral.domain.ids import EndpointId, OrganizationId
from dihedral.domain.model import Endpoint, Hosting, Wire
from dihedral.kit.log import Secret
from dihedral.model.rules.tool import Tool
from dihedral.model.work.providers.provider import Question

SECRET = Secret("AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY")  # of a form that all take
PATHS = {Wire.OPENAI: "/v1"}
WEATHER = Tool(
    "weather",
    "The weather of a city",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)


def endpoint(wire: Wire, url: str, upstream: str = "small-1") -> Endpoint:
    return Endpoint(
        id=EndpointId("end-1"),
        organization=OrganizationId("default"),
        model="small",
        hosting=Hosting.CLUSTER,
        wire=wire,
        upstream=upstream,
        url=url + PATHS.get(wire, ""),
        region="eu-central-1",
    )


def person(text: str) -> Message:
    return Message(Speaker.PERSON, (Text(text),))


def question(*messages: Message, tools: tuple[Tool, ...] = (), timeout: float = 20.0) -> Question:
    said = messages or (person("hello"),)
    return Question(system="You are terse.", messages=said, tools=tools, most=500, timeout=timeout)
