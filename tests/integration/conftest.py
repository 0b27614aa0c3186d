"""What tests with a database share."""

from typing import Any

import pytest


@pytest.fixture
def media(settings: Any, tmp_path: Any) -> None:
    """Uploads go to a folder of this test's own."""
    settings.MEDIA_ROOT = tmp_path
