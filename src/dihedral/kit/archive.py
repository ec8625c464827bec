"""A directory as one piece of bytes, and back, when neither side trusts the other.

Shape   a tar of plain files, names in order, without owners and times, compressed with zstd; a
        gzip'd or a bare tar is read too. Files map a path (relative, with `/`) to bytes.

A link inside the directory is packed as what it points to; one that leads out is refused, and so
is every link in an archive that somebody sends.
"""

import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import zstandard

from dihedral.kit import ignore, tar

IGNORE_FILE = ".terraformignore"
# never sent, whatever the ignore file takes back: state holds secrets, and it is kept elsewhere
NEVER = (
    ".git/",
    ".terraform/",
    "*.tfstate",
    "*.tfstate.*",
    "crash.log",
    "crash.*.log",
    ".DS_Store",
)
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_CHUNK = 1 << 20


class Refused(ValueError):
    """What cannot be packed or unpacked; the message says which entry, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Units: bytes, of all files together and of a path; a count of files."""

    bytes: int = 20 << 20
    files: int = 10_000
    path: int = 500


def pack(directory: Path, limits: Limits) -> bytes:
    """Raises Refused for a link that leads out, a file that is none, a name that is not UTF-8, or
    too much; OSError when a file cannot be read."""
    return press(collect(directory, limits))


def press(files: Mapping[str, bytes]) -> bytes:
    """The files as one piece of bytes."""
    return zstandard.ZstdCompressor(level=3).compress(tar.write(files))


def collect(directory: Path, limits: Limits) -> dict[str, bytes]:
    """The files that `pack` packs. Raises as it does."""
    chosen: dict[str, Path] = {}
    for name, path in _walk(directory, _rules(directory)):
        chosen[_checked(os.fsencode(name), limits)] = path
        if len(chosen) > limits.files:
            raise Refused(_too_many(limits))
    sizes = {name: path.stat().st_size for name, path in chosen.items()}
    _demand_size(sizes, limits)
    return {name: path.read_bytes() for name, path in chosen.items()}


def unpack(data: bytes, limits: Limits) -> dict[str, bytes]:
    """Raises Refused for anything but plain files and directories inside of it, or too much."""
    files: dict[str, bytes] = {}
    try:
        for entry in tar.read(_decompress(data, limits)):
            if entry.kind is tar.Kind.DIRECTORY:
                continue
            if entry.kind is not tar.Kind.FILE:
                raise Refused(f"{_shown(entry.name)} is a {entry.kind.value}; only files are taken")
            name = _checked(entry.name.removeprefix(b"./"), limits)
            if name in files:
                raise Refused(f"{name} is in the archive twice")
            files[name] = entry.data
            if len(files) > limits.files:
                raise Refused(_too_many(limits))
    except (zlib.error, zstandard.ZstdError) as cause:
        raise Refused("the archive is damaged: it cannot be decompressed") from cause
    except ValueError as cause:
        raise cause if isinstance(cause, Refused) else Refused(str(cause)) from cause
    _demand_size({name: len(content) for name, content in files.items()}, limits)
    _demand_tree(files)
    return files


def write(files: Mapping[str, bytes], directory: Path) -> None:
    """Private files below `directory`, which must be ours alone: links in it would be followed."""
    for folder in {(directory / name).parent for name in files}:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, data in files.items():
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(directory / name, flags, 0o600), "wb") as file:
            file.write(data)


def _rules(directory: Path) -> ignore.Ignored:
    path = directory / IGNORE_FILE
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return ignore.rules((*lines, *NEVER))


