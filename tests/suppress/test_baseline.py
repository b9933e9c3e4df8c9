"""The baseline: what it recognises, what it hides, what it calls stale."""

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
from scclint.finding import Finding, Related, Severity, Subject, Suppression
from scclint.record import replace
from scclint.source import Span
from scclint.suppress import baseline as baselines
from scclint.suppress.apply import Ran
from scclint.suppress.baseline import Baseline, Key, key_of, load_baseline, stable_path

FILE = ".scclint-baseline.json"
CONTAINER = ("spec", "template", "spec", "containers", 0, "securityContext")


def finding(
    rule: str = "SEC201",
    *,
    line: int = 1,
    file: str = "a.yaml",
    name: str = "web",
    container: str = "",
    path: tuple[str | int, ...] = CONTAINER,
    message: str = "message",
) -> Finding:
    subject = Subject("apps/v1", "Deployment" if name else "", "shop" if name else "", name, container)
    return Finding(rule, "a-name", Severity.ERROR, message, Span(file, line, 1, line, 9), subject, path)


def ran_all(rule: str, file: str) -> bool:
    return True


def apply(findings: Sequence[Finding], baseline: Baseline, ran: Ran = ran_all) -> tuple[list[Finding], list[Key]]:
    return baselines.apply(findings, baseline, ran=ran)


def write_baseline(findings: Sequence[Finding], folder: str = ".", previous: Baseline | None = None, ran: Ran = ran_all) -> str:
    return baselines.write_baseline(findings, folder, previous=previous, ran=ran)


def recorded(findings: Sequence[Finding]) -> Baseline:
    return load_baseline(write_baseline(findings), FILE)


def live(findings: Sequence[Finding], baseline: Baseline) -> list[Finding]:
    return [f for f in apply(findings, baseline)[0] if f.suppression is None]


def test_text() -> None:
    findings = [
        finding(file="b.yaml", container="web"),
        finding(line=1),
        finding(line=2),
        finding("MAN001", name="", path=(), message="broken at line 7, column 3"),
    ]
    assert write_baseline(findings) == (
        "{\n"
        '  "version": 3,\n'
        '  "findings": [\n'
        '    {"rule": "MAN001", "file": "a.yaml", "message": "broken at line, column"},\n'
        '    {"rule": "SEC201", "file": "a.yaml", "kind": "Deployment", "namespace": "shop", "name": "web", '
        '"path": "spec.template.spec.containers[0].securityContext", "count": 2},\n'
        '    {"rule": "SEC201", "file": "b.yaml", "kind": "Deployment", "namespace": "shop", "name": "web", '
        '"container": "web", "path": "spec.template.spec.containers[web].securityContext"}\n'
        "  ]\n"
        "}\n"
    )
    assert write_baseline([]) == '{\n  "version": 3,\n  "findings": []\n}\n'


def test_valid_by_its_schema() -> None:
    from jsonschema import Draft202012Validator

    about = replace(finding("RBA402"), subjects=("group a",))
    data = json.loads(write_baseline([finding(), finding(), finding("MAN001", name=""), about]))
    assert data["findings"][1]["subjects"] == ["group a"]
    assert list(Draft202012Validator(load_schema("baseline")).iter_errors(data)) == []


