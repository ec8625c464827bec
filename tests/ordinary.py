"""The suite on an ordinary PostgreSQL: `python -m tests.ordinary [pytest's arguments]`.

A server of this machine (15 or newer, found on the PATH or where Debian puts it) is made in a
directory of its own, on loopback, and thrown away. It differs from the embedded one where servers
differ: its texts are sorted as in American English, and its role is no superuser.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from dihedral.kit.owner import choose

WHERE = "DIHEDRAL_TEST_DATABASE_URL"
OLDEST = 15
ROLE = "ordinary"


def programs() -> Path:
    """The directory of the newest server's programs."""
    places = [Path(found).parent] if (found := shutil.which("initdb")) else []
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True)
    places += [path.parent for path in newest]
    if not places:
        sys.exit("there is no PostgreSQL server here; install one: `apt install postgresql`")
    return places[0]


@contextmanager
def running() -> Iterator[str]:
    """The DSN of a role that may make databases and roles, and no more."""
    directory = Path(tempfile.mkdtemp(prefix="ordinary-"))
    owner, data, bin = choose(directory / "data"), directory / "data", programs()
    os.chown(directory, owner.uid, owner.gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [bin / program, *words],
            check=True,
            stdout=subprocess.DEVNULL,
            user=owner.uid if owner.other else None,
            group=owner.gid if owner.other else None,
            cwd=directory,
        )

    icu = ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C")
    run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", *icu, "-D", str(data))
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    run("pg_ctl", "-w", "-s", "-D", str(data), "-l", str(directory / "log"), "-o", options, "start")
    try:
        password = secrets.token_hex(16)
        where = make_conninfo(host="127.0.0.1", port=port, dbname="postgres")
        with psycopg.connect(where, user="postgres", autocommit=True) as conn:
            shown = conn.info.parameter_status("server_version") or ""
            if int(shown.partition(".")[0]) < OLDEST:
                sys.exit(f"PostgreSQL {shown} is too old; {OLDEST} is the oldest that will do")
            conn.execute(
                f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'".encode()
            )
            print(f"an ordinary PostgreSQL {shown}", file=sys.stderr)
        yield f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-s", "-D", str(data), "-m", "fast", "stop")
        shutil.rmtree(directory)


def main() -> int:
    with running() as url:
        words = [sys.executable, "-m", "pytest", *sys.argv[1:]]
        return subprocess.run(words, env={**os.environ, WHERE: url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
