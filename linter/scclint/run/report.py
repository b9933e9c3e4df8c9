"""What judging one unit yields, and the report of one run, as values: nothing is printed yet."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from scclint.deploy.unit import Unit
from scclint.finding import Cause, Crash, Finding, Fix, Ignore, Kind, Notice, Tally
from scclint.record import EMPTY, record
from scclint.rule import AnyRule

if TYPE_CHECKING:
    from scclint.admission.verdict import ObjectRef
    from scclint.outcome.rows import GrantRow, WorkloadRow
    from scclint.yaml.untyped import Object


@record
class Report:
    """The result of one run: everything that the output formats need.

    `findings` are sorted by file, line, column and rule; suppressed ones are included, with their `suppression` set.
    `platform` names the releases that were judged: `OpenShift 4.22`. `texts` has the decoded text of each file that a finding
    or related place points into, for snippets, UTF-16 columns and line hashes. A text is read when it is asked for.
    `rules` are all rules of the run, sorted by id.
    `outcomes` has the row of each workload and `grants` that of each grant of an SCC, by release, if the run was asked for them.
    `units` are what was judged together, sorted by name. `nothing` is True if nothing was read that might be a manifest, and
    `unjudged` are the paths that the user named and of which nothing was judged. `files` are those that were judged,
    and `folders` those that the run was asked for. `vendored` is the number of files that are left out because they are copies of Go modules.
    `formatter` writes the report in a format, for `to_json` and `to_sarif`.
    """

    findings: tuple[Finding, ...] = ()
    crashes: tuple[Crash, ...] = ()
    notices: tuple[Notice, ...] = ()
    tally: Tally = Tally()
    platform: str = ""
    texts: Mapping[str, str] = EMPTY
    rules: tuple[AnyRule, ...] = ()
    outcomes: "Mapping[str, tuple[WorkloadRow, ...]]" = EMPTY
    grants: "Mapping[str, tuple[GrantRow, ...]]" = EMPTY
    units: tuple[Unit, ...] = ()
    nothing: bool = False
    unjudged: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    vendored: int = 0
    formatter: "Callable[[Report, str], str] | None" = None

    def __repr__(self) -> str:
        return f"Report({self.platform}: {len(self.findings)} findings, {len(self.notices)} notices, {len(self.units)} units)"

    def covers(self, file: str) -> bool:
        """Return whether the run judged the file, or would have if the file still existed."""
        path = os.path.normpath(file)
        inside = any(os.path.relpath(path, folder).partition(os.sep)[0] != os.pardir for folder in self.folders)
        return inside or file in self.files

    @property
    def judged_nothing(self) -> bool:
        """Whether there was something to judge and none of it was: template sources, patches, files that cannot be read."""
        missed = self.tally.unsupported or self.tally.unparsable
        return not self.tally.linted and bool(self.nothing or missed or self.failed)

    @property
    def unrendered(self) -> bool:
        """Whether a kustomization or chart was judged by its source files instead of by what it renders to."""
        return any(unit.unrendered for unit in self.units)

    @property
    def failed(self) -> bool:
        """Whether something that was to be judged could not be read, or a rule failed."""
        return bool(self.crashes) or any(notice.level == "error" for notice in self.notices)

    @property
    def live(self) -> tuple[Finding, ...]:
        """The findings that nothing suppresses."""
        return tuple(f for f in self.findings if f.suppression is None)

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the facts of one kind that nothing suppresses."""
        return tuple(f for f in self.live if f.kind == kind)

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The problems that nothing suppresses."""
        return self.of("problem")

    @property
    def access(self) -> tuple[Finding, ...]:
        """The access that nothing suppresses."""
        return self.of("access")

    @property
    def gaps(self) -> tuple[Finding, ...]:
        """The gaps that nothing suppresses."""
        return self.of("gap")

    @property
    def advice(self) -> tuple[Finding, ...]:
        """The advice that nothing suppresses."""
        return self.of("advice")

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes, suppressed ones too, in the order of their findings."""
        from scclint.facts.keys import causes_of

        return tuple(causes_of(self.findings))

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The proved fixes, each once, in the order of their findings, if the run was asked for them."""
        return tuple(dict.fromkeys(finding.fix for finding in self.live if finding.fix is not None))

    @property
    def rows(self) -> "tuple[WorkloadRow, ...]":
        """The workloads that `scclint review` lists, each once for each release, if the run was asked for them."""
        return tuple(row for rows in self.outcomes.values() for row in rows)

    @property
    def suppressed(self) -> int:
        """The number of findings that somebody suppressed or accepted."""
        return sum(f.suppression is not None and f.suppression.by not in ("finding", "diff-base") for f in self.findings)

    @property
    def known(self) -> int:
        """The number of findings that a review leaves out, because its base has them as well."""
        return sum(f.suppression is not None and f.suppression.by == "diff-base" for f in self.findings)

    def to_json(self) -> str:
        """Return the report in version 1 of the format `json`."""
        return self._as("json")

    def to_sarif(self) -> str:
        """Return the report as SARIF 2.1.0."""
        return self._as("sarif")

    def _as(self, form: str) -> str:
        if self.formatter is None:
            raise TypeError("only a report that a function of the public API returned can be written")
        return self.formatter(self, form)


@record
class JudgementGap:
    """Something that no rule looks at: `sort` groups it with others, `what` names it, `why` says why it is not judged.

    `words` are the access words in it, and `file` and `line` its place; the line is 0 where it is not known.
    """

    sort: str
    what: str
    why: str = ""
    words: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


@record
class UnitResult:
    """The findings of a unit, and how its input was treated.

    `ignores` are the suppressions written in its files, with what they cover here. `tallies` count the documents of each file.
    `files` are those that were read. `platform` is what was judged, for people. `nothing` is True where nothing that might be a
    manifest was read, and `judged` are the files of which something was judged. `outcomes` has the row of each
    workload and `grants` that of each grant of an SCC, by release, if the run asks for it. So does it for `applied`, the manifests of
    the unit except workloads, by reference.
    """

    unit: str
    findings: tuple[Finding, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    crashes: tuple[Crash, ...] = ()
    notices: tuple[Notice, ...] = ()
    unjudged: tuple[JudgementGap, ...] = ()
    tallies: Mapping[str, Tally] = EMPTY
    files: tuple[str, ...] = ()
    platform: str = ""
    texts: Mapping[str, str] = EMPTY
    nothing: bool = False
    judged: tuple[str, ...] = ()
    outcomes: "Mapping[str, tuple[WorkloadRow, ...]]" = EMPTY
    grants: "Mapping[str, tuple[GrantRow, ...]]" = EMPTY
    applied: "Mapping[ObjectRef, Object]" = EMPTY
