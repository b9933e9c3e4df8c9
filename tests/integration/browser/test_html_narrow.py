"""A page fits a narrow screen, however long the names of its units are (skipped where Chromium is not at hand)."""

import re
from pathlib import Path

import pytest

from scclint.report import html_page, render
from scclint.report.html_page import TableBody, TableCell
from tests.browser import dom, needs_chromium
from tests.report.test_html import DEPLOYMENT
from tests.running import report_on

SCRIPT = (
    "<script>document.title = `${document.documentElement.scrollWidth} of ${document.documentElement.clientWidth}`</script>"
)


@needs_chromium
def test_nothing_is_wider_than_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "config-of-the-local-development/of-all-the-environments-of-the-platform"):
        folder = Path(name)
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text("resources: [web.yaml]\n")
        (folder / "web.yaml").write_text(DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))
    page = render(report_on(["."], review=True), "html")
    wide, screen = shown(with_script(page), tmp_path, "500,1000")
    assert wide <= screen


@needs_chromium
def test_a_table_of_many_columns_fits_a_desktop(tmp_path: Path) -> None:
    titles = [f"Can take over the node {number}" for number in range(11)]
    body = TableBody([[TableCell(title, "fixtures/pod-access") for title in titles]])
    page = html_page.render("review", lead="", titles=titles, workloads=[body], wide=False)
    wide, screen = shown(with_script(page), tmp_path, "1280,900")
    assert wide <= screen


def with_script(page: str) -> str:
    """The page with the script, which the page's own policy would not run."""
    return re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</body>", f"{SCRIPT}</body>")


def shown(page: str, folder: Path, size: str) -> tuple[int, int]:
    """The widths of a page and of the screen, in pixels."""
    html = dom(page, folder, f"--window-size={size}")
    wide, screen = re.findall("<title>([0-9]+) of ([0-9]+)</title>", html)[0]
    return int(wide), int(screen)