class TestRecognition:
    def test_survives_moved_lines(self) -> None:
        assert live([finding(line=99)], recorded([finding(line=1)])) == []

    def test_survives_a_container_in_front(self) -> None:
        moved = finding(container="web", path=("spec", "template", "spec", "containers", 1, "securityContext"))
        assert live([moved], recorded([finding(container="web")])) == []

    def test_new_container_in_its_place_is_not_hidden(self) -> None:
        new = finding(container="new")
        assert live([new], recorded([finding(container="web")])) == [new]

    def test_fewer_subjects_are_not_new(self) -> None:
        old = replace(finding("RBA402"), subjects=("group a", "group b", "group c"))
        assert live([replace(old, subjects=("group a", "group c"))], recorded([old])) == []

    @pytest.mark.parametrize(("place", "record"), [("subjects", 1), ("users", 1), ("groups", 2), ("groupNames", 1)])
    def test_survives_a_removed_subject_in_front(self, place: str, record: int) -> None:
        old = replace(finding("RBA405", path=(place, record, "name")), subjects=("service account default",))
        assert live([replace(old, path=(place, 0, "name"))], recorded([old])) == []
        version_1 = json.dumps(
            {
                "version": 1,
                "findings": [
                    {
                        **{"rule": "RBA405", "file": "a.yaml", "kind": "Deployment", "namespace": "shop", "name": "web"},
                        "path": f"{place}[{record}].name",
                    }
                ],
            }
        )
        assert live([old], load_baseline(version_1, FILE)) == []

    def test_each_of_several_may_have_fewer_subjects(self) -> None:
        old = replace(finding("RBA402"), subjects=("group a", "group b"))
        fewer = replace(old, subjects=("group a",))
        marked, stale = apply([fewer, fewer, fewer], recorded([old, old]))
        assert [f.suppression is None for f in marked] == [False, False, True]
        assert stale == []

    def test_equal_subjects_match_first(self) -> None:
        """A finding about fewer subjects takes none that another one equals."""
        ab, ac, a = (replace(finding("RBA407"), subjects=tuple(subjects)) for subjects in ("ab", "ac", "a"))
        assert live([a, ab], recorded([ab, ac])) == []

    def test_another_subject_is_not_hidden(self) -> None:
        old = replace(finding("RBA402"), subjects=("group a", "group b", "group c"))
        new = replace(old, subjects=("group a", "group b", "group d"))
        assert live([new], recorded([old])) == [new]

    def test_version_1_accepts_any_subjects(self) -> None:
        old = finding("RBA402")
        text = write_baseline([old]).replace('"version": 3', '"version": 1')
        assert live([replace(old, subjects=("group a",))], load_baseline(text, FILE)) == []

    @pytest.mark.parametrize(
        ("opens", "matches"),
        [
            (("hostPID", "web: privileged"), True),
            (("web: privileged",), True),
            ((), True),
            (("hostPID", "side: privileged", "web: privileged"), False),
            (("hostPath /",), False),
        ],
    )
    def test_what_opens_more_is_new(self, opens: tuple[str, ...], matches: bool) -> None:
        old = replace(finding("SCC102"), opens=("hostPID", "web: privileged"))
        new = replace(old, opens=opens)
        assert live([new], recorded([old])) == ([] if matches else [new])

    def test_what_opened_nothing_and_opens_something_is_new(self) -> None:
        new = replace(finding("SCC101"), opens=("hostPID",))
        assert live([new], recorded([finding("SCC101")])) == [new]

    @pytest.mark.parametrize(("text", "matches"), [("web: capability SYS_ADMIN", True), ("side: capability SYS_ADMIN", False)])
    def test_every_capability_covers_each(self, text: str, matches: bool) -> None:
        old = replace(finding("SCC102"), opens=("web: capability *",))
        new = replace(old, opens=(text,))
        assert live([new], recorded([old])) == ([] if matches else [new])

    @pytest.mark.parametrize(("opens", "matches"), [(("hostPID",), True), (("hostPID", "web: privileged"), False)])
    def test_what_opens_less_may_be_at_another_field(self, opens: tuple[str, ...], matches: bool) -> None:
        old = replace(finding("SCC102"), opens=("hostPID", "web: privileged"))
        moved = replace(old, path=("spec", "template", "spec", "hostPID"), opens=opens)
        assert live([moved], recorded([old])) == ([] if matches else [moved])

    def test_versions_1_and_2_accept_whatever_it_opens_at_its_field(self) -> None:
        old, new = finding("SCC102"), replace(finding("SCC102"), opens=("hostPID",))
        for version in ("1", "2"):
            baseline = load_baseline(write_baseline([old]).replace('"version": 3', f'"version": {version}'), FILE)
            assert live([new], baseline) == []
            moved = replace(old, path=("spec", "template", "spec", "hostPID"))
            assert live([moved], baseline) == [moved]
            kept = load_baseline(write_baseline([], previous=baseline, ran=lambda rule, file: False), FILE)
            assert live([new], kept) == []

    def test_survives_a_moved_list_item(self) -> None:
        before, after = finding(path=("items", 0, *CONTAINER)), finding(path=("items", 3, *CONTAINER))
        assert live([after], recorded([before])) == []

    @pytest.mark.parametrize(
        "other",
        [
            finding("SEC202"),
            finding(file="b.yaml"),
            finding(name="api"),
            finding(path=("spec", "template", "spec", "hostPID")),
            replace(finding(), subject=Subject("apps/v1", "StatefulSet", "shop", "web")),
            replace(finding(), subject=Subject("apps/v1", "Deployment", "prod", "web")),
        ],
    )
    def test_anything_else_is_new(self, other: Finding) -> None:
        assert live([other], recorded([finding()])) == [other]

    def test_one_more_of_the_same_is_live(self) -> None:
        third = finding(line=3, message="third")
        assert live([finding(line=1), finding(line=2), third], recorded([finding(), finding()])) == [third]

    def test_without_object_by_message_but_not_its_lines(self) -> None:
        def broken(message: str) -> Finding:
            return finding("MAN001", name="", message=message)

        baseline = recorded([broken("mapping from line 3 column 2 is not closed")])
        assert live([broken("mapping from line 4 column 1 is not closed")], baseline) == []
        other = broken("tab at line 4 column 1")
        assert live([other], baseline) == [other]


