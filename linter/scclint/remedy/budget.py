"""How often a report renders charts to try remedies: some views of each chart, a few times."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from scclint.deploy.unit import Unit
from scclint.finding import Finding
from scclint.limits import MAX_CHART_RENDERINGS, MAX_VIEWS_TRIED
from scclint.record import grouped
from scclint.yaml.edit import EditRefused


class RenderBudget:
    """Counts the renderings of each chart, and leaves views out of a chart that has many: those with the most findings are tried."""

    def __init__(self, findings: Sequence[Finding], units: Sequence[Unit]) -> None:
        self._spent = Counter[str]()
        self._tried: set[tuple[str, Hashable]] = set()
        self._left_out: set[str] = set()
        views = grouped((unit.path, unit.name) for unit in units if unit.kind == "chart" and unit.rendered)
        for names in views.values():
            if len(names) > MAX_VIEWS_TRIED:
                self._left_out |= set(names) - set(_chosen(names, [set(finding.units) for finding in findings]))

    def within(self, units: Iterable[Unit]) -> list[Unit]:
        """The units without the views of charts that are left out."""
        return [unit for unit in units if unit.name not in self._left_out]

    def spend(self, units: Sequence[Unit], edit: Hashable) -> None:
        """Count the renderings that it takes to try an edit in units. Raises EditRefused if they are too many for a chart."""
        new = {(unit.name, edit): unit.path for unit in units if unit.kind == "chart" and unit.rendered}
        new = {key: path for key, path in new.items() if key not in self._tried}
        needed = Counter(new.values())
        if any(self._spent[path] + number > MAX_CHART_RENDERINGS for path, number in needed.items()):
            raise EditRefused("not tried, because the chart was rendered often enough: use --fixes always")
        if needed.total() > MAX_CHART_RENDERINGS:
            raise EditRefused("not tried, because many charts share the file: use --fixes always")
        self._spent += needed
        self._tried |= new.keys()


def _chosen(names: Sequence[str], findings: Sequence[set[str]]) -> list[str]:
    """The views to try: one after the other the one that has the most findings which no earlier one has, then the first others."""
    chosen: list[str] = []
    pending = [finding for finding in findings if not finding.isdisjoint(names)]
    left = [*names]
    while left and len(chosen) < MAX_VIEWS_TRIED:
        best = max(left, key=lambda name: sum(name in finding for finding in pending))
        chosen.append(best)
        left.remove(best)
        pending = [finding for finding in pending if best not in finding]
    return chosen
