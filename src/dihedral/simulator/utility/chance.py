"""The providers `random` and `null`: chance that comes out the same for the same seed.

Source  registry documentation of hashicorp/random: which classes of characters, which minimum
        of each, what `id` is. The words for pets are ours.
"""

import base64
import hashlib
import string as letters
from collections.abc import Iterator, Sequence
from typing import Any

Values = dict[str, Any]

SPECIAL = "!@#$%&*()-_=+[]{}<>:?"
CLASSES = {
    "lower": letters.ascii_lowercase,
    "upper": letters.ascii_uppercase,
    "numeric": letters.digits,
    "special": SPECIAL,
}
NATURES = (
    "able bold brave brisk bright calm clever cosy eager early fair fleet fond frank free gentle "
    "glad golden good grand happy hardy honest humble jolly keen kind lively loyal lucky mellow "
    "merry mighty modest neat nimble noble patient polite proud quick quiet rapid ready robust "
    "sharp shy sincere smooth snug sober steady strong sunny swift tidy true vivid warm wise witty"
)
MANNERS = (
    "barely boldly briskly calmly clearly deeply early evenly fairly firmly fondly freely fully "
    "gently gladly greatly happily hardly keenly kindly lightly loudly mainly merely mildly "
    "mostly nearly neatly openly partly plainly proudly quickly quietly rarely readily really "
    "safely sharply simply slowly smoothly softly solely soundly stably surely swiftly truly warmly"
)
PETS = (
    "badger bear beaver bison bittern buzzard carp civet cobra condor coyote crane cricket curlew "
    "dingo dove duck eagle egret falcon ferret finch fox gannet gecko goose grouse gull hare heron "
    "hornet ibis impala jackal jay kestrel kite koala lark lemur linnet llama lynx magpie marmot "
    "marten mole moose moth newt ocelot orca osprey otter owl panda perch pika plover puffin quail "
    "rabbit raven robin salmon seal shrew skylark sloth snipe sparrow starling stoat stork swan "
    "swift tapir teal tern thrush toad trout turtle vole walrus weasel whale wombat wren yak zebra"
)


def raw(mode: str, planned: Values, seed: bytes) -> Values:
    drawn = _bytes(seed, int(planned["length"]))
    return {"hex": drawn.hex(), "base64": base64.b64encode(drawn).decode()}


def identifier(mode: str, planned: Values, seed: bytes) -> Values:
    drawn, prefix = _bytes(seed, int(planned["byte_length"])), planned.get("prefix") or ""
    url = base64.urlsafe_b64encode(drawn).decode().rstrip("=")
    return {
        "hex": prefix + drawn.hex(),
        "dec": prefix + str(int.from_bytes(drawn, "big")),
        "b64_std": prefix + base64.b64encode(drawn).decode(),
        "b64_url": prefix + url,
        "id": url,
    }


def integer(mode: str, planned: Values, seed: bytes) -> Values:
    low, high = int(planned["min"]), int(planned["max"])
    if low > high:
        raise ValueError(f"random_integer: min is {low}, above max, which is {high}")
    result = low + int.from_bytes(_bytes(_own(planned, seed), 16), "big") % (high - low + 1)
    return {"result": result, "id": str(result)}


def uuid(mode: str, planned: Values, seed: bytes) -> Values:
    drawn = _bytes(seed, 16).hex()
    variant = "89ab"[int(drawn[16], 16) % 4]
    tail = f"{variant}{drawn[17:20]}-{drawn[20:]}"
    result = f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-{tail}"
    return {"result": result, "id": result}


def shuffle(mode: str, planned: Values, seed: bytes) -> Values:
    """A `result_count` above the input's length begins a new round, as the real one does."""
    source, count = list(planned["input"]), planned.get("result_count")
    wanted = len(source) if count is None else int(count)
    draw, result = _draw(_own(planned, seed)), list[Any]()
    while source and len(result) < wanted:
        result += _shuffled(source, draw)
    return {"result": result[:wanted], "id": "-"}


def string(mode: str, planned: Values, seed: bytes) -> Values:
    result = _characters(planned, seed)
    return {"result": result, "id": result, "number": _wanted(planned, "numeric")}


def password(mode: str, planned: Values, seed: bytes) -> Values:
    """The bcrypt hash has the right form only: it is no hash of the password."""
    alphabet = "./" + letters.ascii_letters + letters.digits
    hashed = "".join(alphabet[byte & 63] for byte in _bytes(seed + b"bcrypt", 53))
    known = string(mode, planned, seed)
    return known | {"id": "none", "bcrypt_hash": f"$2a$10${hashed}"}


def pet(mode: str, planned: Values, seed: bytes) -> Values:
    length, draw = int(planned["length"]), _draw(seed)
    lists = [*[MANNERS] * (length - 2), *[NATURES] * (length > 1), PETS]
    words = [_pick(names.split(), draw) for names in lists]
    prefix = [planned["prefix"]] if planned.get("prefix") else []
    return {"id": str(planned["separator"]).join(prefix + words)}


def null(mode: str, planned: Values, seed: bytes) -> Values:
    return {"id": str(int.from_bytes(_bytes(seed, 8), "big") >> 1)}


def echo(mode: str, planned: Values, seed: bytes) -> Values:
    drawn = str(int.from_bytes(_bytes(seed, 8), "big") >> 1)
    told = {"outputs": planned.get("inputs") or {}, "id": "static"}
    return told | {"random": drawn, "has_computed_default": "default"}


def _characters(planned: Values, seed: bytes) -> str:
    """The minimum of each class first, then any; then all in another order."""
    draw, length = _draw(seed), int(planned["length"])
    classes = {n: chars for n, chars in CLASSES.items() if _wanted(planned, n)}
    if planned.get("override_special") and "special" in classes:
        classes["special"] = planned["override_special"]
    least = {n: int(planned.get(f"min_{n}") or 0) for n in classes}
    if sum(least.values()) > length or not classes:
        raise ValueError(f"a length of {length} cannot hold the characters that are asked for")
    chars = [_pick(pool, draw) for n, pool in classes.items() for _ in range(least[n])]
    pool = "".join(classes.values())
    chars += [_pick(pool, draw) for _ in range(length - len(chars))]
    return "".join(_shuffled(chars, draw))


def _wanted(planned: Values, name: str) -> bool:
    older = planned.get("number") if name == "numeric" else None
    return planned.get(name) is not False and older is not False


def _own(planned: Values, seed: bytes) -> bytes:
    """A written seed decides alone."""
    written = planned.get("seed")
    return hashlib.sha256(written.encode()).digest() if isinstance(written, str) else seed


def _bytes(seed: bytes, count: int) -> bytes:
    return hashlib.shake_256(b"chance" + seed).digest(count)


def _draw(seed: bytes) -> Iterator[int]:
    """Numbers without end, each of 64 bits."""
    block = 0
    while True:
        yield int.from_bytes(hashlib.sha256(seed + block.to_bytes(8, "big")).digest()[:8], "big")
        block += 1


def _pick(values: Sequence[str], draw: Iterator[int]) -> str:
    return values[next(draw) % len(values)]


def _shuffled(values: Sequence[Any], draw: Iterator[int]) -> list[Any]:
    return [one for _, _, one in sorted((next(draw), i, v) for i, v in enumerate(values))]
