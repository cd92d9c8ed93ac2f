"""Refusals of the commands: failures of input or surroundings are reported in one place, with an exit code."""

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

REFUSED, MISUSED, UNREACHABLE, DEFECT, INTERRUPTED = 1, 2, 3, 70, 130
EXIT_CODES = (
    f"Exit codes: 0 done; {REFUSED} refused, with all that is wrong; {MISUSED} used wrongly: options, files or keys; "
    f"{UNREACHABLE} no platform answers; {DEFECT} a defect of this program; {INTERRUPTED} interrupted."
)
TRACE_VARIABLE = "MALAPERT_TRACEBACK"


class RefusalError(Exception):
    """What a command refuses, told in words; its subclasses say what it is."""


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
    except RefusalError as error:
        raise refusal(str(error), REFUSED) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise refusal(_named(error), MISUSED) from error
    except KeyboardInterrupt as error:
        raise refusal("interrupted", INTERRUPTED) from error
    except Exception as error:
        # Commands and options that are not known are told by the parser, and an exit is no failure.
        if isinstance(error, (typer.Exit, typer.Abort)) or hasattr(error, "format_message"):
            raise
        told = _of_the_client(error)
        if told is None and _wants_trace():
            raise
        where = f"set {TRACE_VARIABLE}=1 to see where"
        text, code = told or (f"a defect of malapert: {type(error).__name__}: {error}; {where}", DEFECT)
        raise refusal(text, code) from error


def refusal(text: str, code: int) -> typer.Exit:
    """Print a refusal, and return the exit to raise."""
    from malapert_cli.terminal import refusals

    with contextlib.suppress(OSError):
        refusals.print(text, style="red")
    return typer.Exit(code)


def _of_the_client(error: Exception) -> tuple[str, int] | None:
    from malapert_client.errors import ConfigurationError, MalapertError, ProblemError, UnreachableError

    if not isinstance(error, MalapertError):
        return None
    if isinstance(error, UnreachableError):
        advice = "" if error.is_timeout else "; start one with `malapert up`, or give --url or MALAPERT_URL"
        return f"{error}{advice}", UNREACHABLE
    if isinstance(error, ConfigurationError):
        return str(error), MISUSED
    is_away = isinstance(error, ProblemError) and error.status == 503
    return str(error), UNREACHABLE if is_away else REFUSED


def _named(error: OSError) -> str:
    named = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, (str, bytes))]
    told = error.strerror or str(error) or type(error).__name__
    return f"{', '.join(named)}: {told}" if named else told


def _wants_trace() -> bool:
    return os.environ.get(TRACE_VARIABLE, "") not in ("", "0")
