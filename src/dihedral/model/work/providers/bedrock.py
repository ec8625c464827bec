"""Amazon Bedrock's Converse, through boto3, which waits in threads.

A credential is an API key of Bedrock, or `ACCESS_KEY:SECRET_KEY` and perhaps `:SESSION_TOKEN`. What
this machine itself may do at AWS is never used: it is not the organization's that asks.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.tokens import FrozenAuthToken
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.bedrock import BedrockProvider
from pydantic_ai.settings import ModelSettings

from dihedral.domain.model import Ability, Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers import talk
from dihedral.model.work.providers.faults import Refused
from dihedral.model.work.providers.line import CONNECT, READ, Line, Measure, inside
from dihedral.model.work.providers.provider import Answer, Heard, Question
from dihedral.model.work.providers.talk import Voice
from dihedral.model.work.providers.voices import Voices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 32  # connections of one endpoint


class Bedrock:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._voices = Voices(self._voice)

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        voice = await self._voices.of(endpoint, secret)
        return await talk.ask(voice, endpoint, secret, question, heard)

    def _voice(self, endpoint: Endpoint, secret: Secret | None) -> Voice:
        if not secret:
            raise Refused(f"{endpoint.upstream} needs a credential: give one to its endpoint")
        if not endpoint.region:
            raise Refused(f"{endpoint.upstream} needs a region: give one to its endpoint")
        if endpoint.url:
            inside(endpoint.url)
        client = _client(endpoint, secret)
        send = _Sender(self._line, endpoint.url)
        client.meta.events.register("before-send.bedrock-runtime", send)
        profile = ModelProfile()
        if Ability.SCHEMA in endpoint.abilities:
            profile["supports_json_schema_output"] = True
        provider = BedrockProvider(bedrock_client=client)
        model = BedrockConverseModel(endpoint.upstream, provider=provider, profile=profile)
        return Voice(model, settings=ModelSettings(cache=True), strict=False)


def _client(endpoint: Endpoint, secret: Secret) -> Any:
    session = _Session(secret.reveal())
    access, _, rest = secret.reveal().partition(":")
    key, _, token = rest.partition(":")
    config = Config(
        connect_timeout=CONNECT,
        read_timeout=READ,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=THREADS,
        signature_version="v4" if key else "bearer",
        ignore_configured_endpoint_urls=True,
    )
    return session.create_client(
        "bedrock-runtime",
        region_name=endpoint.region,
        endpoint_url=endpoint.url or None,
        config=config,
        aws_access_key_id=access if key else "none",
        aws_secret_access_key=key or "none",
        aws_session_token=token or None,
    )


class _Session(botocore.session.Session):  # type: ignore[misc]  # it has no types
    """Without what it would find around itself."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    profile = None
    full_config: Mapping[str, Any] = MappingProxyType({"profiles": {}})

    def get_scoped_config(self) -> dict[str, Any]:
        return {}

    def get_auth_token(self, **more: Any) -> FrozenAuthToken:
        return FrozenAuthToken(self._secret)


class _Sender:
    """Sends what the client would send, over the line: bounded, recorded or replayed."""

    def __init__(self, line: Line, url: str) -> None:
        proxies: dict[str, str] | None = {} if url and inside(url) else None
        self._line = line
        self._http = URLLib3Session(
            proxies=proxies, timeout=(CONNECT, READ), max_pool_connections=THREADS
        )

    def __call__(self, request: AWSPreparedRequest, **more: Any) -> AWSResponse:
        tape, body = self._line.tape, request.body or b""
        taped = tape.answer(request.method, request.url, body) if tape else None
        if taped is not None:
            return AWSResponse(request.url, taped.status, taped.headers, _Taped(taped.pieces))
        response = self._http.send(request)
        told = {key: _text(value) for key, value in request.headers.items()}
        asked = (request.method, request.url, told, body)
        heard = tape.heard(asked, response.status_code, response.headers) if tape else None
        response.raw = _Bounded(response.raw, heard)
        return response


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class _Bounded:
    def __init__(self, raw: Any, heard: "Callable[[bytes], None] | None") -> None:
        self._raw = raw
        self._measure = Measure(heard)

    def stream(self, *args: Any, **more: Any) -> "Iterator[bytes]":
        for piece in self._raw.stream(*args, **more):
            yield self._measure(piece)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class _Taped:
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def stream(self, *args: Any, **more: Any) -> "Iterator[bytes]":
        return iter(self._pieces)

    def close(self) -> None:
        pass
