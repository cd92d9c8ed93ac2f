"""What the tests of the whole platform share."""

from collections.abc import Iterator

import pytest
from malapert_testing.platform import Platform, running_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that all tests of a session share; a test that kills its processes runs one of its own."""
    with running_platform(tmp_path_factory.mktemp("platform") / "data") as running:
        yield running
