"""A catalog of OLM bundles: each bundle is judged as if nothing else were there, however alike the others are."""

from pathlib import Path

import pytest

import scclint
from scclint.finding import Finding
from scclint.linting import find_units
from scclint.record import replace
from scclint.run.run import report_of
from tests.deploy.catalog import write_catalog
from tests.running import run_over

BUNDLES = 100


def _by_bundle(report: scclint.Report) -> dict[str, list[Finding]]:
    """Return the findings of each bundle without the names of units, which depend on the folder that a run begins in."""
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        bundle = "/".join(finding.span.file.split("/")[:3])
        found.setdefault(bundle, []).append(replace(finding, units=()))
    return found


def test_each_bundle_of_a_catalog_has_the_findings_that_it_has_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bundles = write_catalog(tmp_path, BUNDLES)
    # Causes are joined over bundles, and what is judged is not.
    whole = _by_bundle(report_of(run_over(["operators"])))
    alone: dict[str, list[Finding]] = {}
    for bundle in bundles:
        alone |= _by_bundle(report_of(run_over([bundle])))
    assert whole == alone
    assert len({finding.rule_id for found in whole.values() for finding in found}) >= 8, "the bundles show too little"
    assert len({tuple((f.rule_id, f.message) for f in found) for found in whole.values()}) >= BUNDLES // 10


def test_each_bundle_is_a_unit_that_neither_gives_nor_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bundles = write_catalog(tmp_path, 50)
    units = find_units(["."])
    assert [(u.name, u.kind, u.gives, u.takes) for u in units] == [(b, "bundle", False, False) for b in sorted(bundles)]
