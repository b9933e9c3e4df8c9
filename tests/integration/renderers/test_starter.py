"""The process that starts all renderers of a run."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from scclint.deploy import render
from scclint.deploy.render import Renderer, RendererOutput


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Renderer:
    """Renderers of which kustomize does what the file `code.py` in its folder says."""
    path = tmp_path / "bin/kustomize"
    path.parent.mkdir()
    run = "import os, sys\nif 'version' in sys.argv: print('v0'); sys.exit()\nexec(open(sys.argv[-1] + '/code.py').read())\n"
    path.write_text(f"#!{sys.executable} -IS\n{run}")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent))
    return Renderer()


def build(builds: Renderer, tmp_path: Path, code: str) -> RendererOutput:
    """What a kustomization of its own builds to."""
    folder = tmp_path / f"k{len(os.listdir(tmp_path))}-{threading.get_ident()}"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text("resources: []\n")
    (folder / "code.py").write_text(code)
    return builds.build_kustomize(str(folder), str(tmp_path))


def test_one_process_starts_all(builds: Renderer, tmp_path: Path) -> None:
    first, second = (build(builds, tmp_path, "print(os.getppid())").text for _ in range(2))
    assert first == second != f"{os.getpid()}\n"


def test_a_forked_process_has_its_own(builds: Renderer, tmp_path: Path) -> None:
    ours = build(builds, tmp_path, "print(os.getppid())").text
    inherited, end = os.pipe()
    child = os.fork()
    if not child:
        os.write(end, build(builds, tmp_path, "print(os.getppid())").text.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(end)
    with open(inherited) as pipe:
        assert ours != pipe.read() != ""


def test_builds_get_nothing_but_their_streams(builds: Renderer, tmp_path: Path) -> None:
    made = build(builds, tmp_path, "print(os.listdir('/proc/self/fd'), os.getsid(0) == os.getpid())")
    # One more is that of the folder.
    assert made.text == "['0', '1', '2', '3'] True\n"
    assert build(builds, tmp_path, "print(repr(sys.stdin.read()))").text == "''\n"


def test_each_build_has_all_of_its_processor_time(builds: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "RENDER_CPU", 1)
    burn = "import time\nwhile time.process_time() < {}: pass\nprint('done')"
    assert [build(builds, tmp_path, burn.format(0.6)).text for _ in range(3)] == ["done\n"] * 3
    assert build(builds, tmp_path, burn.format(5)).error.startswith("kustomize build was killed")


def test_one_that_is_killed_leaves_others_alone(builds: Renderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert builds.kustomize.problem == ""
    slow: list[RendererOutput] = []
    thread = threading.Thread(target=lambda: slow.append(build(builds, tmp_path, "import time; time.sleep(2); print('slow')")))
    thread.start()
    time.sleep(0.5)
    monkeypatch.setattr(render, "RENDER_SECONDS", 0.2)
    assert build(builds, tmp_path, "import time; time.sleep(60)").error == "kustomize build took longer than 0.2 seconds"
    thread.join()
    assert slow == [RendererOutput("slow\n")]


def test_renderers_end_with_what_starts_them(builds: Renderer, tmp_path: Path) -> None:
    name = tmp_path / "started"
    code = f"import time; open({str(name)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    child = os.fork()
    if not child:
        build(builds, tmp_path, code)
        os._exit(0)
    deadline = time.monotonic() + 20
    while not (name.exists() and name.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    number = int(name.read_text())
    while time.monotonic() < deadline and _runs(number):
        time.sleep(0.05)
    assert not _runs(number)


def _runs(number: int) -> bool:
    # A zombie has ended, whoever is to wait for it.
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_starter_that_ended_is_an_error(builds: Renderer, tmp_path: Path) -> None:
    assert build(builds, tmp_path, "print('ok')").text == "ok\n"
    builds._starter._socket.shutdown(2)
    assert "the process that starts" in build(builds, tmp_path, "print('ok')").error
