"""What axe-core says about the pages of the site, on a phone and on a narrow window, some of them also dark.

Skipped where it or Chromium is not at hand.
"""

import json
import os
import re
import subprocess
import sys
import threading
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scclint.about import SITE
from tests.browser import dom_at, needs_chromium

ROOT = Path(__file__).parents[3]
AXE = Path(os.environ.get("SCCLINT_AXE", "none"), "axe.min.js")
MESSAGE = (
    'unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, '
    "provider restricted-v2: .containers[0].runAsUser: Invalid value: 1000: must be in the ranges: [1000660000, 1000669999]]"
)
"""What is pasted into the box of the page of cluster error messages."""

DARK = ("index.html", "errors/index.html", "units/index.html", "verdicts/index.html", "fleet/index.html")
"""Pages that are also opened dark: together, they have everything that a page can have."""

DARK_FLAG = "--blink-settings=preferredColorScheme=0"

EVERY = 10
"""Of the pages of rules, which come from one template, only every tenth is opened: each takes about a second."""

SCRIPT = """
const found = {};
const open = async (page, width) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `border: 0; height: 1000px; width: ${width}px`;
  frame.src = page;
  document.body.append(frame);
  await new Promise(loaded => { frame.onload = loaded; });
  const script = frame.contentDocument.createElement("script");
  script.src = "/axe.js";
  frame.contentDocument.head.append(script);
  await new Promise(loaded => { script.onload = loaded; });
  const box = frame.contentDocument.getElementById("message");
  if (box) {
    box.value = MESSAGE;
    box.dispatchEvent(new Event("input"));
    if (!frame.contentDocument.querySelector("#entries pre")) found[`${page}: no answer`] = [];
  }
  const result = await frame.contentWindow.axe.run(frame.contentDocument, {resultTypes: ["violations"]});
  const at = `${page} at ${width}`;
  for (const one of result.violations) found[`${at}: ${one.id}`] = one.nodes.map(node => node.html);
  if (frame.contentDocument.documentElement.scrollWidth > width) found[`${at}: wider than the window`] = [];
  frame.remove();
};
const run = async () => {
  for (const page of PAGES) for (const width of [390, 1000]) await open(page, width);
};
run().catch(error => { found.error = String(error); }).finally(() => {
  document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = JSON.stringify(found);
});
"""

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(sys.version_info >= (3, 12), reason="takes minutes, and the pages are the same on every Python"),
    pytest.mark.skipif(not AXE.exists(), reason="SCCLINT_AXE does not name the folder of the npm package axe-core"),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Print no line for a request."""


def violations(root: Path, pages: list[str], profile: Path, *flags: str) -> dict[str, Any]:
    """The violations of the pages below a folder, by page, width and rule of axe-core. `flags` are for Chromium."""
    (root / "axe.js").write_bytes(AXE.read_bytes())
    script = SCRIPT.replace("MESSAGE", json.dumps(MESSAGE)).replace("PAGES", json.dumps(pages))
    (root / "run.html").write_text(f"<!doctype html><body><script>{script}</script></body>", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/run.html"
        html = dom_at(address, profile, *flags, "--window-size=1100,1100", "--virtual-time-budget=100000000", seconds=900)
        server.shutdown()
    (found,) = re.findall("<pre>(.*?)</pre>", html, re.DOTALL)
    violated: dict[str, Any] = json.loads(unescape(found))
    return violated


def test_no_violations(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="needs the extra `docs`")
    # The page of an error 404 links by the path of the site.
    base = "/" + SITE.rstrip("/").rpartition("/")[2]
    site = tmp_path / "root" / base[1:]
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)
    built = [file.relative_to(site).as_posix() for file in sorted(site.rglob("*.html"))]
    rules = [page for page in built if re.fullmatch(r"rules/[^/]+/index\.html", page)]
    pages = [page for page in built if page not in rules] + rules[::EVERY]
    assert len(pages) > 40
    assert violations(site.parent, [f"{base}/{page}" for page in pages], tmp_path) == {}
    # A browser keeps the colors that it began with.
    (tmp_path / "dark").mkdir()
    assert violations(site.parent, [f"{base}/{page}" for page in DARK], tmp_path / "dark", DARK_FLAG) == {}


def test_violations_are_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><title>A</title><main><h1>A</h1></main>", encoding="utf-8")
    found = violations(tmp_path, ["/page.html"], tmp_path)
    assert set(found) == {f"/page.html at {width}: html-has-lang" for width in (390, 1000)}
