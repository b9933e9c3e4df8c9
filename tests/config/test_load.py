"""Configuration files as a user meets them: every mistake at its place, all at once, and what comes of a right one."""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config import Config, build_config, read_config, records
from scclint.config.raw import parse_config
from scclint.errors import ConfigError, UsageError
from scclint.finding import Ignore, Severity
from scclint.report import FORMATS
from scclint.rule import AnyRule
from scclint.source import Span

Configured = Callable[..., Config]

YAML = """\
cluster:
  platform: openshift
  feature-set: TechPreviewNoUpgrade
  openshift: [4.16, "4.20"]
  upgraded-from-4.10: true
  state: [dump/, /abs/dump.yaml]
  creator: {user: alice, groups: [system:authenticated, dev]}
  namespaces:
    shop:
      labels: {team: a}
      uid-range: 1000680000/10000
      mcs: s0:c26,c20
      supplemental-groups: 1000680000/10000
    plain: {}
  grants:
    - {scc: anyuid, namespace: shop, service-account: web}
    - {scc: privileged, group: admins}
  node-pools:
    - name: worker
      seccompDefault: true
      nodeSelector: {node-role.kubernetes.io/worker: ""}
namespace: shop
exclude: ["vendor/"]
force-exclude: true
params: {TAG: "1.4"}
pod-templates:
  - {apiVersion: x.io/v1, kind: Crawler, path: spec.template}
helm-chart: charts/shop
profile-dirs: [seccomp/]
select: [SEC2, no-scc-admits]
extend-select: [rbac]
ignore: [SEC202]
severity: {SEC210: warning}
per-path:
  - path: tests/**
    ignore: [SEC201]
  - path: [a, b]
    select: [SEC202]
    severity: {SEC2: warning}
fail-on: error
ignores:
  - rule: SEC201
    kind: DaemonSet
    namespace: kube-*
    name: node-*
    container: istio-proxy
    path: legacy/**
    reason: because
    until: 2027-01-31
acceptances: owned
rules:
  - id: ACME001
    message: no anyuid
    expr: |
      verdict.scc == 'anyuid'
    at: spec
rule-modules: [acme]
format: [full, sarif]
output: ["-", out/scclint.sarif]
template: t.j2
sarif-category: x
show-suppressed: true
"""

EXPECTED = {
    "root": "conf",
    "platform": "openshift",
    "feature_set": "TechPreviewNoUpgrade",
    "openshift": ("4.16", "4.20"),
    "kubernetes": "",
    "upgraded_from_4_10": True,
    "cluster_state": ("conf/dump", "/abs/dump.yaml"),
    "creator": records.Creator("alice", ("system:authenticated", "dev")),
    "namespaces": (
        records.NamespaceFacts("shop", {"team": "a"}, "1000680000/10000", "s0:c26,c20", "1000680000/10000"),
        records.NamespaceFacts("plain", {}),
    ),
    "grants": (records.GrantFacts("anyuid", "shop", service_account="web"), records.GrantFacts("privileged", group="admins")),
    "node_pools": (records.NodePoolFacts("worker", True, {"node-role.kubernetes.io/worker": ""}),),
    "namespace": "shop",
    "exclude": ("vendor/",),
    "force_exclude": True,
    "params": {"TAG": "1.4"},
    "pod_templates": (records.PodTemplate("x.io/v1", "Crawler", ("spec", "template")),),
    "helm_chart": "conf/charts/shop",
    "profile_dirs": ("conf/seccomp",),
    "select": ("SEC2", "no-scc-admits"),
    "extend_select": ("rbac",),
    "ignore": ("SEC202",),
    "severity": {"SEC210": Severity.WARNING},
    "per_path": (
        records.PathRules(("tests/**",), (), ("SEC201",), {}),
        records.PathRules(("a", "b"), ("SEC202",), (), {"SEC2": Severity.WARNING}),
    ),
    "fail_on": "error",
    "acceptances": "owned",
    "rule_modules": ("acme",),
    "format": ("full", "sarif"),
    "output": ("-", "conf/out/scclint.sarif"),
    "template": "conf/t.j2",
    "sarif_category": "x",
    "show_suppressed": True,
}


def test_every_setting(configured: Configured) -> None:
    config = configured(YAML, "conf/.scclint.yaml")
    assert {field: getattr(config, field) for field in EXPECTED} == EXPECTED
    [entry] = config.ignores
    assert entry == Ignore(
        by="config",
        rules=("SEC201",),
        span=entry.span,
        paths=("legacy/**",),
        kind="DaemonSet",
        namespace="kube-*",
        name="node-*",
        container="istio-proxy",
        reason="because",
        until=date(2027, 1, 31),
    )
    [rule] = config.rules
    assert rule == records.DeclaredRule(
        id="ACME001",
        name="acme001",
        message="no anyuid",
        severity=Severity.WARNING,
        expr=rule.expr,
        kind="",
        at="spec",
        help="",
        span=rule.span,
        expr_span=rule.expr_span,
    )
    assert rule.expr.strip() == "verdict.scc == 'anyuid'"
    line = YAML.splitlines()[rule.expr_span.line - 1]
    assert line[rule.expr_span.column - 1 :].startswith(("|", '"verdict'))