@pytest.mark.parametrize(
    ("path", "container", "text"),
    [
        ((), "", ""),
        (("spec", "containers", 2, "ports", 0), "web", "spec.containers[web].ports[0]"),
        (("spec", "initContainers", 2), "", "spec.initContainers[2]"),
        (("items", 3, "items", 1, "spec"), "", "spec"),
        (("items", 3), "", ""),
        (("objects", 3, "spec", "ephemeralContainers", 0), "c", "spec.ephemeralContainers[c]"),
        (
            ("spec", "install", "spec", "deployments", 1, "spec", "template"),
            "",
            "spec.install.spec.deployments[].spec.template",
        ),
        (("rules", 1, "verbs", 0), "", "rules[1].verbs[0]"),
        (("items",), "", "items"),
        (("items", "limits", 0), "", "items.limits[0]"),
    ],
)
def test_stable_path(path: tuple[str | int, ...], container: str, text: str) -> None:
    assert stable_path(path, container) == text


class TestApply:
    def test_marks_and_keeps_the_order(self) -> None:
        findings = [finding(), finding("SEC202"), finding("SCC101")]
        marked, stale = apply(findings, recorded([finding("SCC101"), finding()]))
        assert [f.suppression for f in marked] == [Suppression("baseline"), None, Suppression("baseline")]
        assert [replace(f, suppression=None) for f in marked] == findings
        assert stale == []

    def test_what_something_else_suppresses_is_not_counted(self) -> None:
        accepted = replace(finding(line=1), suppression=Suppression("comment"))
        marked, _ = apply([accepted, finding(line=2)], recorded([finding()]))
        assert marked == [accepted, replace(finding(line=2), suppression=Suppression("baseline"))]

    def test_stale(self) -> None:
        baseline = recorded([finding(), finding(), finding("SEC202"), finding(file="gone.yaml")])
        _, stale = apply([finding()], baseline)
        assert stale == [key_of(finding()), key_of(finding(file="gone.yaml")), key_of(finding("SEC202"))]

    def test_stale_only_where_judged(self) -> None:
        baseline = recorded([finding(), finding("SEC202"), finding(file="b.yaml")])
        _, stale = apply([], baseline, ran=lambda rule, file: (rule, file) == ("SEC202", "a.yaml"))
        assert stale == [key_of(finding("SEC202"))]


class TestWrite:
    def test_prunes(self) -> None:
        previous = recorded([finding(), finding("SEC202")])
        marked, _ = apply([finding()], previous)
        assert write_baseline(marked, previous=previous) == write_baseline([finding()])

    def test_keeps_what_was_not_judged(self) -> None:
        previous = recorded([finding(), finding(), finding("SEC202"), finding(file="b.yaml")])
        text = write_baseline([finding()], previous=previous, ran=lambda rule, file: file == "a.yaml")
        assert load_baseline(text, FILE).counts == {key_of(finding()): 1, key_of(finding(file="b.yaml")): 1}

    def test_leaves_out_what_a_comment_suppresses(self) -> None:
        assert write_baseline([replace(finding(), suppression=Suppression("comment"))]) == write_baseline([])

    def test_files_are_relative_to_its_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "sub").mkdir()
        monkeypatch.chdir(tmp_path)
        text = write_baseline([finding(file="sub/a.yaml")], "conf")
        assert json.loads(text)["findings"][0]["file"] == "../sub/a.yaml"
        monkeypatch.chdir(tmp_path / "sub")
        baseline = load_baseline(text, os.path.join("..", "conf", FILE))
        assert live([finding(file="a.yaml")], baseline) == []
        _, stale = apply([], baseline, ran=lambda rule, file: file == "a.yaml")
        assert len(stale) == 1


@pytest.mark.parametrize("findings", [[], [finding()], [finding(), finding(), finding("MAN001", name="")]])
def test_what_it_writes_is_read_without_the_schema(findings: list[Finding], monkeypatch: pytest.MonkeyPatch) -> None:
    """A large repository has tens of thousands of entries."""
    monkeypatch.setattr("scclint.config.schema.load_schema", None)
    assert recorded(findings).counts == Counter(map(key_of, findings))


