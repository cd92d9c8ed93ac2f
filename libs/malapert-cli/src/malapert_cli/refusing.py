"""Refusals of the commands: failures of input or surroundings are reported in one place, with an exit code."""

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

import httpx
import typer
from typer.core import TyperGroup

from malapert_cli.api import ApiError
from malapert_cli.connection import NoConnectionError
from malapert_cli.mission_file import MissionFileError
from malapert_cli.signing_keys import BadFileError
from malapert_cli.terminal import refusals
from malapert_cli.terrain.download import DownloadError
from malapert_cli.terrain.products import UnknownProductError

REFUSED, MISUSED, UNREACHABLE, DEFECT, INTERRUPTED = 1, 2, 3, 70, 130
EXIT_CODES = (
    f"Exit codes: 0 done; {REFUSED} refused, with all that is wrong; {MISUSED} used wrongly: options, files or keys; "
    f"{UNREACHABLE} no platform answers; {DEFECT} a defect of this program; {INTERRUPTED} interrupted."
)
TRACE_VARIABLE = "MALAPERT_TRACEBACK"


class RefusingGroup(TyperGroup):
    """A group of commands whose failures end in a refusal and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with refusing():
            return super().invoke(ctx)


@contextlib.contextmanager
def refusing() -> Iterator[None]:
    """Turn what goes wrong inside into a refusal on standard error and an exit code; see `EXIT_CODES`."""
    try:
        yield
    except (ApiError, MissionFileError, BadFileError, UnknownProductError, DownloadError) as error:
        lost = isinstance(error, ApiError) and error.reason == "UNAVAILABLE"
        raise refusal(str(error), UNREACHABLE if lost else REFUSED) from error
    except NoConnectionError as error:
        raise refusal(str(error), MISUSED) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise refusal(_unreachable(error), UNREACHABLE) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise refusal(_named(error), MISUSED) from error
    except KeyboardInterrupt as error:
        raise refusal("interrupted", INTERRUPTED) from error
    except Exception as error:
        # Commands and options that are not known are told by the parser, and an exit is no failure.
        if isinstance(error, (typer.Exit, typer.Abort)) or hasattr(error, "format_message") or _wants_trace():
            raise
        where = f"set {TRACE_VARIABLE}=1 to see where"
        raise refusal(f"a defect of malapert: {type(error).__name__}: {error}; {where}", DEFECT) from error


def refusal(text: str, code: int) -> typer.Exit:
    """Print a refusal, and return the exit to raise."""
    with contextlib.suppress(OSError):
        refusals.print(text, style="red")
    return typer.Exit(code)


def _unreachable(error: httpx.HTTPError | httpx.InvalidURL) -> str:
    try:
        url = error.request.url  # type: ignore[union-attr]
        where = f"at {url.scheme}://{url.netloc.decode('ascii', 'replace')}"
    except (AttributeError, RuntimeError):
        where = "at the address given"
    if isinstance(error, httpx.TimeoutException):
        return f"what is {where} did not answer in time ({type(error).__name__})"
    reason = str(error) or type(error).__name__
    return f"no platform answers {where}: {reason}; start one with `malapert up`, or give --url or MALAPERT_URL"


def _named(error: OSError) -> str:
    named = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    told = error.strerror or str(error) or type(error).__name__
    return f"{', '.join(named)}: {told}" if named else told


def _wants_trace() -> bool:
    return os.environ.get(TRACE_VARIABLE, "") not in ("", "0")
