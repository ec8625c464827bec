"""Google's Gemini API."""

from google.genai import Client
from google.genai.types import HttpOptions
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.providers.google import GoogleProvider

from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers import talk
from dihedral.model.work.providers.faults import Refused
from dihedral.model.work.providers.line import READ, Line
from dihedral.model.work.providers.provider import Answer, Heard, Question
from dihedral.model.work.providers.talk import Voice
from dihedral.model.work.providers.voices import Voices

OWN = "https://generativelanguage.googleapis.com"


class Google:
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
            raise Refused(f"{endpoint.upstream} needs an API key: give one to its endpoint")
        url = endpoint.url or OWN
        client = Client(
            vertexai=False,
            api_key=secret.reveal(),
            http_options=HttpOptions(
                base_url=url,
                timeout=int(READ * 1000),
                httpx_async_client=self._line.client(url),
            ),
        )
        return Voice(GoogleModel(endpoint.upstream, provider=GoogleProvider(client=client)))
