"""A page fits a narrow screen, however long the names of its units are (skipped where Chromium is not at hand)."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from scclint.report import render
from tests.report.test_html import DEPLOYMENT
from tests.running import report_on

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync --window-size=500,1000"
)
SCRIPT = (
    "<script>document.title = `${document.documentElement.scrollWidth} of ${document.documentElement.clientWidth}`</script>"
)


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_nothing_is_wider_than_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "config-of-the-local-development/of-all-the-environments-of-the-platform"):
        folder = Path(name)
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text("resources: [web.yaml]\n")
        (folder / "web.yaml").write_text(DEPLOYMENT % ("web", ", securityContext: {runAsUser: 0}"))
    page = render(report_on(["."], review=True), "html")
    page = re.sub('<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</body>", f"{SCRIPT}</body>")
    file = tmp_path / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    (wide, screen) = re.findall("<title>([0-9]+) of ([0-9]+)</title>", done.stdout)[0]
    assert int(wide) <= int(screen)
