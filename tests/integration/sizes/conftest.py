"""Runs the whole command over a folder, as the tests of robustness and of the command line do."""

from tests.cli.conftest import cli, demo, here
from tests.cli.test_bad_input import beside
from tests.robustness.conftest import run
from tests.robustness.test_limits import folder

__all__ = ["beside", "cli", "demo", "folder", "here", "run"]
