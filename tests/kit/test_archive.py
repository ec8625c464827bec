"""Archives: what goes in comes out, and whatever an attacker sends is refused by name."""

import gzip
import io
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from dihedral.kit import archive, tar
from dihedral.kit.archive import Limits, Refused

LIMITS = Limits(bytes=1 << 20, files=50)
NAME = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:", categories=("L", "N", "P", "S")),
    min_size=1,
    max_size=40,
).filter(lambda s: s not in (".", "..") and s.isprintable() and "tfstate" not in s)
FILES = st.dictionaries(
    st.lists(NAME, min_size=1, max_size=4).map(lambda parts: "d" + "/d".join(parts) + ".tf"),
    st.binary(max_size=1500),
    max_size=12,
)


def tarred(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as file:
        for info, data in entries:
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b"" if kind != tarfile.REGTYPE else b"x"


def extended(data: bytes) -> bytes:
    info = tarfile.TarInfo("pax")
    info.type = b"x"
    return tarred((info, data), entry("a.tf"), form=tarfile.USTAR_FORMAT)


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_what_is_packed_comes_out_again(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive.write(files, Path(folder))
        packed = archive.pack(Path(folder), LIMITS)
        os.utime(folder, (1, 1))
        assert archive.pack(Path(folder), LIMITS) == packed
    assert archive.unpack(packed, LIMITS) == files


@settings(max_examples=60, deadline=None)
@given(FILES)
def test_the_standard_library_reads_what_we_write(files: dict[str, bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(tar.write(files))) as file:
        read = {info.name: file.extractfile(info) for info in file}
        assert {name: data.read() for name, data in read.items() if data} == files


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress, bytes])
def test_archives_of_other_programs_are_read(form: int, compress: Callable[[bytes], bytes]) -> None:
    long = "modules/" + "n" * 60 + "/" + "m" * 60 + "/main.tf"
    made = tarred(
        entry("./"), entry("./main.tf"), entry("m/", tarfile.DIRTYPE), entry(long), form=form
    )
    assert archive.unpack(compress(made), LIMITS) == {"main.tf": b"x", long: b"x"}


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (tarred(entry("/etc/passwd")), "not a path below"),
        (tarred(entry("../main.tf")), "leads out"),
        (tarred(entry("a/../../main.tf")), "leads out"),
        (tarred(entry("a/./main.tf")), "leads out"),
        (tarred(entry("a//main.tf")), "leads out"),
        (tarred(entry("C:evil.tf")), "not a path below"),
        (tarred(entry("a\\b.tf")), "not a path below"),
        (tarred(entry("a\x1b[2Jb.tf")), r"a\\x1b\[2Jb.tf holds control"),
        (tarred(entry("n" * 300)), "too long"),
        (tarred(entry("link", tarfile.SYMTYPE, "/etc")), "link is a symbolic link"),
        (tarred(entry("hard", tarfile.LNKTYPE, "main.tf")), "hard is a hard link"),
        (tarred(entry("null", tarfile.CHRTYPE)), "null is a device"),
        (tarred(entry("pipe", tarfile.FIFOTYPE)), "pipe is a device"),
        (tarred(entry("sparse", tarfile.GNUTYPE_SPARSE)), "sparse file"),
        (tarred(entry("a.tf"), entry("a.tf")), "twice"),
        (tarred(entry("a.tf"), entry("./a.tf")), "twice"),
        (tarred(entry("a"), entry("a/b.tf")), "a is a file and a directory"),
        (tarred(*(entry(f"{n}.tf") for n in range(51))), "more than 50 files"),
        (tarred(entry("a.tf"))[:512], "ends in the middle"),
        (tarred(entry("a.tf"))[:1024], "has no end"),
        (extended(b" a=b\n"), "extended header cannot be read"),
        (extended(b"99 path=a\n"), "extended header cannot be read"),
        (extended(b"99999999999999999999 path=a\n"), "extended header cannot be read"),
        (extended(b"15 size=-10000\n"), "number that cannot be read"),
        (extended(b"22 GNU.sparse.major=1\n"), "sparse"),
        (b"PK\x03\x04" + bytes(2000), "not a tar archive"),
        (b"", "has no end"),
        (b"\x1f\x8b\x08" + bytes(40), "damaged"),
        (gzip.compress(tarred(entry("a.tf")))[:60], "too early"),
        (b"\x28\xb5\x2f\xfd" + bytes(40), "damaged|has no end"),
        (gzip.compress(bytes(64 << 20)), "more than the limit"),
        (zstandard.compress(bytes(512 << 20)), "more than the limit"),
        (
            tarred((tarfile.TarInfo("big.bin"), bytes(1 << 20)), entry("s")),
            "largest files are big.bin",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_attack_is_refused_with_its_reason(made: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        archive.unpack(made, LIMITS)


def test_a_name_that_is_no_utf8_is_refused() -> None:
    info = tarfile.TarInfo("a\udcff.tf")
    with pytest.raises(Refused, match=r"a\\xff\.tf is not UTF-8"):
        archive.unpack(tarred((info, b""), form=tarfile.GNU_FORMAT), LIMITS)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    made = bytearray(tarred(entry("a" * 120), entry("b.tf"), entry("c/", tarfile.DIRTYPE)))
    for _ in range(data.draw(st.integers(1, 4))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):  # also past the checksum
        total = sum(made[:148]) + 256 + sum(made[156:512])
        made[148:156] = b"%06o\0 " % total
    try:
        archive.unpack(bytes(made), LIMITS)
    except Refused as why:
        assert str(why).isprintable()


def test_what_must_stay_at_home_stays(tmp_path: Path) -> None:
    kept = ("main.tf", ".terraform.lock.hcl", "m/main.tf", "docs/keep.md", "m/.hidden")
    left = (
        ".git/config",
        ".terraform/x",
        "m/.terraform/x",
        "terraform.tfstate",
        "m/terraform.tfstate.backup",
        "crash.log",
        "crash.20260101.log",
        "docs/a.md",
        "secret/x",
        "m/b.bak",
    )
    ignored = "# ours\n/docs/*.md\n!docs/keep.md\nsecret/\n*.bak\n!.git/\n"
    files = dict.fromkeys((*kept, *left), b"") | {".terraformignore": ignored.encode()}
    archive.write(files, tmp_path)
    assert set(archive.collect(tmp_path, LIMITS)) == {*kept, ".terraformignore"}


def test_a_link_inside_is_packed_as_what_it_points_to(tmp_path: Path) -> None:
    archive.write({"a/main.tf": b"x"}, tmp_path)
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c.tf").symlink_to(tmp_path / "a/main.tf")
    assert set(archive.collect(tmp_path, LIMITS)) == {"a/main.tf", "b/main.tf", "c.tf"}


@pytest.mark.parametrize(
    ("link", "target", "why"),
    [
        ("l", "/etc", "l is a symbolic link out of the directory, to /etc"),
        ("l", "../x", "nowhere"),
        ("a/l", "..", "directory that it lies in"),
        ("l", "l", "nowhere"),
    ],
)
def test_a_link_that_leads_out_is_refused(tmp_path: Path, link: str, target: str, why: str) -> None:
    archive.write({"a/main.tf": b"x"}, tmp_path)
    (tmp_path / link).symlink_to(target)
    with pytest.raises(Refused, match=why):
        archive.pack(tmp_path, LIMITS)


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    archive.write({"a/x": b"", "b/x": b""}, tmp_path)
    (tmp_path / "a/l").symlink_to("../b")
    (tmp_path / "b/l").symlink_to("../a")
    with pytest.raises(Refused, match="linked directory in a linked one"):
        archive.pack(tmp_path, LIMITS)


def test_special_files_and_strange_names_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="pipe is no plain file"):
        archive.pack(tmp_path, LIMITS)
    (tmp_path / "pipe").unlink()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.tf")).touch()
    with pytest.raises(Refused, match=r"\\xff\.tf is not UTF-8"):
        archive.pack(tmp_path, LIMITS)


def test_a_large_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "model.bin").open("wb") as file:
        file.truncate(50 << 20)
    (tmp_path / "main.tf").write_text("x")
    with pytest.raises(
        Refused, match=r"50\.0 MiB, more than the limit of 1\.0 MiB.*model\.bin \(50"
    ):
        archive.pack(tmp_path, LIMITS)
