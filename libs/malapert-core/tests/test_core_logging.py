"""The log tells what failed and keeps what it was given to itself."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import structlog
from malapert_core.config import ServiceSettings
from malapert_core.logging import configure_logging
from malapert_testing.identities import identity_settings


class QuietSettings(ServiceSettings):
    service_name: ClassVar[str] = "quiet"


@pytest.fixture
def _restored_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored_logging")
def test_a_traceback_holds_no_local_variables(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    configure_logging(QuietSettings(data_dir=tmp_path, **identity_settings(tmp_path, "quiet")))
    password = "open-sesame"
    try:
        raise ValueError(f"a wrong password of {len(password)} letters")
    except ValueError:
        structlog.get_logger("test").exception("call failed")
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert line["event"] == "call failed"
    assert line["service"] == "quiet"
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert "test_core_logging" in line["exception"][0]["frames"][-1]["filename"]
    assert password not in json.dumps(line)
