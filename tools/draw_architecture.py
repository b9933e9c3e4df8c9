"""Draw the packages of scclint and who imports whom, as docs/architecture.svg.

A box is a package or a module directly below `scclint`. It stands above everything that it imports. An arrow is an import; one that
follows from two other arrows is left out.

    python tools/draw_architecture.py
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from math import fsum
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "linter" / "scclint"
PICTURE = ROOT / "docs" / "architecture.svg"

BOX_HEIGHT, ROW_HEIGHT, GAP, MARGIN, CHARACTER = 30, 74, 26, 24, 8.4
STYLE = """
text { font: 14px ui-monospace, monospace; text-anchor: middle; fill: #1b1b1b }
rect { fill: #fbeaea; stroke: #b02a2a; rx: 5 }
rect.module { fill: #ffffff }
path { fill: none; stroke: #777777; stroke-width: 1.2; marker-end: url(#head) }
.page { fill: #ffffff; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #eeeeee }
rect { fill: #3c1f1f; stroke: #ff9389 }
rect.module { fill: #2b303b }
.page { fill: #1e2129; stroke: none }
}
"""


def imported(file: Path) -> Iterator[str]:
    """Names directly below `scclint` that a file imports."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module] if node.module != "scclint" else [f"scclint.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("scclint."))


def imports_of_each() -> dict[str, set[str]]:
    """For each package and module, what it imports."""
    homes = {path.stem: path for path in sorted(SOURCE.iterdir()) if path.suffix == ".py" or (path / "__init__.py").exists()}
    homes = {name: path for name, path in homes.items() if not name.startswith("__")}
    files = {name: [path] if path.is_file() else sorted(path.rglob("*.py")) for name, path in homes.items()}
    return {name: {used for file in files[name] for used in imported(file)} & homes.keys() - {name} for name in homes}


def without_implied(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """The imports that do not follow from two or more others."""

    @cache
    def reached(name: str) -> frozenset[str]:
        return frozenset(imports[name]).union(*map(reached, imports[name]))

    return {name: used - set().union(*map(reached, used)) for name, used in imports.items()}


def rows(imports: dict[str, set[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """The rows from bottom to top, and each arrow as the names on its way down.

    A row holds boxes, and points with the name of an arrow where an arrow passes between boxes. Neighbours stand close together.
    """

    @cache
    def height(name: str) -> int:
        return 1 + max(map(height, imports[name]), default=-1)

    levels = [[name for name in imports if height(name) == level] for level in range(max(map(height, imports)) + 1)]
    arrows = []
    for name, used in imports.items():
        for other in sorted(used):
            points = {row: f"{name} {other} {row}" for row in range(height(name) - 1, height(other), -1)}
            arrows.append([name, *points.values(), other])
            for row, point in points.items():
                levels[row].append(point)
    near: dict[str, list[str]] = {name: [] for level in levels for name in level}
    for arrow in arrows:
        for upper, lower in pairwise(arrow):
            near[upper].append(lower)
            near[lower].append(upper)
    where = {name: (number + 0.5) / len(level) for level in levels for number, name in enumerate(level)}
    for _ in range(24):
        for level in levels:
            mean = {name: fsum(where[other] for other in near[name]) / max(len(near[name]), 1) for name in level}
            level.sort(key=lambda name: (mean[name], name))
            where |= {name: (number + 0.5) / len(level) for number, name in enumerate(level)}
    return levels, arrows


def draw() -> str:
    """The picture as SVG."""
    imports = without_implied(imports_of_each())
    levels, arrows = rows(imports)
    # Whole numbers: sums of others differ between releases of Python.
    width = {name: round(len(name) * CHARACTER) + 24 if name in imports else 0 for level in levels for name in level}
    total = max(sum(width[name] + GAP for name in level) for level in levels) + 2 * MARGIN
    middle: dict[str, tuple[float, float]] = {}
    for row, level in enumerate(reversed(levels)):
        space = (total - 2 * MARGIN - sum(width[name] for name in level)) / len(level)
        left = MARGIN + space / 2
        for name in level:
            middle[name] = (left + width[name] / 2, MARGIN + BOX_HEIGHT / 2 + row * ROW_HEIGHT)
            left += width[name] + space
    parts = []
    for arrow in arrows:
        way = ""
        for upper, lower in pairwise(arrow):
            x, y = middle[upper][0], middle[upper][1] + BOX_HEIGHT / 2
            end_x, end_y = middle[lower][0], middle[lower][1] - BOX_HEIGHT / 2 - (6 if lower in imports else 0)
            bend = (end_y - y) / 2
            way += f"{'L' if way else 'M'}{x:.0f} {y:.0f}"
            way += f"C{x:.0f} {y + bend:.0f} {end_x:.0f} {end_y - bend:.0f} {end_x:.0f} {end_y:.0f}"
        parts.append(f'<path d="{way}"/>')
    for name in imports:
        x, y = middle[name]
        kind = ' class="module"' if (SOURCE / f"{name}.py").exists() else ""
        parts.append(
            f'<rect{kind} x="{x - width[name] / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{width[name]:.0f}" height="{BOX_HEIGHT}"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}">{name}</text>'
        )
    size = f"{total:.0f} {2 * MARGIN + BOX_HEIGHT + (len(levels) - 1) * ROW_HEIGHT}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
            "<title>The packages of scclint; each imports only what is below it</title>",
            f"<style>{STYLE}</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="6" markerHeight="6" orient="auto">',
            '<polygon points="0 0 8 4 0 8" fill="#777777"/></marker></defs>',
            '<rect class="page" width="100%" height="100%"/>',
            *parts,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8", newline="\n")
