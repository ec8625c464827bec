"""OpenAI's chat completions, which vLLM, Ollama, llama.cpp and many others speak too."""

from urllib.parse import urlsplit

from openai import AsyncOpenAI
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider

from dihedral.domain.model import Endpoint
from dihedral.kit.log import Secret
from dihedral.model.work.providers import talk
from dihedral.model.work.providers.line import PATIENCE, Line
from dihedral.model.work.providers.provider import Answer, Heard, Question
from dihedral.model.work.providers.talk import Voice
from dihedral.model.work.providers.voices import Voices

OWN = "https://api.openai.com/v1"


class OpenAI:
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
        client = AsyncOpenAI(
            api_key=secret.reveal() if secret else "none",
            base_url=url,
            max_retries=0,
            timeout=PATIENCE,
            http_client=self._line.client(url),
        )
        client.organization = client.project = None  # what the environment says is another's
        client._custom_headers = {}
        own = urlsplit(url).hostname == urlsplit(OWN).hostname
        profile = OpenAIModelProfile(
            openai_chat_streaming_requires_finish_reason=True,  # else a cut stream is an answer
            openai_chat_supports_max_completion_tokens=own,
        )
        if not own:
            profile["supports_json_schema_output"] = True
        provider = OpenAIProvider(openai_client=client)
        model = OpenAIChatModel(endpoint.upstream, provider=provider, profile=profile)
        return Voice(model, strict=None if own else False)
