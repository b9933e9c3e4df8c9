"""What axe-core, in Chromium, says about the accessibility of each page, light and dark (skipped where one of the two is not at hand)."""

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scclint.cli import main
from scclint.report import Options, render
from tests.apps.fleet.test_query import POD, PRIVILEGED
from tests.browser import dom, needs_chromium
from tests.report.test_html import DEPLOYMENT, GRANTS
from tests.running import report_on

AXE = Path(os.environ.get("SCCLINT_AXE", "none"), "axe.min.js")
RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(result => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) result.violations.push({id: "wider-than-the-window", nodes: []});
  document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = JSON.stringify(result.violations);
});
"""

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not AXE.exists(), reason="SCCLINT_AXE does not name the folder of the npm package axe-core"),
]


def violations(page: str, folder: Path, width: int, dark: bool = False) -> dict[str, Any]:
    """The violations of a page in a window of this width, by rule of axe-core."""
    script = AXE.read_text(encoding="utf-8").replace("</script", "<\\/script") + RUN
    # The policy of the page allows no script.
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    page = page.replace("</body>", f"<script>{script}</script></body>")
    if dark:
        page = page.replace("(prefers-color-scheme: dark)", "(min-width: 0)")
    html = dom(page, folder, f"--window-size={width},1000", "--virtual-time-budget=60000")
    (found,) = re.findall("<pre>(.*?)</pre>", html, re.DOTALL)
    return {one["id"]: [node["html"] for node in one["nodes"]] for one in json.loads(unescape(found))}


def write_input() -> None:
    """Write manifests that make a page have everything that a page can have."""
    subjects = "".join(f"- {{kind: ServiceAccount, name: agent-{number}, namespace: ops}}\n" for number in range(20))
    for name, text in (("a", GRANTS % subjects), ("b", DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text("resources: [web.yaml]\n")
        Path(name, "web.yaml").write_text(text)


def report_page() -> str:
    text = render(report_on(["."], review=True), "html", Options(show_suppressed=True))
    assert all(f'id="{name}"' in text for name in ("unit", "workloads", "findings", "grants"))
    return text


def fleet_page() -> str:
    """The page of a fleet of two teams and two scans, on two releases, with a target that cannot be judged."""
    pytest.importorskip("duckdb", reason="needs the extra `fleet`")
    for _ in range(2):
        assert (
            main(["fleet", "run", "-q", "--jobs", "1", "--out", "fleet", "--openshift", "4.22,5.0", "--targets", "targets.csv"])
            == 0
        )
        Path("b", "more.yaml").write_text(POD % PRIVILEGED)
        Path("b", "kustomization.yaml").write_text("resources: [web.yaml, more.yaml]\n")
    assert main(["fleet", "report", "--out", "fleet", "-o", "fleet.html"]) == 0
    text = Path("fleet.html").read_text(encoding="utf-8")
    sections = ("team", "by-team", "by-repository", "rejected", "unconfined", "grants-that-open-the-node", "problem-targets")
    assert all(f'id="{name}"' in text for name in sections)
    assert "<path" in text
    return text


def review_page() -> str:
    assert main(["review", "--format", "html", "-o", "review.html", "."]) == 0
    return Path("review.html").read_text(encoding="utf-8")


def controls_page() -> str:
    assert main(["controls", "--format", "html", "-o", "controls.html", "."]) in (0, 1)
    return Path("controls.html").read_text(encoding="utf-8")


PAGES = {"report": report_page, "fleet": fleet_page, "review": review_page, "controls": controls_page}


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_input()
    Path("targets.csv").write_text("repository,team\na,ops\nb,shop\nmissing,shop\n")
    return tmp_path


@pytest.mark.parametrize("name", PAGES)
def test_no_violations(inputs: Path, name: str) -> None:
    page = PAGES[name]()
    for width in (390, 1280):
        for dark in (False, True):
            assert violations(page, inputs, width, dark) == {}, f"{width} pixels{', dark' if dark else ''}"


def test_violations_are_found(inputs: Path) -> None:
    page = report_page()
    assert set(violations(page.replace(' lang="en"', ""), inputs, 1280)) == {"html-has-lang"}
    wide = page.replace("<main>", "<main><pre>" + "x" * 400 + "</pre>").replace("overflow-x: auto", "overflow-x: visible")
    assert set(violations(wide, inputs, 1280)) == {"wider-than-the-window"}
    gray = page.replace("--quiet: #a6aeb9", "--quiet: #333333")
    assert set(violations(gray, inputs, 1280, dark=True)) == {"color-contrast"}
