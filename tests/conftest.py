"""What all tests may use."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How quick the machine is at the moment says nothing about the code: no property fails by the clock.
settings.register_profile("scclint", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scclint")


INTEGRATION = Path(__file__).parent / "integration"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the integration tests, unless the command line names them."""
    if collection_path != INTEGRATION:
        return None
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(INTEGRATION in (path.resolve(), *path.resolve().parents) for path in named) else True


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


@pytest.fixture(autouse=True, scope="session")
def _compiled_templates() -> Iterator[None]:
    """Compile each template of the package once: that takes most of the time of a report, and tests render thousands of them."""
    from jinja2 import Environment

    compiled: dict[tuple[str, str], Any] = {}
    compile_template = Environment.compile

    def compile_once(self: Environment, source: str, name: str | None = None, *where: Any) -> Any:
        if name is None:
            return compile_template(self, source, name, *where)
        if (name, source) not in compiled:
            compiled[name, source] = compile_template(self, source, name, *where)
        return compiled[name, source]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compile_once)
        yield


@pytest.fixture(autouse=True, scope="session")
def _versions_of_renderers() -> Iterator[None]:
    """Ask each renderer of this machine for its version once. A test may put another one in its place, in a folder of its own."""
    from scclint.deploy import render

    machine = tuple(map(shutil.which, ("kustomize", "oc", "kubectl", "helm")))
    versions: dict[tuple[str, ...], Any] = {}
    run = render._run

    def run_once(starter: Any, command: Sequence[str], sandbox: Any) -> Any:
        if command[0] not in machine or command[1] != "version":
            return run(starter, command, sandbox)
        if tuple(command) not in versions:
            versions[tuple(command)] = run(starter, command, sandbox)
        return versions[tuple(command)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "_run", run_once)
        yield
