"""A reflex as bytes and back: a header in JSON, then arrays; nothing that can run.

Weights are mostly zero and all multiples of one grain: a bitmap says where the others are, and
whole numbers say how many grains. A digest over everything finds damage before it is believed.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dihedral.domain.errors import Invalid
from dihedral.model.rules import features, perceptron
from dihedral.model.rules.gates import Curve, Gates
from dihedral.model.rules.perceptron import Machine
from dihedral.model.rules.reflex import Checked, Model

VERSION = 1
_MAGIC = b"dihedral reflex\n"
_HEAD = struct.Struct("<HI")  # version, length of the header
_SEAL = 32  # sha256 of all that precedes it
_AGAIN = "make it again with: dihedral reflex fit TRAIN.csv --out MODEL"


def encode(model: Model) -> bytes:
    """The model as bytes; the same model gives the same bytes."""
    machine = model.machine
    whole = np.rint(machine.weights / perceptron.GRAIN).astype("<i4")
    held = whole != 0
    used = np.flatnonzero(machine.rank).astype("<i4")
    arrays = (
        used[np.argsort(machine.rank[used])],
        machine.gain.astype("<f4"),
        np.packbits(held),
        whole[held],
    )
    parts = [zlib.compress(array.tobytes(), 1) for array in arrays]
    header = json.dumps(_header(model) | {"parts": [len(part) for part in parts]}).encode()
    body = b"".join([_MAGIC, _HEAD.pack(VERSION, len(header)), header, *parts])
    return body + hashlib.sha256(body).digest()


def decode(data: bytes) -> Model:
    """Bit for bit the model that `encode` was given. Raises Invalid for any other bytes."""
    if not data.startswith(_MAGIC):
        raise Invalid(f"this is not a reflex model; {_AGAIN}")
    if len(data) < len(_MAGIC) + _HEAD.size + _SEAL:
        raise Invalid(f"the reflex model is cut short; {_AGAIN}")
    version, length = _HEAD.unpack_from(data, len(_MAGIC))
    if version != VERSION:
        raise Invalid(
            f"the reflex model has format {version}, this program reads {VERSION}; {_AGAIN}"
        )
    if hashlib.sha256(data[:-_SEAL]).digest() != data[-_SEAL:]:
        raise Invalid(f"the reflex model is damaged: its digest does not fit; {_AGAIN}")
    start = len(_MAGIC) + _HEAD.size
    try:
        return _model(json.loads(data[start : start + length]), data[start + length : -_SEAL])
    except (KeyError, TypeError, ValueError, zlib.error) as cause:
        raise Invalid(f"the reflex model does not hold together; {_AGAIN}") from cause


def _header(model: Model) -> dict[str, Any]:
    return {
        "digest": model.digest,
        "labels": model.labels,
        "buckets": features.SIZE,
        "precision": model.precision,
        "gates": asdict(model.gates),
        "by_margin": asdict(model.by_margin),
        "by_score": asdict(model.by_score),
        "checked": asdict(model.checked),
    }


def _model(header: dict[str, Any], body: bytes) -> Model:
    labels = tuple(header["labels"])
    if header["buckets"] != features.SIZE:
        raise ValueError(f"{header['buckets']} buckets")
    parts, start = [], 0
    for length in header["parts"]:
        parts.append(zlib.decompress(body[start : start + length]))
        start += length
    return Model(
        labels=labels,
        machine=_machine(parts, len(labels)),
        gates=Gates(**header["gates"]),
        by_margin=_curve(header["by_margin"]),
        by_score=_curve(header["by_score"]),
        precision=header["precision"],
        checked=Checked(**header["checked"]),
        digest=header["digest"],
    )


def _machine(parts: Sequence[bytes], width: int) -> Machine:
    used, gain, bitmap, whole = parts
    gains = np.frombuffer(gain, "<f4").astype(np.float32)
    count = len(gains) * width
    held = np.unpackbits(np.frombuffer(bitmap, np.uint8), count=count).view(np.bool_)
    weights = np.zeros(count, np.float32)
    weights[held] = np.frombuffer(whole, "<i4").astype(np.float32) * perceptron.GRAIN
    shaped = weights.reshape(len(gains), width)
    return perceptron.machine(np.frombuffer(used, "<i4"), gains, shaped)


def _curve(read: dict[str, list[float]]) -> Curve:
    return Curve(tuple(read["at"]), tuple(read["share"]))
