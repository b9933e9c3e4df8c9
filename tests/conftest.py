"""What all tests may use."""

import gc
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.renderings import RecordingRenderer


ALL_EXAMPLES = os.environ.get("SCCLINT_EXAMPLES") == "all"
"""The sessions of nox try all examples, and other runs a quarter of them."""


def examples(number: int) -> settings:
    """Settings of a property with so many examples, or a quarter of them."""
    return settings(max_examples=number if ALL_EXAMPLES else number // 4)


# How quick the machine is at the moment says nothing about the code: no property fails by the clock.
settings.register_profile("scclint", examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scclint")


# Each start of scclint would compile all of it again; most of the time of a process in a test is that.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

INTEGRATION = Path(__file__).parent / "integration"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the integration tests, unless the command line names them."""
    if collection_path != INTEGRATION:
        return None
    named = (config.invocation_params.dir / argument.partition("::")[0] for argument in config.args)
    return None if any(INTEGRATION in (path.resolve(), *path.resolve().parents) for path in named) else True


def pytest_collection_finish() -> None:
    """Collect garbage seldom, and only what tests leave: the tests themselves stay. Otherwise, the collector takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n`, each process runs the tests of one module after another, which share what the module keeps."""
    from xdist.scheduler import WorkStealingScheduling  # type: ignore[import-untyped]

    return WorkStealingScheduling(config, log) if config.getoption("dist") == "load" else None


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
def _installed_clusters() -> Iterator[None]:
    """Build each installed cluster once: nothing changes one, and most tests judge on one of a few."""
    from scclint.cluster import Cluster

    with pytest.MonkeyPatch.context() as patch:
        once: Any = cache(Cluster.__dict__["_as_installed"].__func__)
        patch.setattr(Cluster, "_as_installed", classmethod(once))
        yield


@pytest.fixture(autouse=True, scope="session")
def _recording_renderer() -> Iterator["RecordingRenderer"]:
    """Renderers that find what they made before (see `tests.renderings`). A test may put other programs in a folder of its own."""
    from scclint.deploy.render import Renderer
    from tests.renderings import RecordingRenderer

    recording = RecordingRenderer()
    with pytest.MonkeyPatch.context() as patch:
        for name, method in recording.methods().items():
            patch.setattr(Renderer, name, method)
        yield recording


@pytest.fixture(autouse=True, scope="module")
def _renderings_of_the_module(_recording_renderer: "RecordingRenderer", request: pytest.FixtureRequest) -> Iterator[None]:
    """The integration tests start the renderers; other tests find what is recorded for their module."""
    if INTEGRATION in request.path.parents:
        yield
        return
    from tests.renderings import Recording

    _recording_renderer.recording = recording = Recording(request.path)
    yield
    _recording_renderer.recording = None
    recording.save()
    assert not recording.differences, "\n".join(recording.differences)
