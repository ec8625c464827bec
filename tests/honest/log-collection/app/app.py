import json
from pathlib import Path

LOG = Path("logs.jsonl")


def add(line: dict[str, str]) -> None:
    with LOG.open("a") as file:
        file.write(json.dumps(line) + "\n")