def test_whole_numbers_as_json_programs_write_them() -> None:
    """By JSON Schema, `2.0` is an integer."""
    text = (
        write_baseline([finding(), finding()]).replace('"count": 2', '"count": 2.0').replace('"version": 3', '"version": 3.0')
    )
    assert load_baseline(text, FILE).counts == {key_of(finding()): 2}
    assert write_baseline([], previous=load_baseline(text, FILE), ran=lambda rule, file: False) == write_baseline(
        [finding(), finding()]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "b.json:1:1: the baseline is not JSON; `--write-baseline` writes it anew"),
        ('{"version": 1,\n  oops}', "b.json:2:3: the baseline is not JSON; `--write-baseline` writes it anew"),
        ("[" * 100_000, "b.json: the baseline is nested too deeply; `--write-baseline` writes it anew"),
        (f"[{'1' * 5000}]", "b.json: the baseline is not JSON; `--write-baseline` writes it anew"),
        ("[]", "b.json: the file must be a mapping, not a list; `--write-baseline` writes it anew"),
        ("{}", "b.json: the file needs the key 'version'; `--write-baseline` writes it anew"),
        ('{"version": 4, "findings": {}}', "b.json: the baseline has version 4, this scclint reads versions 1 to 3"),
        (
            '{"version": 1, "findings": [{"rule": "A"}]}',
            "b.json: findings[0] needs the key 'file'; `--write-baseline` writes it anew",
        ),
        (
            '{"version": true, "findings": []}',
            "b.json: version must be a whole number, not true; `--write-baseline` writes it anew",
        ),
        (
            '{"version": "2", "findings": []}',
            "b.json: version must be a whole number, not '2'; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 2, "findings": ["A"]}',
            "b.json: findings[0] must be a mapping, not 'A'; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 2, "findings": [{"rule": "A", "file": "f", "subjects": [1]}]}',
            "b.json: findings[0].subjects[0] must be a string, not the number 1; write it in quotes; "
            "`--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "findings": [{"rule": "A", "file": "f", "count": 0}]}',
            "b.json: findings[0].count must be at least 1, not 0; `--write-baseline` writes it anew",
        ),
        (
            '{"version": 1, "findings": [{"rule": "A", "file": "f", "line": 1}]}',
            "b.json: findings[0].line: unknown key 'line'; known here: container, count, file, kind, message, name, namespace, "
            "opens, part, path, rule, subjects; `--write-baseline` writes it anew",
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
        path=st.sampled_from([(), CONTAINER, ("spec",)]),
        message=WORDS,
    ),
    max_size=8,
)


@given(FINDINGS)
def test_a_fresh_baseline_is_clean(findings: list[Finding]) -> None:
    marked, stale = apply(findings, recorded(findings))
    assert all(f.suppression == Suppression("baseline") for f in marked)
    assert stale == []


@given(FINDINGS, FINDINGS, st.randoms(use_true_random=False))
def test_what_is_new_shows(old: list[Finding], new: list[Finding], random: object) -> None:
    shown = live([*old, *new], recorded(old))
    assert sorted(map(key_of, shown)) == sorted(map(key_of, new))


@given(FINDINGS)
def test_round_trip_and_order(findings: list[Finding]) -> None:
    text = write_baseline(findings)
    assert write_baseline(list(reversed(findings))) == text
    baseline = load_baseline(text, FILE)
    assert sum(baseline.counts.values()) == len(findings)
    assert set(baseline.counts) == {key_of(f) for f in findings}
    assert all(isinstance(key, Key) for key in baseline.counts)


def test_a_finding_that_is_reported_in_its_template_now_is_accepted() -> None:
    rendered = finding(file="examples/rendered/web.yaml")
    moved = replace(finding(file="templates/web.yaml"), related=(Related("rendered as line 1", rendered.span),))
    assert live([moved], recorded([rendered])) == []
    assert live([replace(moved, rule_id="SEC202")], recorded([rendered]))
    assert live([replace(moved, related=())], recorded([rendered]))
    # It takes one place of those that it names, and leaves the others to the next finding.
    twice = replace(moved, related=(Related("rendered as line 1", rendered.span), Related("and here", rendered.span)))
    assert live([twice, moved], recorded([rendered])) == [moved]
    assert live([twice, moved], recorded([rendered, rendered])) == []