def _walk(top: Path, ignored: ignore.Ignored) -> Iterator[tuple[str, Path]]:
    """Each file that is not ignored: its name below `top`, and where it really is."""
    real_top = top.resolve()
    todo = [("", real_top, False)]
    while todo:
        prefix, folder, linked = todo.pop()
        for found in _listed(folder):
            name, path = prefix + found.name, Path(found.path)
            mode = found.stat(follow_symlinks=False).st_mode
            if ignored(name + "/" * stat.S_ISDIR(mode)):
                continue
            link = stat.S_ISLNK(mode)
            if link:
                path, mode = _followed(name, path, folder, real_top)
            if stat.S_ISDIR(mode):
                if link and linked:  # such chains may be endless, or double at every step
                    raise Refused(f"{name} is a linked directory in a linked one; copy it in")
                todo.append((name + "/", path, link or linked))
            elif stat.S_ISREG(mode):
                yield name, path
            else:
                raise Refused(f"{_shown(os.fsencode(name))} is no plain file; leave it out")


def _listed(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _followed(name: str, link: Path, folder: Path, top: Path) -> tuple[Path, int]:
    shown = _shown(os.fsencode(name))
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as cause:
        raise Refused(f"{shown} is a symbolic link that leads nowhere") from cause
    if not target.is_relative_to(top):
        raise Refused(f"{shown} is a symbolic link out of the directory, to {target}; copy it in")
    if folder.is_relative_to(target):
        raise Refused(f"{shown} is a symbolic link to a directory that it lies in")
    return target, target.stat().st_mode


def _checked(raw: bytes, limits: Limits) -> str:
    """A path's bytes as a path below the directory. Raises Refused."""
    shown = _shown(raw)
    try:
        name = raw.decode()
    except UnicodeDecodeError as cause:
        raise Refused(f"the name {shown} is not UTF-8; rename the file") from cause
    if name.startswith("/") or "\\" in name or name[1:2] == ":":
        raise Refused(f"{shown} is not a path below the directory")
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise Refused(f"{shown} leads out of the directory, or in circles")
    if not name.isprintable():
        raise Refused(f"the name {shown} holds control characters")
    if len(raw) > limits.path or max(map(len, raw.split(b"/"))) > 255:
        raise Refused(f"the name {shown} is too long; {limits.path} bytes is the limit")
    return name


def _demand_size(sizes: Mapping[str, int], limits: Limits) -> None:
    total = sum(sizes.values())
    if total <= limits.bytes:
        return
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:3]
    listed = ", ".join(f"{name} ({_human(sizes[name])})" for name in largest)
    raise Refused(
        f"the configuration is {_human(total)}, more than the limit of {_human(limits.bytes)}; the"
        f" largest files are {listed}: leave them out with {IGNORE_FILE}"
    )


def _demand_tree(files: Mapping[str, bytes]) -> None:
    """No name may be a file and a directory at once."""
    for name in files:
        parts = name.split("/")
        for count in range(1, len(parts)):
            if "/".join(parts[:count]) in files:
                raise Refused(f"{'/'.join(parts[:count])} is a file and a directory at once")


def _decompress(data: bytes, limits: Limits) -> bytes:
    """At most what files within the limits could need, however much it claims to hold."""
    most = limits.bytes + limits.files * 4 * tar.BLOCK + len(tar.END) + _CHUNK
    out = bytearray()
    for piece in _pieces(data):
        out += piece
        if len(out) > most:
            raise Refused(f"the archive unpacks to more than the limit of {_human(limits.bytes)}")
    return bytes(out)


def _pieces(data: bytes) -> Iterator[bytes]:
    if data.startswith(_ZSTD):
        yield from zstandard.ZstdDecompressor(max_window_size=1 << 27).read_to_iter(data)
    elif data.startswith(_GZIP):
        yield from _gunzip(data)
    else:
        yield data


def _gunzip(data: bytes) -> Iterator[bytes]:
    stream = zlib.decompressobj(wbits=31)
    while not stream.eof:
        piece = stream.decompress(data, _CHUNK)
        data = stream.unconsumed_tail
        if not piece and not data and not stream.eof:
            raise Refused("the archive ends too early")
        yield piece


def _too_many(limits: Limits) -> str:
    return f"there are more than {limits.files} files; leave some out with {IGNORE_FILE}"


def _shown(raw: bytes) -> str:
    """A name for a message: short, and without anything that a terminal would obey."""
    text = raw[:120].decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _human(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB" if size >= 1 << 20 else f"{size} bytes"
