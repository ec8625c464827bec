"""Anthropic's messages."""

from anthropic import AsyncAnthropic
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.settings import ModelSettings

from dihedral.domain.model import Ability, Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers import talk
from dihedral.model.work.providers.line import PATIENCE, Line
from dihedral.model.work.providers.provider import Answer, Heard, Question
from dihedral.model.work.providers.talk import Voice
from dihedral.model.work.providers.voices import Voices

OWN = "https://api.anthropic.com"


class Anthropic:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._voices = Voices(self._voice)

    async def ask(
        self, endpoint: Endpoint, secret: Secret | None, question: Question, heard: Heard | None
    ) -> Answer:
        voice = await self._voices.of(endpoint, secret)
        return await talk.ask(voice, endpoint, secret, question, heard)

    def _voice(self, endpoint: Endpoint, secret: Secret | None) -> Voice:
        url = endpoint.url or OWN
        client = AsyncAnthropic(
            api_key=secret.reveal() if secret else "none",  # else it looks for one around itself
            base_url=url,
            max_retries=0,
            timeout=PATIENCE,
            http_client=self._line.client(url),
        )
        client._custom_headers = {}  # what the environment says is another's
        profile = ModelProfile()
        if Ability.SCHEMA in endpoint.abilities:
            profile["supports_json_schema_output"] = True
        provider = AnthropicProvider(anthropic_client=client)
        model = AnthropicModel(endpoint.upstream, provider=provider, profile=profile)
        return Voice(model, settings=ModelSettings(cache=True), strict=False)
