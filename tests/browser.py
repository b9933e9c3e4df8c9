"""Chromium, for tests of what a page shows. They are skipped where it is not installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")

needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="Chromium is not installed")


def dom(page: str, folder: Path, *flags: str) -> str:
    """Return the HTML of a page after its scripts have run. The page and the profile of the browser are written to `folder`."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    return dom_at(file.as_uri(), folder, *flags)


def dom_at(address: str, folder: Path, *flags: str, seconds: float = 120) -> str:
    """Return the HTML of the page at an address after its scripts have run. The profile of the browser is written to `folder`."""
    command = [str(_CHROMIUM), *_FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds).stdout
