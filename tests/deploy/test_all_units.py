"""Rules that claim that something is not there: true of one unit only where no other unit has it."""

from pathlib import Path

import pytest

from scclint.deploy.facts import AllUnits, Facts, facts_of
from scclint.deploy.unit import Unit
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.other_units import OtherUnits
from tests.deploy.trees import UNRENDERED, binding, deployment, judged, role, rules_in, scc
from tests.running import report_on, write_below

UNRELATED = deployment("other", namespace="elsewhere", account="other")
USED = scc("custom", users='"system:serviceaccount:shop:web"')
LOCALHOST = "seccompProfile: {type: Localhost, localhostProfile: operator/web.json}"
PROFILE = """\
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
"""

CLAIMS = {
    "RBA403": (deployment() + "---\n" + binding("privileged"), deployment("job", pod="runAsUser: 0")),
    "RBA403 with an account of a namespace that no file names": (
        deployment() + "---\n" + binding("privileged"),
        deployment("job", namespace="", pod="runAsUser: 0"),
    ),
    "RBA404": (role("custom"), scc("custom")),
    "RBA404 in a binding": (binding("custom"), scc("custom")),
    "SEC208": (deployment(pod=LOCALHOST) + "---\n" + binding("privileged"), PROFILE),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_another_unit_has_is_not_missing(claim: str, tmp_path: Path) -> None:
    rule = claim.split(maxsplit=1)[0]
    here, there = CLAIMS[claim]
    assert rules_in(judged(tmp_path / "missing", {"a": here, "b": UNRELATED}), rule)
    assert rules_in(judged(tmp_path / "there", {"a": here, "b": there}), rule) == []


@pytest.mark.parametrize("claim", ["RBA403", "RBA404", "RBA410", "SEC208"])
def test_what_a_remote_resource_may_bring_is_not_missing(claim: str, tmp_path: Path) -> None:
    here = CLAIMS[claim][0] if claim in CLAIMS else deployment() + "---\n" + binding("privileged", account="job")
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": here}
    assert rules_in(report_on([write_below(tmp_path / "missing", files)], UNRENDERED), claim)
    files["base/kustomization.yaml"] = 'resources: [web.yaml, "https://github.com/example/web//deploy?ref=v1"]\n'
    assert rules_in(report_on([write_below(tmp_path / "there", files)], UNRENDERED), claim) == []


def test_an_scc_that_only_an_alternative_defines_is_not_missing(tmp_path: Path) -> None:
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": deployment(required="custom")}
    for name in ("dev", "prod"):
        files[f"{name}/kustomization.yaml"] = "resources: [../base]\n"
    missing = report_on([write_below(tmp_path / "missing", files)], UNRENDERED)
    assert len(rules_in(missing, "SCC105")) == 1
    files |= {"dev/kustomization.yaml": "resources: [../base, scc.yaml]\n"}
    files["dev/scc.yaml"] = scc("custom", users='"system:serviceaccount:shop:web"')
    assert rules_in(report_on([write_below(tmp_path / "there", files)], UNRENDERED), "SCC105") == []


def test_what_alternatives_have_from_a_common_base_is_not_elsewhere(tmp_path: Path) -> None:
    base = deployment() + "---\n" + binding("privileged")
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": base}
    for name in ("dev", "prod"):
        files[f"{name}/kustomization.yaml"] = "resources: [../base]\n"
    report = report_on([write_below(tmp_path, files)], UNRENDERED)
    assert [f.units for f in report.findings if f.rule_id == "RBA403"] == [("dev", "prod")]


def test_an_scc_that_pods_elsewhere_may_use_is_not_said_to_be_unused(tmp_path: Path) -> None:
    here = scc("custom", users='"system:serviceaccount:shop:web"').replace("volumes:", "allowHostPID: true\nvolumes:")
    alone = rules_in(judged(tmp_path / "alone", {"a": here, "b": UNRELATED}), "SCC312")
    used = rules_in(judged(tmp_path / "used", {"a": here, "b": deployment()}), "SCC312")
    assert any("no pod in the input uses it" in text for text in alone)
    assert not any("no pod in the input uses it" in text for text in used)


@pytest.mark.parametrize("rule", ["SCC312", "RBA402"])
def test_pods_elsewhere_are_named_before_a_right_is_narrowed(rule: str, tmp_path: Path) -> None:
    here = scc("custom").replace("volumes:", "allowHostPID: true\nvolumes:") + "---\n" + role("custom") + "---\n"
    here += binding("custom").replace('"system:openshift:scc:custom"', "user")
    notes = []
    for name, there in (("alone", UNRELATED), ("used", deployment())):
        found = [f for f in judged(tmp_path / name, {"a": here, "b": there}).live if f.rule_id == rule]
        notes.append({note for finding in found for note in finding.notes if "outside of this unit" in note})
        outside = "Allow only what the pods under it use, also those outside of this unit"
        assert any(outside in finding.help for finding in found) is (name == "used" and rule == "SCC312")
    assert [len(found) for found in notes] == [0, int(rule == "RBA402")]


def test_an_ignore_is_unused_only_if_no_unit_uses_it(tmp_path: Path) -> None:
    base = deployment(pod="runAsUser: 0").replace(
        "metadata: {name: web", "# scclint: ignore[SCC107] it is old\nmetadata: {name: web"
    )
    base = base.replace("      securityContext: {", "      # scclint: ignore[SCC101] it is old\n      securityContext: {")
    files = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": base}
    for name in ("dev", "prod"):
        files[f"{name}/kustomization.yaml"] = (
            "resources: [../base, grant.yaml]\n" if name == "dev" else "resources: [../base]\n"
        )
    files["dev/grant.yaml"] = binding("anyuid")
    report = report_on([write_below(tmp_path, files)], UNRENDERED)
    unused = rules_in(report, "SUP901")
    assert len(unused) == 1
    assert "SCC107" in unused[0]


def test_files_that_a_unit_shares_are_not_elsewhere(tmp_path: Path) -> None:
    files = {f"{name}/web.yaml": deployment() for name in ("dev", "prod")}
    files["dev/grant.yaml"] = binding("privileged")
    files["shared/job.yaml"] = deployment("job")
    report = report_on([write_below(tmp_path, files)], UNRENDERED)
    assert [unit.name for unit in report.units] == [".", "dev", "prod"]
    (message,) = rules_in(report, "RBA403")
    assert "Deployment job and Deployment web do not need" in message


def test_a_question_is_recorded_with_its_answer() -> None:
    others = OtherUnits()
    assert not others.defines_scc("custom")
    assert not others.uses_account("shop", "web")
    assert others.asked == {("scc", "custom"): False, ("account", "shop", "web"): False, ("account", "", "web"): False}
    assert OtherUnits().same_answers(others.asked.items())
    assert not OtherUnits().same_answers([(("scc", "custom"), True)])


def asked_by(name: str, facts: Facts) -> OtherUnits:
    """What the unit `own` or `other` may ask in a run of these two, where `other` has the facts."""
    units = [Unit(unit, "directory", unit, (f"{unit}.yaml",), "") for unit in ("own", "other")]
    return AllUnits(units, {"own": Facts(), "other": facts}).of(units[name == "other"])


@pytest.mark.parametrize(("namespace", "expected"), [("shop", True), ("", True), ("bank", False)])
def test_pods_whose_namespace_no_file_names_may_be_in_any(namespace: str, expected: bool) -> None:
    facts = Facts(accounts=frozenset({(namespace, "web")}))
    others = asked_by("own", facts)
    assert others.has_pods("shop") == others.uses_account("shop", "web") == expected
    assert others.has_pods()
    assert not asked_by("other", facts).has_pods(), "its own pods are not elsewhere"
    assert not asked_by("own", Facts()).has_pods()


@pytest.mark.parametrize(
    ("text", "granted"),
    [
        (scc("custom", users='"alice"'), ["custom"]),
        (scc("custom", groups='"team"'), ["custom"]),
        (scc("custom"), []),
        (role("custom"), ["custom"]),
        (binding("custom"), ["custom"]),
        (binding("custom").replace("system:openshift:scc:", "use-scc-"), []),
    ],
)
def test_what_grants_an_scc_by_name(text: str, granted: list[str]) -> None:
    (document,) = load_text("a.yaml", text, frozenset())
    others = asked_by("own", facts_of(expand(document)))
    assert [name for name in ("custom", "") if others.grants_scc(name)] == granted
