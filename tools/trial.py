"""Try scclint on repositories that nobody prepared for, and count what people think of the problems that it finds.

    python tools/trial.py draw --seed 7 --number 100 --output FOLDER [KIND=]REPOSITORY ...
    python tools/trial.py count FOLDER [FOLDER]
    python tools/trial.py again --sheets FOLDER --output RUNS [KIND=]REPOSITORY ...

`draw` runs `scclint check .` in each repository as a user does, and draws problems from what the text report shows. It draws one of
each repository in turn, in an order that depends only on the seed and the repository, until there are enough. `FOLDER/001.md` and so
on are the sheets, one for each finding, with what a judge needs to know: the finding as printed, the lines around each place that it
names, the object that it is about, and what else the repository has on it. `FOLDER/index.md` counts them, and `FOLDER/runs` has the
reports. KIND is a word for the kind of repository, such as `chart` or `operator`.

A judge fills in the fields at the top of each sheet. The verdict is one of these words:

    right     true, and worth the maintainer's time
    noise     true, but a repeat, wanted, or of no interest for this repository
    wording   true and useful, but hard to understand, or at the wrong line
    wrong     not true
    harmful   what it advises breaks something

`count` prints the verdicts as Markdown tables. With the folders of two judges, a finding is right only if both say so; else it has
the worse of their verdicts. Authors of scclint are not judges.

`again` runs another scclint in the same repositories, and prints which of the drawn findings it still has, by verdict: a finding that
was right should stay, and the others should go. Nothing here uses the network.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

from ruamel.yaml import YAML

Json = dict[str, Any]
T = TypeVar("T")

VERDICTS = ("right", "noise", "wording", "wrong", "harmful")
"""The words for a verdict, from the best to the worst."""

STATES = ("same", "changed", "gone")
FIELDS = ("verdict", "would act", "remedy carried out", "why")
_REPORTED = ("text", "help", "notes", "path")
"""What a sheet has of the JSON report: the text report leaves some of it out."""

_HEAD = re.compile(r"^(?P<file>\S.*?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?: \w+\[(?P<rule>[A-Z]{3}\d{3})\](?=\s)", re.ASCII)
_PLACE = re.compile(r"([\w./@+-]+\.[\w-]+|[\w./-]*(?:Makefile|Dockerfile|Containerfile)):(\d+)")
_GRANT = re.compile(
    r"add-scc-to-|SecurityContextConstraints|system:openshift:scc:|system:serviceaccounts?:|securitycontextconstraints"
)
_DEPLOYS = re.compile(r"\b(oc|kubectl|helm|kustomize|argocd|flux|skaffold|helmfile)\b")
_SOURCE = re.compile(r"^# Source: [^/]+(/.*)", re.MULTILINE)
_OPENSHIFT = tuple(
    f"--api-versions={version}" for version in ("security.openshift.io/v1/SecurityContextConstraints", "route.openshift.io/v1")
)
_MANIFESTS = (".yaml", ".yml", ".json", ".tpl", ".j2", ".tmpl", ".template", ".in")
_SCRIPTS = ("", ".sh", ".bash", ".mk", ".py", ".groovy", ".tf", ".ps1")
_MARGIN = 8
"""Lines shown before and after each place."""

_MOST_LINES = 160
"""Lines of an object that a sheet shows."""

_MOST_UNITS = 5
"""Units that are rendered to find the object of a finding."""

_FAILED = "failed: "
_MOST_MENTIONS = 20
"""Lines of other files that a sheet shows for each question."""

_LONGEST_FILE = 1_000_000
_SECONDS = 600


class Finding(NamedTuple):
    """A problem that the text report shows: the text as printed, and its entry in the JSON report of the same run."""

    printed: str
    entry: Json


class Trial(NamedTuple):
    """One run over a repository. `units` are the entries of `scclint units`, by name."""

    kind: str
    folder: Path
    commit: str
    status: int
    seconds: float
    errors: str
    findings: list[Finding]
    units: dict[str, Json]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def crashed(self) -> bool:
        return self.status not in (0, 1, 2, 4) or "Traceback" in self.errors


class Sheet(NamedTuple):
    """What a sheet says, and what a judge wrote on it. `verdict` is empty if there is none yet. `printed` is the finding."""

    number: str
    rule: str
    repository: str
    kind: str
    verdict: str
    printed: str = ""


# The run


def shown(text: str, entries: Sequence[Json]) -> list[Finding]:
    """Return the problems that a text report shows, with their entries of the JSON report."""
    waiting: dict[tuple[str, str], list[Json]] = {}
    for entry in entries:
        waiting.setdefault((entry["rule"], _place(entry)), []).append(entry)
    found = []
    for block in re.split(r"\n{2,}", text):
        head = _HEAD.match(block)
        if not head:
            continue
        place = ":".join(part for part in (head["file"], head["line"], head["column"]) if part)
        same = waiting.get((head["rule"], place))
        if not same:
            raise SystemExit(f"the JSON report has no {head['rule']} at {place}")
        found.append(Finding(block.rstrip("\n"), same.pop(0)))
    return found


def _place(entry: Json) -> str:
    return ":".join(str(entry[key]) for key in ("file", "line", "column") if entry[key])


def try_out(kind: str, folder: Path, program: str, runs: Path) -> Trial:
    """Run `scclint check .` in a repository, as a user does, and keep its reports in `runs`."""
    text, found, units = (runs / f"{folder.name}.{end}" for end in ("txt", "json", "units.json"))
    for old in (text, found, units):
        old.unlink(missing_ok=True)
    start = perf_counter()
    run = _output(
        folder, program, "check", "--no-cache", "--format=full", "-o", str(text), "--format=json", "-o", str(found), "."
    )
    seconds = perf_counter() - start
    (runs / f"{folder.name}.err").write_text(run.stderr, encoding="utf-8")
    findings = []
    if found.exists():
        report = json.loads(found.read_text(encoding="utf-8"))
        findings = shown(text.read_text(encoding="utf-8"), report["problems"])
    listed = _output(folder, program, "units", "--no-cache", "--format=json", ".").stdout or '{"units": []}'
    units.write_text(listed, encoding="utf-8")
    commit = _output(folder, "git", "rev-parse", "HEAD").stdout.strip()
    by_name = {unit["name"]: unit for unit in json.loads(listed)["units"]}
    return Trial(kind, folder, commit, run.returncode, seconds, run.stderr, findings, by_name)


def _output(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder. As in a shell, status 124 means that it took too long, and 127 that it is not there."""
    try:
        return subprocess.run(
            words, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except FileNotFoundError:
        return subprocess.CompletedProcess(words, 127, "", f"{words[0]} is not installed")
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"{words[0]} took more than {_SECONDS} s")


