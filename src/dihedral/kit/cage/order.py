"""What a cage is to be, as the words of a command line: readable in a list of processes.

Shape   --ro SRC DST, --rw SRC DST, --dev SRC DST   what is seen of the host, and where, in order
        --link TARGET DST, --tmp BYTES DST          a symbolic link; an empty place in memory
        --forward PORT tcp:PORT | unix:PATH         127.0.0.1 within, and where that leads outside
        --limit NAME NUMBER                         memory, disk (bytes), processes, files
        --disk DIR                                  counted against the limit of that name
        --cwd DIR, --seccomp HEX, --bwrap PROGRAM   without the last the kernel is asked directly
        -- WORDS
"""

ARITY = {"ro": 2, "rw": 2, "dev": 2, "link": 2, "tmp": 2, "forward": 2, "limit": 2}
MOUNTS = ("ro", "rw", "dev", "link", "tmp")
ENV = "CAGED_"  # what the program is to see; bare, it would be the launcher's own environment
ENDED = 120  # exit code: the program was ended for a limit; the reason is the last line said
UNFIT = 121  # exit code: there is no such cage here
SAID = "cage: "  # how a line of the launcher's own begins, on stderr


class Order:
    """A cage and what is to run in it. `mounts` are (kind, what, where)."""

    __slots__ = ("bwrap", "cwd", "disks", "forwards", "limits", "mounts", "seccomp", "words")

    def __init__(self) -> None:
        self.mounts: list[tuple[str, str, str]] = []
        self.forwards: list[tuple[int, str]] = []
        self.limits: dict[str, int] = {}
        self.disks: list[str] = []
        self.cwd = "/"
        self.seccomp = b""
        self.bwrap = ""
        self.words: list[str] = []


def parse(words: list[str]) -> Order:
    """Raises ValueError, IndexError for words that are no order."""
    order, at = Order(), 0
    while words[at] != "--":
        name = words[at].removeprefix("--")
        arity = ARITY.get(name, 1)
        _take(order, name, words[at + 1 : at + 1 + arity])
        at += 1 + arity
    order.words = words[at + 1 :]
    return order


def _take(order: Order, name: str, values: list[str]) -> None:
    if name in MOUNTS:
        order.mounts.append((name, values[0], values[1]))
    elif name == "forward":
        order.forwards.append((int(values[0]), values[1]))
    elif name == "limit":
        order.limits[values[0]] = int(values[1])
    elif name == "disk":
        order.disks.append(values[0])
    elif name == "seccomp":
        order.seccomp = bytes.fromhex(values[0])
    elif name in ("cwd", "bwrap"):
        setattr(order, name, values[0])
    else:
        raise ValueError(f"--{name} is not known")
