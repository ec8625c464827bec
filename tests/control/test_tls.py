"""A server with a certificate of its own, and commands that trust it or do not."""

import asyncio
import json
import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dihedral.control import tls
from dihedral.control.cli import checkup
from dihedral.control.settings import Settings
from dihedral.control.tls import Pair
from dihedral.domain.errors import Invalid
from tests.control.test_cli import dihedral
from tests.lives import up

pytestmark = pytest.mark.anyio


def made(where: Path, name: str = "localhost", days: int = 90) -> Pair:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pair = Pair(where / "cert.pem", where / "key.pem")
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    held = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    for path, text in ((pair.cert, cert.public_bytes(pem)), (pair.key, held)):
        fresh = path.with_suffix(".new")
        fresh.touch(0o600)
        fresh.write_bytes(text)
        fresh.replace(path)
    return pair


async def presented(port: int) -> bytes:
    """The certificate that a server shows to whoever connects now."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


async def test_a_renewed_certificate_is_shown_without_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a new pair changes nothing."""
    files = made(tmp_path)
    live = tls.context(files)

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=live) as server:
        port = server.sockets[0].getsockname()[1]
        renewal = asyncio.create_task(tls.renew(live, files, look=0.01))
        first = await presented(port)
        files.cert.write_text("half of a pair")
        while "is not taken" not in caplog.text:
            assert await presented(port) == first
        made(tmp_path)
        while await presented(port) == first:
            pass
        renewal.cancel()


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    files = made(tmp_path)
    files.key.chmod(0o640)
    with pytest.raises(Invalid, match="chmod 600"):
        tls.context(files)


def test_files_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    mixed = Pair(made(tmp_path).cert, made(tmp_path / "other").key)
    for files in (mixed, Pair(mixed.cert, mixed.cert), Pair(tmp_path / "none", mixed.key)):
        if files.cert.exists():
            files.cert.chmod(0o600)
        with pytest.raises(Invalid):
            tls.context(files)


def test_nobody_speaks_an_old_tls(tmp_path: Path) -> None:
    assert tls.context(made(tmp_path)).minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (["a.example"], "A.example", True),
        (["*.example"], "a.example", True),
        (["*.example"], "b.a.example", False),
        (["a.example"], "b.example", False),
        ([], "a.example", False),
    ],
)
def test_a_certificate_has_names(names: list[str], host: str, covered: bool) -> None:
    assert tls.covers(names, host) is covered


def test_commands_speak_tls_with_a_server_that_they_trust(scratch: Path, tmp_path: Path) -> None:
    files = made(tmp_path, days=10)
    more = {"DIHEDRAL_TLS_CERT": str(files.cert), "DIHEDRAL_TLS_KEY": str(files.key)}
    with up(scratch / "tls", **more, DIHEDRAL_CA=str(files.cert)) as server:
        assert server("workspace", "list") == {"items": [], "next": None}
        strange = dihedral("run", "list", data=scratch / "tls")
        examined = dihedral("doctor", "--json", data=scratch / "tls", **more)
    found = {line["what"]: line for line in json.loads(examined.stdout)["items"]}
    assert strange.returncode == 1
    assert "is not trusted" in strange.stderr and "DIHEDRAL_CA" in strange.stderr
    assert (found["tls"]["state"], "ends at" in found["tls"]["said"]) == ("warn", True)
    assert found["server"]["said"].startswith("it runs: https://127.0.0.1:")


@pytest.mark.parametrize(
    ("name", "days", "state"),
    [("localhost", -1, "fail"), ("localhost", 10, "warn"), ("localhost", 90, "ok")],
)
def test_doctor_says_when_the_certificate_ends(
    tmp_path: Path, name: str, days: int, state: str
) -> None:
    files = made(tmp_path, name, days)
    settings = Settings(data=tmp_path, tls_cert=files.cert, tls_key=files.key)
    assert [line.state for line in checkup.front_lines(settings)] == [state]


def test_doctor_says_that_the_certificate_is_of_another_name(tmp_path: Path) -> None:
    files = made(tmp_path, "other.example")
    settings = Settings(
        data=tmp_path,
        tls_cert=files.cert,
        tls_key=files.key,
        public_url="https://dihedral.example",
    )
    assert "other.example" in next(checkup.front_lines(settings)).said


def test_doctor_says_that_an_address_is_open_to_all(tmp_path: Path) -> None:
    found = list(checkup.front_lines(Settings(data=tmp_path, host="0.0.0.0")))
    assert [line.state for line in found] == ["fail"]
