"""What all tests may use."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How quick the machine is at the moment says nothing about the code: no property fails by the clock.
settings.register_profile("scclint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scclint")


def shared() -> Path:
    """The folder with recorded cases and real manifests beside the project; skips the test where it is not there."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("the folder with recorded cases is not there")
    return folder


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests neither find nor leave anything in the cache of whoever runs them."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
