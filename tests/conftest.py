"""What all tests may use."""

from pathlib import Path

import pytest


def shared() -> Path:
    """The folder with recorded cases and real manifests beside the project; skips the test where it is not there."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder with recorded cases is not there")
    return folder
