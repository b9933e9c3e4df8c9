"""Try a self-contained archive: `python tools/archive/try.py scclint-linux-x86_64.tar.gz`.

Unpacks it, and runs the program, its plugins, a template and a kustomization, each of which starts processes of its own. Fails with the
output of the command that does not do what it should. Prints the time of a run over one file.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

DEMO = Path(__file__).parents[2] / "fixtures" / "demo"


def main(archive: str) -> None:
    """Run each command and compare what it prints."""
    program_ends, plugin_ends = (".exe", ".cmd") if os.name == "nt" else ("", "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        unpacked = folder / "scclint"
        program = unpacked / f"scclint{program_ends}"
        (folder / "count.j2").write_text("{{ findings | length }} findings\n", encoding="utf-8")
        (folder / "kustomization.yaml").write_text("resources: [deployment.yaml]\n", encoding="utf-8")
        (folder / "deployment.yaml").write_text((DEMO / "deployment.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        check = ("check", "--isolated", "--no-cache", "--exit-zero")
        expect("scclint ", program, "--version")
        expect("SEC206", program, *check, str(DEMO))
        expect("findings", program, *check, "--template", str(folder / "count.j2"), str(DEMO))
        expect("kustomize", program, "units", "--isolated", str(folder))
        for tool in ("oc", "kubectl"):
            expect("SCC101", unpacked / f"{tool}-scclint{plugin_ends}", "rules", "--isolated")
        start = time.perf_counter()
        expect("linted", program, *check, str(DEMO / "deployment.yaml"))
        print(f"a run over one file took {time.perf_counter() - start:.2f} s")


def expect(text: str, program: Path, *arguments: str) -> None:
    """Run a program, and fail unless it succeeds and prints the text."""
    environ = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=environ, check=False)
    if done.returncode or text not in done.stdout:
        raise SystemExit(f"{program.name} {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main(sys.argv[1])
