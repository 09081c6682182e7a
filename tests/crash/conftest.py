"""Power cuts need a SQLite that can be heard."""

from pathlib import Path

import pytest

from crashing.recording import Recording
from crashing.vfs import UnheardError


@pytest.fixture(autouse=True, scope="session")
def _heard(tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        with Recording(Path(tmp_path_factory.mktemp("heard"))).running():
            pass
    except UnheardError as error:
        pytest.skip(str(error))
