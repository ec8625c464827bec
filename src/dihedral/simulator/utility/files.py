"""Files, requests and programs, none of which a simulator may touch.

A file's hashes are those of the content that the configuration states. Where the content lies in a
file, they are made from its name: stable, and not the real ones.
"""

import base64
import hashlib
import json
from typing import Any

Values = dict[str, Any]


def local(mode: str, planned: Values, seed: bytes) -> Values:
    if mode == "data" and not isinstance(planned.get("content"), str):
        raise ValueError(
            f"the simulator reads no files, so what {planned.get('filename')} holds is not known; "
            "use the function file(), or state the answer in a scenario"
        )
    content = _content(planned)
    hashes = _hashes(content, "content_")
    shown = {"content": content.decode(errors="replace")}
    return hashes | shown | {"content_base64": _base64(content), "id": hashes["content_sha1"]}


def archive(mode: str, planned: Values, seed: bytes) -> Values:
    """The archive is not written. Its hashes follow from what the configuration says of it."""
    said = {n: v for n, v in planned.items() if n.startswith(("source", "exclude", "type"))}
    content = json.dumps(said, sort_keys=True, default=str).encode()
    hashes = _hashes(content, "output_")
    return hashes | {
        "output_sha": hashes["output_sha1"],
        "output_size": len(content),
        "id": hashes["output_sha1"],
    }


def request(mode: str, planned: Values, seed: bytes) -> Values:
    if not isinstance(planned.get("response_body"), str):
        raise ValueError(
            f"the simulator has no network, so what {planned.get('url')} answers is not known; "
            "state the answer in a scenario"
        )
    body = planned["response_body"]
    told = {"id": planned.get("url"), "body": body, "status_code": 200, "response_headers": {}}
    return told | {"response_body_base64": _base64(body.encode())}


def program(mode: str, planned: Values, seed: bytes) -> Values:
    if not isinstance(planned.get("result"), dict):
        raise ValueError(
            f"the simulator runs no programs, so what {' '.join(planned['program'])} answers is "
            "not known; state the answer in a scenario"
        )
    return {"id": "-"}


def _content(planned: Values) -> bytes:
    for name in ("content", "sensitive_content"):
        if isinstance(planned.get(name), str):
            return str(planned[name]).encode()
    if isinstance(planned.get("content_base64"), str):
        return base64.b64decode(planned["content_base64"])
    return f"what lies in {planned.get('source')}".encode()


def _hashes(content: bytes, prefix: str) -> Values:
    plain = {n: hashlib.new(n, content).hexdigest() for n in ("md5", "sha1", "sha256", "sha512")}
    packed = {
        "base64sha256": _base64(hashlib.sha256(content).digest()),
        "base64sha512": _base64(hashlib.sha512(content).digest()),
    }
    return {prefix + name: value for name, value in (plain | packed).items()}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
