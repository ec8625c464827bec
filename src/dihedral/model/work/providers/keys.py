"""What looks like a credential, whoever's it is."""

import re

KEYS = re.compile(
    r"(?i)\b(?:bearer\s+[\w.~+/\-]{8,}|(?:sk|pk|rk|xoxb|ghp|key)[-_][\w*.\-]{6,}"
    r"|AIza[\w\-]{10,}|A[KS]IA[A-Z0-9]{8,})"
)
