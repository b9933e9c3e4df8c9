"""The folder of a fleet, as in the tests of fleets."""

from tests.apps.fleet.conftest import out

__all__ = ["out"]