def test_nothing_at_all(configured: Configured) -> None:
    assert configured("") == configured("---\n# nothing\n") == configured("{}") == Config(file=".scclint.yaml")


def test_all_mistakes_at_once(configured: Configured) -> None:
    text = """\
cluster:
  openshift: 4
  grants:
    - {scc: anyuid, service-account: web}
    - {scc: anyuid, user: a, group: b}
    - {namespace: x}
selct: [SEC2]
select: [SEC2, uncnfined, 7, nope]
fail_on: error
openshift: "4.16"
ignores:
  - rule: SEC999
    until: 2027-02-31
  - rule: 5
  - {rule: [SEC201, RBA4O1], until: soon}
output: ../x
format: [full, xml]
rules:
  - {id: SEC201, message: m, expr: e}
  - {id: ACME001, name: unconfined, message: m, expr: e}
  - {id: ACME001, message: m, expr: e}
force-exclude: true
force-exclude: false
"""
    formats = [*FORMATS]
    with pytest.raises(ConfigError) as caught:
        configured(text)
    assert str(caught.value).splitlines() == [
        ".scclint.yaml:2:3: cluster.openshift must be a string or a list, not the number 4",
        ".scclint.yaml:4:7: a grant to a service account needs the account's namespace",
        ".scclint.yaml:5:7: a grant names one of service-account, group or user, not group and user",
        ".scclint.yaml:6:7: cluster.grants[2] needs the key 'scc'",
        ".scclint.yaml:7:1: unknown key 'selct'; did you mean 'select'?",
        ".scclint.yaml:8:16: no rule is called 'uncnfined'; did you mean 'unconfined'?",
        ".scclint.yaml:8:27: select[2] must be a string, not the number 7; write it in quotes",
        ".scclint.yaml:8:30: no rule is called 'nope'; `scclint rules` lists them",
        ".scclint.yaml:9:1: unknown key 'fail_on'; did you mean 'fail-on'?",
        ".scclint.yaml:10:1: unknown key 'openshift'; did you mean 'cluster.openshift'?",
        ".scclint.yaml:12:5: no rule is called 'SEC999'; `scclint rules` lists them",
        ".scclint.yaml:13:5: '2027-02-31' is no day of the calendar",
        ".scclint.yaml:14:5: ignores[1].rule must be a string or a list, not the number 5",
        ".scclint.yaml:15:21: no rule is called 'RBA4O1'; did you mean 'RBA401'?",
        ".scclint.yaml:15:30: ignores[2].until must look like 2027-01-31, not 'soon'",
        ".scclint.yaml:16:1: '../x' lies outside the folder of the configuration; use --output for that",
        f".scclint.yaml:17:16: format[1] must be {', '.join(formats[:-1])} or {formats[-1]}, not 'xml'",
        ".scclint.yaml:19:6: 'SEC201' is already taken by SEC201",
        ".scclint.yaml:20:19: 'unconfined' is already taken by SEC202",
        ".scclint.yaml:21:6: 'ACME001' is already taken by ACME001",
        ".scclint.yaml: and 1 more",
    ]