# The draw


def draw(found: Mapping[str, Sequence[T]], seed: int, number: int, most: int) -> list[tuple[str, T]]:
    """Return at most `number` findings: one of each repository in turn, at most `most` of each.

    The order in a repository depends on the seed and its name only, so the other repositories do not change it.
    """
    orders = {}
    for name in sorted(found):
        order = list(found[name])
        random.Random(f"{seed} {name}").shuffle(order)
        orders[name] = order[:most]
    rounds = [(name, order[turn]) for turn in range(most) for name, order in orders.items() if turn < len(order)]
    return sorted(rounds[:number], key=lambda drawn: drawn[0])


# The sheets


class Files:
    """The text files of a repository, read once, without those of git."""

    def __init__(self, folder: Path) -> None:
        self.lines: dict[str, list[str]] = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if name.startswith(".git/") or not path.is_file() or path.stat().st_size > _LONGEST_FILE:
                continue
            content = path.read_bytes()
            if b"\0" not in content:
                self.lines[name] = content.decode("utf-8", "replace").splitlines()

    def around(self, file: str, line: int) -> str:
        """Return the lines around a line, each with its number; the line itself is marked."""
        lines = self.lines[file]
        first, last = max(line - _MARGIN, 1), min(line + _MARGIN, len(lines))
        return "\n".join(f"{'>' if at == line else ' '} {at:5} | {lines[at - 1]}" for at in range(first, last + 1))

    def mentions(self, pattern: re.Pattern[str] | None, wanted: Callable[[str], bool]) -> list[str]:
        """Return the lines of the wanted files that a pattern matches, each with its place; none without a pattern."""
        return [
            f"{file}:{at}: {line.strip()[:200]}"
            for file, lines in self.lines.items()
            if pattern and wanted(file)
            for at, line in enumerate(lines, 1)
            if pattern.search(line)
        ]


