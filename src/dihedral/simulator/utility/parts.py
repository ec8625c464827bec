"""The provider `cloudinit`: parts of user data joined into one MIME message."""

import base64
import gzip
import zlib
from typing import Any

Values = dict[str, Any]

BOUNDARY = "MIMEBOUNDARY"


def cloudinit(mode: str, planned: Values, seed: bytes) -> Values:
    """Packed bytes open to the same text as the real provider's; they are not the same bytes."""
    given = planned.get("boundary")
    boundary = given if isinstance(given, str) else BOUNDARY
    content = _message(planned.get("part") or [], boundary).encode()
    packed, coded = (_yes(planned.get(name)) for name in ("gzip", "base64_encode"))
    if packed and not coded:
        raise ValueError("cloudinit_config: base64_encode must be true when gzip is")
    shown = gzip.compress(content, mtime=0) if packed else content
    return {
        "rendered": base64.b64encode(shown).decode() if coded else shown.decode(),
        "id": str(zlib.crc32(content)),
        "boundary": boundary,
        "gzip": packed,
        "base64_encode": coded,
        "part": [_part(one) for one in planned.get("part") or []],
    }


def _part(part: Values) -> Values:
    given = part.get("content_type")
    return part | {"content_type": given if isinstance(given, str) else "text/plain"}


def _message(parts: list[Values], boundary: str) -> str:
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\nMIME-Version: 1.0\r\n\r\n'
    body = "".join(f"--{boundary}\r\n{_headed(_part(part))}\r\n" for part in parts)
    return f"{head}{body}--{boundary}--\r\n"


def _headed(part: Values) -> str:
    named, merged = part.get("filename"), part.get("merge_type")
    headers = {
        "Content-Disposition": f'attachment; filename="{named}"' if named else "",
        "Content-Transfer-Encoding": "7bit",
        "Content-Type": part["content_type"],
        "Mime-Version": "1.0",
        "X-Merge-Type": merged or "",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return f"{lines}\r\n{part['content']}"


def _yes(value: Any) -> bool:
    return value is not False
