"""The baseline: how it is written, what it hides, what it calls stale."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config.schema import load_schema
from scclint.errors import ConfigError
from scclint.finding import Finding, Opening, Severity, Subject, Suppression
from scclint.record import replace
from scclint.source import Span
from scclint.suppress import baseline as baselines
from scclint.suppress.apply import Ran
from scclint.suppress.baseline import Baseline, Key, load_baseline
from scclint.suppress.consequences import Consequence

FILE = ".scclint-baseline.json"


def finding(
    rule: str = "SEC201",
    *,
    line: int = 1,
    file: str = "a.yaml",
    name: str = "web",
    container: str = "",
    opens: tuple[str, ...] = ("unconfined",),
) -> Finding:
    subject = Subject("apps/v1", "Deployment" if name else "", "shop" if name else "", name, container)
    span = Span(file, line, 1, line, 9)
    return Finding(rule, "a-name", Severity.ERROR, "message", span, subject, openings=(Opening(".", opens),))


def key(one: Finding) -> Key:
    """The key of a finding that opens one thing."""
    subject, (opening,) = one.subject, one.openings
    consequence = Consequence(one.rule_id, "apps", subject.kind, subject.namespace, subject.name, *opening.opens)
    return Key(consequence, opening.applied, one.span.file)


def ran_all(rule: str, file: str) -> bool:
    return True


def apply(findings: Sequence[Finding], baseline: Baseline, ran: Ran = ran_all) -> tuple[list[Finding], list[Key]]:
    return baselines.apply(findings, {}, baseline, ran=ran)


def write_baseline(findings: Sequence[Finding], folder: str = ".", previous: Baseline | None = None, ran: Ran = ran_all) -> str:
    return baselines.write_baseline(findings, {}, folder, previous=previous, ran=ran)


def recorded(findings: Sequence[Finding]) -> Baseline:
    return load_baseline(write_baseline(findings), FILE)


def live(findings: Sequence[Finding], baseline: Baseline) -> list[Finding]:
    return [f for f in apply(findings, baseline)[0] if f.suppression is None]


def test_text() -> None:
    findings = [
        finding(file="b.yaml", container="web"),
        finding(line=1),
        finding(line=2),
        finding("SCC102", opens=("privileged", "hostPID", "privileged")),
        replace(finding("RBA402", opens=("SCC a", "SCC b")), subjects=("group a", "user b")),
    ]
    of = '"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"'
    assert write_baseline(findings) == (
        "{\n"
        '  "version": 1,\n'
        '  "consequences": [\n'
        f'    {{"code": "RBA402", "file": "a.yaml", {of}, "subject": "group a", "applied": "unknown", "opens": {{"SCC a": 1, "SCC b": 1}}}},\n'
        f'    {{"code": "RBA402", "file": "a.yaml", {of}, "subject": "user b", "applied": "unknown", "opens": {{"SCC a": 1, "SCC b": 1}}}},\n'
        f'    {{"code": "SCC102", "file": "a.yaml", {of}, "applied": "unknown", "opens": {{"hostPID": 1, "privileged": 2}}}},\n'
        f'    {{"code": "SEC201", "file": "a.yaml", {of}, "applied": "unknown", "opens": {{"unconfined": 2}}}},\n'
        f'    {{"code": "SEC201", "file": "b.yaml", {of}, "applied": "unknown", "opens": {{"unconfined": 1}}}}\n'
        "  ]\n"
        "}\n"
    )
    assert write_baseline([]) == '{\n  "version": 1,\n  "consequences": []\n}\n'


def test_valid_by_its_schema() -> None:
    from jsonschema import Draft202012Validator

    about = replace(finding("RBA402"), subjects=("group a",))
    data = json.loads(write_baseline([finding(), finding(), finding("MAN001", name=""), about]))
    assert data["consequences"][1]["subject"] == "group a"
    assert list(Draft202012Validator(load_schema("baseline")).iter_errors(data)) == []


class TestApply:
    def test_marks_and_keeps_the_order(self) -> None:
        findings = [finding(), finding("SEC202"), finding("SCC101")]
        marked, stale = apply(findings, recorded([finding("SCC101"), finding()]))
        assert [f.suppression for f in marked] == [Suppression("baseline"), None, Suppression("baseline")]
        assert [replace(f, suppression=None) for f in marked] == findings
        assert stale == []

    def test_another_file_or_line_is_the_same(self) -> None:
        assert live([finding(file="b.yaml", line=7)], recorded([finding()])) == []

    def test_a_copy_is_new_and_not_the_finding_in_the_file_that_is_recorded(self) -> None:
        copy = finding(file="a/copy.yaml")
        assert live([copy, finding()], recorded([finding()])) == [copy]

    def test_a_finding_is_accepted_only_if_all_of_it_is(self) -> None:
        more = finding("SCC102", opens=("hostPID", "privileged"))
        assert live([more], recorded([finding("SCC102", opens=("hostPID",))])) == [more]
        assert live([finding("SCC102", opens=("hostPID",))], recorded([more])) == []

    def test_what_something_else_suppresses_is_not_counted(self) -> None:
        accepted = replace(finding(line=1), suppression=Suppression("comment"))
        marked, _ = apply([accepted, finding(line=2)], recorded([finding()]))
        assert marked == [accepted, replace(finding(line=2), suppression=Suppression("baseline"))]

    def test_stale(self) -> None:
        baseline = recorded([finding(), finding(), finding("SEC202"), finding("SEC203", file="gone.yaml")])
        _, stale = apply([finding()], baseline)
        assert stale == [key(finding()), key(finding("SEC202")), key(finding("SEC203", file="gone.yaml"))]

    def test_stale_only_where_judged(self) -> None:
        baseline = recorded([finding(), finding("SEC202"), finding(file="b.yaml")])
        _, stale = apply([], baseline, ran=lambda rule, file: (rule, file) == ("SEC202", "a.yaml"))
        assert stale == [key(finding("SEC202"))]


class TestWrite:
    def test_prunes(self) -> None:
        previous = recorded([finding(), finding("SEC202")])
        marked, _ = apply([finding()], previous)
        assert write_baseline(marked, previous=previous) == write_baseline([finding()])

    def test_keeps_what_was_not_judged(self) -> None:
        previous = recorded([finding(), finding(), finding("SEC202"), finding(file="b.yaml")])
        text = write_baseline([finding()], previous=previous, ran=lambda rule, file: file == "a.yaml")
        assert load_baseline(text, FILE).counts == {key(finding()): 1, key(finding(file="b.yaml")): 1}

    def test_leaves_out_what_a_comment_suppresses(self) -> None:
        assert write_baseline([replace(finding(), suppression=Suppression("comment"))]) == write_baseline([])

    def test_files_are_relative_to_its_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path)
        text = write_baseline([finding(file="sub/a.yaml")], "conf")
        assert json.loads(text)["consequences"][0]["file"] == "../sub/a.yaml"
        monkeypatch.chdir(tmp_path / "sub")
        baseline = load_baseline(text, os.path.join("..", "conf", FILE))
        assert live([finding(file="a.yaml")], baseline) == []
        _, stale = apply([], baseline, ran=lambda rule, file: file == "a.yaml")
        assert len(stale) == 1


@pytest.mark.parametrize("findings", [[], [finding()], [finding(), finding(), finding("MAN001", name="")]])
def test_what_it_writes_is_read_without_the_schema(findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    """A large repository has tens of thousands of entries."""
    monkeypatch.setattr("scclint.config.schema.load_schema", None)
    assert recorded(findings).counts == Counter(map(key, findings))


def test_whole_numbers_as_json_programs_write_them() -> None:
    """By JSON Schema, `2.0` is an integer."""
    text = write_baseline([finding(), finding()])
    floats = text.replace('"unconfined": 2', '"unconfined": 2.0').replace('"version": 1', '"version": 1.0')
    assert load_baseline(floats, FILE).counts == {key(finding()): 2}
    assert write_baseline([], previous=load_baseline(floats, FILE), ran=lambda rule, file: False) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b.json:1:1: the baseline is not JSON; `--write-baseline` writes it anew"),
        ('{"version": 1,\n  oops}', "b.json:2:3: the baseline is not JSON; `--write-baseline` writes it anew"),
        ("[" * 100_000, "b.json: the baseline is nested too deeply; `--write-baseline` writes it anew"),
        (f"[{'1' * 5000}]", "b.json: the baseline is not JSON; `--write-baseline` writes it anew"),
        ("[]", "b.json: the file must be a mapping, not a list; `--write-baseline` writes it anew"),
        ("{}", "b.json: the file needs the key 'version'; `--write-baseline` writes it anew"),
        (
            '{"version": 3, "consequences": []}',
            "b.json: version must be 1, not the number 3; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "findings": []}',
            "b.json: findings: unknown key 'findings'; known here: consequences, version; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "consequences": ["A"]}',
            "b.json: consequences[0] must be a mapping, not 'A'; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "consequences": [{"code": "A", "applied": "built", "opens": {}}]}',
            "b.json: consequences[0] needs the key 'file'; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "consequences": [{"code": "A", "file": "f", "applied": "built", "opens": {"a": 0}}]}',
            "b.json: consequences[0].opens.a must be at least 1, not 0; `--write-baseline` writes it anew",
        ),
    ],
)
def test_what_is_no_baseline(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_baseline(text, "b.json")
    assert str(caught.value) == message


WORDS = st.sampled_from(["a", "b", "é", 'q"', "\u2028"])
FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(["SEC201", "SEC202"]),
        line=st.integers(1, 9),
        file=WORDS,
        name=st.just("") | WORDS,
        container=st.just("") | WORDS,
        opens=st.tuples(WORDS),
    ),
    max_size=8,
)


@given(FINDINGS)
def test_a_fresh_baseline_is_clean(findings: list[Finding]) -> None:
    marked, stale = apply(findings, recorded(findings))
    assert all(f.suppression == Suppression("baseline") for f in marked)
    assert stale == []


@given(FINDINGS, FINDINGS)
def test_what_is_new_shows(old: list[Finding], new: list[Finding]) -> None:
    shown = live([*old, *new], recorded(old))
    assert Counter(key(f).consequence for f in shown) == Counter(key(f).consequence for f in new)


@given(FINDINGS)
def test_round_trip_and_order(findings: list[Finding]) -> None:
    text = write_baseline(findings)
    assert write_baseline(list(reversed(findings))) == text
    assert load_baseline(text, FILE).counts == Counter(map(key, findings))
