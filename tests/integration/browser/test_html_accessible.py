"""What axe-core, in Chromium, says about the accessibility of pages (skipped where one of the two is not at hand)."""

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scclint.report import Options, render
from tests.browser import dom, needs_chromium
from tests.report.test_html import DEPLOYMENT, GRANTS
from tests.running import report_on

AXE = Path(os.environ.get("SCCLINT_AXE", "none"), "axe.min.js")
RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(result => {
  document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = JSON.stringify(result.violations);
});
"""

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not AXE.exists(), reason="SCCLINT_AXE does not name the folder of the npm package axe-core"),
]


def violations(page: str, folder: Path, width: int) -> dict[str, Any]:
    """The violations of a page in a window of this width, by rule of axe-core."""
    script = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script") + RUN
    # The policy of the page allows no script.
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    page = page.replace("</body>", f"<script>{script}</script></body>")
    html = dom(page, folder, f"--window-size={width},1000", "--virtual-time-budget=60000")
    (found,) = re.findall("<pre>(.*?)</pre>", html, re.DOTALL)
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
    assert all(f'id="{name}"' in text for name in ("unit", "workloads", "findings", "grants"))
    return text


@pytest.mark.parametrize("width", [390, 1280])
def test_no_violations(page: str, tmp_path: Path, width: int) -> None:
    assert violations(page, tmp_path, width) == {}


def test_violations_are_found(page: str, tmp_path: Path) -> None:
    assert set(violations(page.replace(' lang="en"', ""), tmp_path, 1280)) == {"html-has-lang"}
