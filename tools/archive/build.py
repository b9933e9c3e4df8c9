"""Build the self-contained archive of this platform, with PyInstaller from PyPI: `python tools/archive/build.py dist`.

The archive holds a folder with the program `scclint`, a Python interpreter and the dependencies, and `oc-scclint` and `kubectl-scclint`,
by which `oc scclint` and `kubectl scclint` find the program. Every file has the time of SOURCE_DATE_EPOCH, or of 1980.
"""

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

PLUGIN = """#!/bin/sh
# `{tool} scclint` runs this file if its folder is in PATH.
here=$(dirname "$(readlink -f "$0")")
exec "$here/scclint" "$@"
"""
WINDOWS_PLUGIN = """@rem {tool} scclint runs this file if its folder is in PATH.
@"%~dp0scclint.exe" %*
"""


def build(target: Path) -> Path:
    """Build the archive in the folder `target` and return its path."""
    with tempfile.TemporaryDirectory() as work:
        options = ["--noconfirm", "--distpath", f"{work}/dist", "--workpath", f"{work}/build"]
        command = [sys.executable, "-m", "PyInstaller", *options, str(HERE / "scclint.spec")]
        subprocess.run(command, check=True)
        folder = Path(work, "dist", "scclint")
        for tool in ("oc", "kubectl"):
            plugin = folder / (f"{tool}-scclint.cmd" if os.name == "nt" else f"{tool}-scclint")
            plugin.write_text((WINDOWS_PLUGIN if os.name == "nt" else PLUGIN).format(tool=tool), encoding="utf-8")
            plugin.chmod(0o755)
        shutil.copy(HERE.parents[1] / "LICENSE", folder)
        target.mkdir(parents=True, exist_ok=True)
        archive = target / f"scclint-{platform.system().lower()}-{platform.machine().lower()}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(folder, "scclint", filter=_plain)
    return archive


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))
    return entry


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if sys.argv[1:] else "dist")))
