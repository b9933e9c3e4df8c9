"""What axe-core, in Chromium, says about the accessibility of pages (skipped where one of the two is not at hand)."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scclint.report import Options, render
from tests.report.test_html import DEPLOYMENT, GRANTS
from tests.running import report_on

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(os.environ.get("SCCLINT_AXE", "none"), "axe.min.js")
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(result => {
  document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = JSON.stringify(result.violations);
});
"""

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not AXE.exists(), reason="SCCLINT_AXE does not name the folder of the npm package axe-core"),
]


def violations(page: str, folder: Path, width: int) -> dict[str, Any]:
    """The violations of a page in a window of this width, by rule of axe-core."""
    script = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script") + RUN
    # The policy of the page allows no script.
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS.split(), f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1000"]
    command += ["--virtual-time-budget=60000", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    (found,) = re.findall("<pre>(.*?)</pre>", done.stdout, re.DOTALL)
    return {one["id"]: [node["html"] for node in one["nodes"]] for one in json.loads(unescape(found))}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A page with everything that a page can have."""
    monkeypatch.chdir(tmp_path)
    subjects = "".join(f"- {{kind: ServiceAccount, name: agent-{number}, namespace: ops}}\n" for number in range(20))
    for name, text in (("a", GRANTS % subjects), ("b", DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text("resources: [web.yaml]\n")
        Path(name, "web.yaml").write_text(text)
    text = render(report_on(["."], review=True), "html", Options(show_suppressed=True))
    assert all(f'id="{name}"' in text for name in ("unit", "rule", "workloads", "findings", "grants"))
    return text


@pytest.mark.parametrize("width", [390, 1280])
def test_no_violations(page: str, tmp_path: Path, width: int) -> None:
    assert violations(page, tmp_path, width) == {}


def test_violations_are_found(page: str, tmp_path: Path) -> None:
    assert set(violations(page.replace(' lang="en"', ""), tmp_path, 1280)) == {"html-has-lang"}