@pytest.mark.parametrize(
    ("text", "file", "message"),
    [
        ("a: [1\nb: 2\n", "c.yaml", "c.yaml:2:2: "),
        ("a: 1\n---\nb: 2\n", "c.yaml", "c.yaml:2:1: a configuration file is one document, this one has 2"),
        ("\n- select\n", "c.yaml", "c.yaml:2:1: a configuration is a mapping of settings"),
        ("select\n", "c.yaml", "c.yaml:1:1: a configuration is a mapping of settings"),
        ("kind: Pod\napiVersion: v1\n", "c.yaml", "c.yaml: a manifest of kind Pod, and no configuration"),
        (
            "paths: [deploy]\n",
            "c.yaml",
            "c.yaml:1:1: unknown key 'paths'; name the paths on the command line; `exclude` leaves files out",
        ),
        ("skip-checks: [SCC101]\n", "c.yaml", "c.yaml:1:1: unknown key 'skip-checks'; `ignore` names rules that do not run"),
    ],
)
def test_what_is_no_configuration(configured: Configured, text: str, file: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(text, file)
    assert str(caught.value).startswith(message)


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot read the configuration: "):
        read_config(str(tmp_path / "none.yaml"))
    (tmp_path / "c.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(ConfigError, match=r"c\.yaml: cannot read the configuration: "):
        read_config(str(tmp_path / "c.yaml"))


def test_from_disk(rules: Sequence[AnyRule], tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"fail-on": "error", "rule-modules": ["acme"]}', encoding="utf-8")
    raw = read_config(str(file))
    assert raw.rule_modules == ("acme",)
    assert build_config(raw, rules, {}).fail_on == "error"
    assert build_config(None, rules, {}) == build_config(None, rules, {"select": None}) == Config()


def test_alias_bomb(configured: Configured) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    with pytest.raises(ConfigError):
        configured(bomb)


def test_outputs_stay_below_the_file(configured: Configured, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    for name in ("/tmp/x", "a/../../x", "link/etc/x"):
        with pytest.raises(ConfigError, match="lies outside the folder"):
            configured(f"output: {name}", str(tmp_path / ".scclint.yaml"))
    os.mkfifo(tmp_path / "x.md")
    (tmp_path / "x.json").mkdir()
    for name in ("x.md", "x.json"):
        # To open a FIFO would wait for a reader.
        with pytest.raises(ConfigError, match="is not a regular file"):
            configured(f"output: {name}", str(tmp_path / ".scclint.yaml"))
    assert configured("output: a/../x.txt", str(tmp_path / ".scclint.yaml")).output == (str(tmp_path / "x.txt"),)
    assert configured("output: x.txt", output=["/tmp/x"]).output == ("/tmp/x",)


def test_each_format_has_its_output(configured: Configured) -> None:
    with pytest.raises(ConfigError, match=r"c\.yaml:1:1: 2 for 1 formats: each format needs one"):
        configured("output: [a.json, b.json]", "c.yaml")
    with pytest.raises(UsageError, match=r"^--format: 2 formats need an output each"):
        configured("", format=["full", "sarif"])


class TestOptions:
    def test_replace_the_file(self, configured: Configured) -> None:
        config = configured(
            "fail-on: error\nexclude: [a]\nsarif-category: b\n", "x/c.yaml", exclude=["b"], sarif_category="c", fail_on="gap"
        )
        assert (config.exclude, config.sarif_category, config.fail_on) == (("b",), "c", "gap")
        assert set(config.origins.values()) == {"command line"}

    def test_select_starts_afresh(self, configured: Configured) -> None:
        text = """
select: [RBA401]
extend-select: [SEC201]
ignore: [SEC202]
per-path: [{path: x, select: [SCC101], ignore: [SEC202]}]
"""
        config = configured(text, select=["SEC2"])
        assert (config.select, config.extend_select, config.ignore) == (("SEC2",), (), ())
        assert config.per_path == (records.PathRules(("x",), (), ("SEC202",), {}),)
        assert configured(text, select=["SEC2"], ignore=["SEC210"]).ignore == ("SEC210",)

    def test_some_add_up(self, configured: Configured) -> None:
        config = configured("extend-select: [SEC201]\nparams: {A: x, B: w}\n", extend_select=["SEC202"], params={"B": "z"})
        assert (config.extend_select, config.params) == (("SEC201", "SEC202"), {"A": "x", "B": "z"})
        assert config.origins["params"] == ".scclint.yaml:2, command line"

    def test_unknown_rule(self, configured: Configured) -> None:
        with pytest.raises(UsageError) as caught:
            configured("", select=["SCC1O1"], extend_select=["unconfine"])
        assert str(caught.value).splitlines() == [
            "--select: no rule is called 'SCC1O1'; did you mean 'SCC101'?",
            "--extend-select: no rule is called 'unconfine'; did you mean 'unconfined'?",
        ]

    def test_declared_rules_can_be_selected(self, configured: Configured) -> None:
        text = "rules: [{id: ACME001, name: no-latest, message: m, expr: e}]\nselect: [ACME, no-latest]\n"
        assert configured(text, ignore=["ACME001"]).ignore == ("ACME001",)


class TestImplied:
    @pytest.mark.parametrize(
        ("text", "options", "platform"),
        [
            ("cluster: {kubernetes: 1.30}", {}, "kubernetes"),
            ("cluster: {kubernetes: '1.30', openshift: '4.16'}", {}, "openshift"),
            ("cluster: {platform: microshift}", {"openshift": ["5.0"]}, "microshift"),
            ("cluster: {platform: microshift}", {"kubernetes": "1.30"}, "kubernetes"),
            ("cluster: {platform: kubernetes}", {"openshift": ["4.16"]}, "openshift"),
            ("cluster: {kubernetes: '1.30', platform: openshift}", {}, "openshift"),
            ("cluster: {kubernetes: '1.30'}", {"openshift": ["4.16"]}, "openshift"),
            ("cluster: {platform: openshift}", {"kubernetes": "1.30"}, "kubernetes"),
            ("cluster: {openshift: '4.16'}", {"kubernetes": "1.30"}, "kubernetes"),
            ("cluster: {openshift: '4.16'}", {"kubernetes": "1.30", "platform": "openshift"}, "openshift"),
        ],
    )
    def test_platform(self, configured: Configured, text: str, options: dict[str, object], platform: str) -> None:
        assert configured(text, **options).platform == platform


@given(st.text(alphabet="ab:[]{}-,'\"\n #&*!|>=.1", max_size=80))
def test_only_config_errors(text: str) -> None:
    try:
        build_config(parse_config(text, "c.yaml"), (), {})
    except ConfigError as error:
        assert str(error).startswith("c.yaml:")


def test_spans_name_the_file(configured: Configured) -> None:
    assert configured("ignores:\n  - rule: SEC201\n", "x/c.yaml").ignores[0].span == Span("x/c.yaml", 2, 5, 2, 17)
