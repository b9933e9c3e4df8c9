"""How long an editor waits for problems after a key, in a unit of a given number of files.

python -m benchmarks.editor --files 50 --keys 40
python -m benchmarks.editor --files 1 --documents 150
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.generate import WORKLOAD
from tests.integration.lsp.editor import Editor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=50)
    parser.add_argument("--keys", type=int, default=40)
    parser.add_argument("--documents", type=int, default=1, help="documents in the file that is typed in")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for i in range(args.files):
            documents = range(i, i + args.documents * args.files, args.files) if i == 0 else (i,)
            text = "---\n".join(WORKLOAD.format(i=number, n=number % 5) for number in documents)
            (Path(folder) / f"web-{i}.yaml").write_text(text)
        asyncio.run(measure(Path(folder), args.keys))


async def measure(folder: Path, keys: int) -> None:
    """Type a user ID into a container, one key at a time, and print how long the problems of each key take."""
    editor = Editor(folder)
    await editor.start()
    text = (folder / "web-0.yaml").read_text()
    start = time.perf_counter()
    editor.open("web-0.yaml")
    await editor.problems_of("web-0.yaml")
    print(f"first problems: {1000 * (time.perf_counter() - start):.0f} ms")
    times = []
    for key in range(keys):
        digits = "1000680000"[: key % 10 + 1]
        start = time.perf_counter()
        editor.type("web-0.yaml", text.replace("securityContext:", f"securityContext:\n            runAsUser: {digits}", 1))
        await editor.problems_of("web-0.yaml")
        times.append(1000 * (time.perf_counter() - start))
        await asyncio.sleep(0.1)
    await editor.stop()
    times.sort()
    print(
        f"after a key: median {statistics.median(times):.0f} ms, 95 % {times[int(len(times) * 0.95)]:.0f} ms, most {times[-1]:.0f} ms"
    )


if __name__ == "__main__":
    main()