def words(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern for names as whole words; None if there is no name."""
    parts = sorted({re.escape(name) for name in names if name})
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(parts)})(?![\w-])") if parts else None


def places(finding: Finding, files: Files) -> list[tuple[str, int]]:
    """Return every place that a finding names, in the order in which it names them."""
    entry = finding.entry
    named = [(each["file"], each["line"]) for each in (entry, *entry["related"], *entry["flow"])]
    said = "\n".join((finding.printed, entry["text"], entry["help"], *entry["notes"]))
    named += [(file, int(line)) for file, line in _PLACE.findall(said)]
    return [(file, line) for file, line in dict.fromkeys(named) if 0 < line <= len(files.lines.get(file, ()))]


def document_at(lines: Sequence[str], line: int) -> str:
    """Return the YAML document of a file that contains a line."""
    first = max((at + 1 for at in range(min(line, len(lines))) if lines[at].startswith("---")), default=0)
    last = next((at for at in range(line, len(lines)) if lines[at].startswith("---")), len(lines))
    return "\n".join(lines[first:last]).strip("\n")


def object_in(text: str, kind: str, name: str, template: str = "") -> str:
    """Return the document of this kind and name in a rendered text, or else the first of this kind from a template of helm.

    The name of a release may be another one than in the run. The result is empty if there is no such document.
    """
    documents = [document.strip("\n") for document in re.split(r"^---.*\n", text, flags=re.MULTILINE)]
    same_kind = [document for document in documents if kind in re.findall(r"^kind: [\"']?(\w+)", document, re.MULTILINE)]
    named = [one for one in same_kind if name in re.findall(r"^  name: [\"']?([^\s\"']+)", one, re.MULTILINE)]
    made = [one for one in same_kind if template and any(template.endswith(source) for source in _SOURCE.findall(one))]
    return next(iter(named + made), "")


class Renderer:
    """Renders the units of a repository with helm and kustomize, each once."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.rendered: dict[str, tuple[str, str]] = {}

    def text(self, name: str) -> tuple[str, str]:
        """Return the command that renders a unit, and what it prints; both empty if nothing renders it."""
        if name not in self.rendered:
            command = self._command(name)
            run = _output(self.trial.folder, *command) if command else None
            if run and command[0] == "helm" and "missing in charts/ directory" in run.stderr:
                command = [*command, "(without the dependencies that are not there)"]
                run = self._without_dependencies(self.trial.units[name]["path"], command[:-1])
            text = run.stdout or f"{_FAILED}{run.stderr.strip()[:1000]}" if run else ""
            self.rendered[name] = (" ".join(command), text)
        return self.rendered[name]

    def _without_dependencies(self, path: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Render a copy of a chart that names only the dependencies that its folder has."""
        with TemporaryDirectory() as folder:
            copied = Path(folder) / "repository"
            shutil.copytree(self.trial.folder, copied, symlinks=True, ignore=shutil.ignore_patterns(".git"))
            chart = copied / path / "Chart.yaml"
            content = YAML().load(chart)
            there = {re.sub(r"-\d[^/]*\.tgz$", "", one.name) for one in chart.parent.glob("charts/*")}
            content["dependencies"] = [one for one in content.get("dependencies", ()) if one["name"] in there]
            YAML().dump(content, chart)
            (chart.parent / "Chart.lock").unlink(missing_ok=True)
            return _output(copied, *command)

    def _command(self, name: str) -> list[str]:
        unit = self.trial.units.get(name)
        if unit is None:
            return []
        path = unit["path"]
        if (self.trial.folder / path / "Chart.yaml").is_file():
            release = PurePosixPath(self.trial.folder.name if path == "." else path).name.lower()
            views = [f"{path}/{name.partition('#')[2]}{ending}" for ending in (".yaml", ".yml")]
            values = [f"--values={view}" for view in views if (self.trial.folder / view).is_file()]
            namespace = [f"--namespace={unit['namespace']}"] if unit["namespace"] else []
            return ["helm", "template", release, path, *_OPENSHIFT, *namespace, *values]
        if unit["kind"] == "kustomize":
            return ["kustomize", "build", "--load-restrictor=LoadRestrictionsNone", path]
        return []


def sheet(title: str, trial: Trial, finding: Finding, files: Files, renderer: Renderer) -> str:
    """Return the sheet of a finding in Markdown."""
    entry = finding.entry
    subject = entry.get("subject") or {}
    text = [
        f"# {title}",
        "",
        f"- rule: {entry['rule']}",
        f"- repository: {trial.name}",
        f"- kind: {trial.kind}",
        f"- commit: {trial.commit}",
        "",
        "## Judgement",
        "",
        *(f"- {field}: " for field in FIELDS),
        "",
        f"The verdict is one of: {', '.join(VERDICTS)}.",
        "",
        *_section("As printed", finding.printed),
        *_section("In the JSON report", json.dumps({key: entry[key] for key in _REPORTED if entry.get(key)}, indent=1)),
    ]
    names = {entry["file"], *entry["units"]} - {"."}
    notices = [line for line in trial.errors.splitlines() if any(name in line for name in names)]
    text += _section("Notices on standard error that name its file or units", _first(notices, _MOST_MENTIONS))
    for file, line in places(finding, files):
        text += _section(f"{file}:{line}", files.around(file, line))
    written = document_at(files.lines.get(entry["file"], []), entry["line"])
    rendered = _rendered(entry, subject, renderer)
    text += _section("Its document in the file", _first(written.split("\n"), _MOST_LINES))
    text += rendered
    text += _units(entry, trial)
    text += _elsewhere(entry, subject, "\n".join((written, *rendered)), files)
    return "\n".join(text) + "\n"


def _section(title: str, content: str) -> list[str]:
    return [f"## {title}", "", "````text", content or "nothing", "````", ""]


def _first(lines: Sequence[str], most: int) -> str:
    left_out = [f"… {len(lines) - most} more lines"] if len(lines) > most else []
    return "\n".join([*lines[:most], *left_out])


def _rendered(entry: Json, subject: Json, renderer: Renderer) -> list[str]:
    """Return the section with the object of a finding as one of its units renders it, or with the error of the renderer."""
    without: list[str] = []
    for unit in entry["units"][:_MOST_UNITS]:
        command, text = renderer.text(unit)
        found = object_in(text, subject.get("kind", ""), subject.get("name", ""), entry["file"])
        if found:
            return _section(f"Rendered by {command}", _first(found.split("\n"), _MOST_LINES))
        if command and not without:
            without = _section(f"Not found in {command}", text if text.startswith(_FAILED) else _outline(text))
    return without


def _outline(text: str) -> str:
    """Return the kinds and names in a rendered text."""
    found = re.findall(r"^(?:kind|  name): .*", text, re.MULTILINE)
    return _first(list(dict.fromkeys(found)), _MOST_LINES)


def _units(entry: Json, trial: Trial) -> list[str]:
    """Return the section on the units of a finding: what each is, and the commands that deploy it."""
    lines = []
    for name in entry["units"]:
        unit = trial.units.get(name, {"reason": "", "namespace": "", "commands": []})
        lines.append(f"{name}: {unit['reason']}, namespace: {unit['namespace'] or 'unset'}")
        lines += [f"    {command}" for command in unit["commands"]]
    return _section("Its units", _first(lines, _MOST_MENTIONS))


def _elsewhere(entry: Json, subject: Json, document: str, files: Files) -> list[str]:
    """Return the sections on what the rest of the repository has on the workload, its account, its namespace and its file."""
    path = PurePosixPath(entry["file"])
    name, folders = subject.get("name", ""), {parent.as_posix() for parent in path.parents}
    accounts = set(re.findall(r"serviceAccount(?:Name)?: [\"']?([\w.-]+)", document)) - {"default"}
    namespaces = {subject.get("namespace", ""), *re.findall(r"^ +namespace: [\"']?([\w.-]+)", document, re.MULTILINE)}
    namespaces -= {"", "default"}
    common = sum(PurePosixPath(file).name == path.name for file in files.lines) > 3
    long_folders = {folder for folder in folders if "/" in folder}
    place = words({"/".join(path.parts[-2:]), "" if common else path.name, *long_folders})

    def in_other_manifests(pattern: re.Pattern[str] | None) -> list[str]:
        return files.mentions(pattern, lambda file: file.endswith(_MANIFESTS) and file != entry["file"])

    def is_kustomization_above(file: str) -> bool:
        return file.lower().endswith(("kustomization.yaml", "kustomization.yml")) and str(PurePosixPath(file).parent) in folders

    found = {
        f"Other manifests on {subject.get('kind', '')} {name}": in_other_manifests(words({name})),
        f"All files on the accounts {', '.join(sorted(accounts))}": files.mentions(words(accounts), lambda file: True),
        f"Other manifests on the namespaces {', '.join(sorted(namespaces))}": in_other_manifests(words(namespaces)),
        "SCCs and grants of the repository": files.mentions(_GRANT, lambda file: True),
        "Kustomizations of its folders that name the file": files.mentions(
            words({path.name, path.parent.name}), is_kustomization_above
        ),
        "Manifests that name the file or its folders": in_other_manifests(place),
        "Documents that name the file or its folders": files.mentions(place, is_document),
        "Scripts and workflows that name the file or its folders": files.mentions(place, is_script),
        "Scripts and workflows that deploy something": files.mentions(_DEPLOYS, is_script),
    }
    return [
        line for title, lines in found.items() for line in _section(f"{title}: {len(lines)}", _first(lines, _MOST_MENTIONS))
    ]


def is_document(file: str) -> bool:
    return file.lower().endswith((".md", ".adoc", ".rst", ".txt"))


def is_script(file: str) -> bool:
    """Whether a file may have commands: a script, a Makefile or another file without an ending, or the workflow of a CI."""
    path = PurePosixPath(file)
    return path.suffix in _SCRIPTS or any(mark in file for mark in (".github/workflows/", ".tekton/", ".gitlab-ci"))


def index(trials: Sequence[Trial], drawn: Sequence[tuple[str, Finding]], seed: int) -> str:
    """Return the counts of a draw in Markdown: by repository and by rule."""
    by_repository = Counter(name for name, _ in drawn)
    rows = [
        (
            trial.kind,
            trial.name,
            trial.commit[:8],
            f"{trial.seconds:.1f}",
            _status(trial),
            len(trial.findings),
            by_repository[trial.name],
        )
        for trial in trials
    ]
    total = (
        "",
        "all",
        "",
        f"{sum(trial.seconds for trial in trials):.1f}",
        "",
        sum(len(trial.findings) for trial in trials),
        len(drawn),
    )
    of_all = Counter(finding.entry["rule"] for trial in trials for finding in trial.findings)
    of_drawn = Counter(finding.entry["rule"] for _, finding in drawn)
    rules = [(rule, count, of_drawn[rule]) for rule, count in sorted(of_all.items())]
    return "\n".join(
        (
            f"# A draw of {len(drawn)} with seed {seed}",
            "",
            table(("Kind", "Repository", "Commit", "Seconds", "Status", "Findings", "Drawn"), [*rows, total]),
            "",
            table(("Rule", "Findings", "Drawn"), rules),
            "",
        )
    )


def _status(trial: Trial) -> str:
    return f"{trial.status}, crashed" if trial.crashed else str(trial.status)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; the columns of numbers are at the right."""
    body = [[str(cell) for cell in row] for row in rows]
    rules = ["--:" if all(re.fullmatch(r"[\d.%]*", row[at]) for row in body) else "---" for at in range(len(titles))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (titles, rules, *body))


# The count


def read_sheet(number: str, text: str) -> Sheet:
    """Return what a judge wrote on a sheet. A verdict that is no such word ends the program."""
    head, _, rest = text.partition("\n## As printed\n")
    said = {key: value.strip() for key, value in re.findall(r"^- ([\w ]+):[ \t]*(.*)$", head, re.MULTILINE)}
    verdict = said.get("verdict", "").lower()
    if verdict and verdict not in VERDICTS:
        raise SystemExit(f"{number}: the verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    printed = rest.partition("````text\n")[2].partition("\n````")[0]
    return Sheet(number, said["rule"], said["repository"], said["kind"], verdict, printed)


def read_sheets(folder: Path) -> dict[str, Sheet]:
    """Return the sheets of a folder by number."""
    return {path.stem: read_sheet(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("[0-9]*.md"))}


def together(first: Mapping[str, Sheet], second: Mapping[str, Sheet]) -> dict[str, Sheet]:
    """Return the sheets of two judges as one: each has the worse verdict, and none until both judges gave one."""
    found = {}
    for number in first.keys() & second.keys():
        verdicts = (first[number].verdict, second[number].verdict)
        found[number] = first[number]._replace(verdict=max(verdicts, key=VERDICTS.index) if all(verdicts) else "")
    return dict(sorted(found.items()))


def counts(sheets: Iterable[Sheet]) -> str:
    """Return the verdicts in Markdown: all of them, by rule, by kind of repository, and by repository."""
    every = list(sheets)
    parts = [_counts("", [("all", every)])]
    for title, key in (("Rule", "rule"), ("Kind", "kind"), ("Repository", "repository")):
        names = sorted({getattr(sheet, key) for sheet in every})
        parts.append(_counts(title, [(name, [sheet for sheet in every if getattr(sheet, key) == name]) for name in names]))
    return "\n\n".join(parts)


def _counts(title: str, groups: Iterable[tuple[str, Sequence[Sheet]]]) -> str:
    rows = []
    for name, sheets in groups:
        verdicts = Counter(sheet.verdict for sheet in sheets)
        judged = len(sheets) - verdicts[""]
        share = f"{100 * verdicts['right'] / judged:.0f}%" if judged else ""
        rows.append((name, len(sheets), judged, *(verdicts[verdict] for verdict in VERDICTS), share))
    return table((title, "Findings", "Judged", *VERDICTS, "Share right"), rows)


# The comparison


def still_there(sheet: Sheet, findings: Sequence[Finding]) -> str:
    """Return whether a report has the finding of a sheet: `same`, `changed` at the same place by the same rule, or `gone`."""
    printed = {finding.printed for finding in findings}
    heads = {text.partition("\n")[0] for text in printed}
    if sheet.printed in printed:
        return "same"
    return "changed" if sheet.printed.partition("\n")[0] in heads else "gone"


def comparison(sheets: Iterable[Sheet], found: Mapping[str, Sequence[Finding]]) -> str:
    """Return in Markdown what became of the findings of the sheets, by verdict, and then of each that is not the same."""
    states = [(sheet, still_there(sheet, found[sheet.repository])) for sheet in sheets if sheet.repository in found]
    verdicts = [verdict for verdict in (*VERDICTS, "") if any(sheet.verdict == verdict for sheet, _ in states)]
    totals = Counter((sheet.verdict, state) for sheet, state in states)
    rows = [(verdict or "not judged", *(totals[verdict, state] for state in STATES)) for verdict in verdicts]
    other = [(sheet.number, sheet.rule, sheet.repository, sheet.verdict, state) for sheet, state in states if state != "same"]
    return "\n\n".join((table(("Verdict", *STATES), rows), table(("Sheet", "Rule", "Repository", "Verdict", "Now"), other)))


# The commands


def _try_all(repositories: Sequence[str], program: str, runs: Path) -> list[Trial]:
    """Run a program in each repository of the command line."""
    runs.mkdir(parents=True, exist_ok=True)
    trials = []
    for word in repositories:
        kind, named, folder = word.rpartition("=")
        trial = try_out(kind if named else "other", Path(folder).resolve(), program, runs.resolve())
        print(f"{trial.name}: {len(trial.findings)} findings, {trial.seconds:.1f} s, status {_status(trial)}", file=sys.stderr)
        trials.append(trial)
    return trials


def _draw(arguments: argparse.Namespace) -> None:
    trials = _try_all(arguments.repositories, arguments.scclint, arguments.output / "runs")
    drawn = draw({trial.name: trial.findings for trial in trials}, arguments.seed, arguments.number, arguments.most)
    by_name = {trial.name: trial for trial in trials}
    current, files, renderer = "", None, None
    for at, (name, finding) in enumerate(drawn, 1):
        trial = by_name[name]
        if files is None or renderer is None or name != current:
            current, files, renderer = name, Files(trial.folder), Renderer(trial)
        title = f"{at:03} {finding.entry['rule']} {name}"
        (arguments.output / f"{at:03}.md").write_text(sheet(title, trial, finding, files, renderer), encoding="utf-8")
    (arguments.output / "index.md").write_text(index(trials, drawn, arguments.seed), encoding="utf-8")


def _count(arguments: argparse.Namespace) -> None:
    sheets, *others = map(read_sheets, arguments.folders)
    for other in others:
        pairs = [(sheet.verdict, other[number].verdict) for number, sheet in sheets.items() if number in other]
        both = [pair for pair in pairs if all(pair)]
        print(f"Both judged {len(both)} sheets, and agree on {sum(one == two for one, two in both)}.\n")
        sheets = together(sheets, other)
    print(counts(sheets.values()))


def _again(arguments: argparse.Namespace) -> None:
    trials = _try_all(arguments.repositories, arguments.scclint, arguments.output)
    print(comparison(read_sheets(arguments.folder).values(), {trial.name: trial.findings for trial in trials}))


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    run = argparse.ArgumentParser(add_help=False)
    run.add_argument("repositories", nargs="+", metavar="[KIND=]REPOSITORY")
    run.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    run.add_argument("--scclint", default="scclint", metavar="PROGRAM", help="the program to run (default: scclint)")
    drawing = commands.add_parser("draw", parents=[run], help="run scclint in repositories, and write the sheets")
    drawing.add_argument("--seed", type=int, required=True)
    drawing.add_argument("--number", type=int, required=True, help="how many findings to draw")
    drawing.add_argument("--most", type=int, default=10, help="how many of one repository at most (default: 10)")
    drawing.set_defaults(command=_draw)
    counting = commands.add_parser("count", help="count the verdicts on the sheets")
    counting.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="the sheets of one judge, or those of two")
    counting.set_defaults(command=_count)
    comparing = commands.add_parser("again", parents=[run], help="compare another scclint on the same sheets")
    comparing.add_argument("--sheets", dest="folder", type=Path, required=True, metavar="FOLDER", help="the sheets of a draw")
    comparing.set_defaults(command=_again)
    arguments = parser.parse_args(words)
    arguments.command(arguments)


if __name__ == "__main__":
    main()
