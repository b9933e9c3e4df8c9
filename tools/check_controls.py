"""Check `scclint controls` against ComplianceAsCode: python tools/check_controls.py CONTENT DUMP...

CONTENT is a copy of ComplianceAsCode/content, and each DUMP a folder that `oc adm inspect` or `oc adm must-gather` wrote. The rules of CIS
1.9 and STIG V2R3 are applied to the objects of the dump as they are written there: `jqfilter` and `yamlfile_value` of the automated ones,
and the commands of the check texts of the others. Needs the package `jq`.

The statuses must agree, and so must the SCCs, roles and bindings that fail a control. Evidence of scclint that the commands of a control
cannot see is counted by its reason and must be the only difference.
"""

import contextlib
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jq  # type: ignore[import-not-found, unused-ignore]
from ruamel.yaml import YAML

from scclint.cli import main

Json = dict[str, Any]
RULES = "applications/openshift"
XCCDF = "shared/references/disa-stig-ocp4-v2r3-xccdf-manual.xml"
BY_FIELD = {
    "5.2.2": "scc/scc_limit_process_id_namespace",
    "5.2.3": "scc/scc_limit_ipc_namespace",
    "5.2.4": "scc/scc_limit_network_namespace",
    "5.2.5": "scc/scc_limit_privilege_escalation",
}
"""The controls whose text names one field of an SCC that must not be true."""
BY_COMMAND = {"5.2.1": "scc/scc_limit_privileged_containers", "5.2.6": "scc/scc_limit_root_containers"}
"""The controls whose text has a command that selects SCCs."""
BY_CAPABILITIES = {
    "5.2.7": (
        "scc/scc_limit_net_raw_capability",
        '(.requiredDropCapabilities // []) | any(. == "NET_RAW" or . == "ALL") | not',
    ),
    "5.2.9": ("scc/scc_drop_container_capabilities", "(.requiredDropCapabilities // []) | length == 0"),
}
"""The controls whose text describes SCCs by `requiredDropCapabilities`, with the expression for the words."""
REASONS = {
    r": container \S+ |: its pods ": "a pod that runs",
    r"^SCC \S+ .*, and lists ": "a list of an SCC, where the text names bindings only",
    r": \* in (apiGroups|verbs|apiGroups, verbs)$": "a wildcard that is not in resources",
}
"""What scclint finds beyond the commands, by its message."""


class Content:
    """The rules and check texts of ComplianceAsCode."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        root = ElementTree.parse(folder / XCCDF).getroot()
        texts = {
            group.get("id"): "".join(part.text or "" for part in group.iter() if part.tag.endswith("check-content"))
            for group in root.iter()
            if group.tag.endswith("Group")
        }
        self.check_text = texts["V-257557"]
        self.permitted = set(re.findall(r"^\s+\* (\S+)$", self.check_text, re.MULTILINE))
        self.role_filter = "[" + self._between("oc get clusterrole.rbac -ojson | jq -r '", "'") + "]"

    def _between(self, start: str, end: str) -> str:
        return self.check_text.partition(start)[2].partition(end)[0]

    def text(self, rule: str) -> str:
        return (self.folder / RULES / rule / "rule.yml").read_text()

    def select(self, text: str) -> str:
        """Return the condition of the first command that selects SCCs."""
        start = text.index(".items[]|select(", text.index("oc get scc")) + len(".items[]|select(")
        depth = 1
        for end in range(start, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0:
                return text[start:end]
        raise ValueError(text)


class Dump:
    """The objects of a dump."""

    def __init__(self, folder: Path) -> None:
        self.objects: list[Json] = []
        for path in sorted(folder.rglob("*.yaml")):
            for document in YAML(typ="safe").load_all(path):
                if isinstance(document, dict):
                    self.objects += document["items"] if str(document.get("kind")).endswith("List") else [document]

    def of(self, *kinds: str) -> list[Json]:
        return [one for one in self.objects if one.get("kind") in kinds]

    def sccs(self, condition: str) -> set[str]:
        """Return the names of the SCCs that fulfil a condition in jq."""
        found = jq.compile(f"[.items[] | select({condition}) | .metadata.name]")
        return set(found.input({"items": self.of("SecurityContextConstraints")}).first())


def home(one: Json) -> str:
    return str(one["metadata"].get("namespace", ""))


def is_platform(namespace: str) -> bool:
    return namespace == "openshift" or namespace.startswith(("kube-", "openshift-"))


def is_own_role(role: Json) -> bool:
    """Whether a role is one of the platform, and not the role of an SCC."""
    metadata = role["metadata"]
    name = metadata["name"]
    marked = any(key.startswith("include.release.openshift.io/") for key in metadata.get("annotations") or ())
    system = name.startswith("system:") and not name.startswith("system:openshift:scc:")
    return system or marked or name == "cluster-admin" or is_platform(home(role))


def bindings_to(dump: Dump, content: Content, nonpermitted: set[str]) -> Iterator[Json]:
    """Yield the bindings of steps 2 and 3 of V-257557 outside of the platform."""
    listed = set()
    for role in dump.of("ClusterRole", "Role"):
        printed = jq.compile(content.role_filter).input({"items": [role]}).first()
        names = {value["scc"] for value in printed if isinstance(value, dict)}
        if printed and not is_own_role(role) and names & nonpermitted:
            listed.add((role["kind"], home(role), role["metadata"]["name"]))
    own = {f"system:openshift:scc:{scc}" for scc in nonpermitted}
    for binding in dump.of("ClusterRoleBinding", "RoleBinding"):
        ref = binding["roleRef"]
        bound = (ref["kind"], home(binding) if ref["kind"] == "Role" else "", ref["name"])
        # A dump need not have the roles of the release.
        if bound not in listed and not (ref["kind"] == "ClusterRole" and ref["name"] in own):
            continue
        subjects = binding.get("subjects") or []
        homes = [one.get("namespace", home(binding)) if one["kind"] == "ServiceAccount" else "" for one in subjects]
        if not is_platform(home(binding)) and not all(map(is_platform, homes)):
            yield binding


def named(one: Json) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def expected(dump: Dump, content: Content) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the framework and ID of each control with a procedure, and the objects that fail it."""
    cis = "cis-ocp-1.9"
    yield cis, "1.2.12", set(admission_plugin(dump, content))
    yield (
        cis,
        "5.1.3",
        {
            named(role)
            for role in dump.of("ClusterRole", "Role")
            if not is_own_role(role) and any("*" in (rule.get("resources") or ()) for rule in role.get("rules") or ())
        },
    )
    yield (
        cis,
        "5.1.5",
        {
            named(binding)
            for binding in dump.of("ClusterRoleBinding", "RoleBinding")
            for one in binding.get("subjects") or ()
            if one["kind"] == "ServiceAccount" and one["name"] == "default"
            if not is_platform(one.get("namespace") or home(binding)) and not is_platform(home(binding))
        },
    )
    for control, rule in BY_FIELD.items():
        field = re.search(r"have\s+<tt>(\w+)</tt>\s+set\s+to\s+<tt>true</tt>", content.text(rule))
        assert field is not None, rule
        yield cis, control, set(map(named, bindings_to(dump, content, dump.sccs(f".{field[1]}"))))
    for control, (rule, condition) in BY_CAPABILITIES.items():
        assert "requiredDropCapabilities" in content.text(rule)
        yield cis, control, set(map(named, bindings_to(dump, content, dump.sccs(condition))))
    for control, rule in BY_COMMAND.items():
        yield cis, control, set(by_lists_and_bindings(dump, content, content.select(content.text(rule))))
    yield cis, "5.2.8", set(capabilities(dump, content))
    yield "stig-ocp4-v2r3", "V-257557", {*by_lists_and_bindings(dump, content, content.select(content.check_text), stig=True)}


def admission_plugin(dump: Dump, content: Content) -> Iterator[str]:
    text = content.text("api-server/api_server_admission_control_plugin_scc")
    (jqfilter,) = re.findall(r"set default_jqfilter = '(.*)' %", text)
    (pattern,) = re.findall(r"- value: '(.*)'", text)
    for config in dump.of("ConfigMap"):
        if (home(config), config["metadata"]["name"]) == ("openshift-kube-apiserver", "config"):
            arguments = jq.compile(jqfilter).input(config).first()["apiServerArguments"]
            if not any(re.search(pattern, name) for name in arguments["enable-admission-plugins"]):
                yield "the API server"


def capabilities(dump: Dump, content: Content) -> Iterator[str]:
    (jqfilter,) = re.findall(r"set jqfilter = '(.*)' %", content.text("scc/scc_limit_container_allowed_capabilities"))
    variable = (content.folder / RULES / "scc" / "var_sccs_with_allowed_capabilities_regex.var").read_text()
    (regex,) = re.findall(r'default: "(.*)"', variable)
    found = jq.compile(jqfilter.replace("{{.var_sccs_with_allowed_capabilities_regex}}", regex))
    for name in found.input({"items": dump.of("SecurityContextConstraints")}).first():
        yield f"SCC {name}"


def by_lists_and_bindings(dump: Dump, content: Content, condition: str, *, stig: bool = False) -> Iterator[str]:
    """Yield what the lists of the SCCs that fulfil a condition and the bindings to them show. Only V-257557 is about further groups."""
    nonpermitted = dump.sccs(condition)
    for scc in dump.of("SecurityContextConstraints"):
        name = scc["metadata"]["name"]
        members = {*(scc.get("users") or ()), *(scc.get("groups") or ())}
        if name in nonpermitted and members - content.permitted:
            yield f"SCC {name}"
        if stig and name == "restricted" and name in nonpermitted:
            yield f"SCC {name}"
        if stig and name != "restricted" and "system:authenticated" in (scc.get("groups") or ()):
            yield f"SCC {name}"
    yield from map(named, bindings_to(dump, content, nonpermitted))


def reads_wildcards(name: str, dump: Dump) -> bool:
    """Whether the commands do not see what a binding allows: its role has a rule with a wildcard, or names no SCC."""
    for binding in dump.of("ClusterRoleBinding", "RoleBinding"):
        ref = binding["roleRef"]
        for role in dump.of(ref["kind"]) if named(binding) == name else ():
            same = role["metadata"]["name"] == ref["name"] and home(role) in ("", home(binding))
            for rule in role.get("rules") or () if same else ():
                about = {"*", "securitycontextconstraints"} & set(rule["resources"])
                wild = any("*" in rule[field] for field in ("apiGroups", "resources", "verbs"))
                if about and (wild or not rule.get("resourceNames")):
                    return True
    return False


def names_for_another_verb(name: str, dump: Dump) -> bool:
    """Whether the commands print SCCs that a binding does not allow: they print the names of each rule about SCCs of its role."""
    for binding in dump.of("ClusterRoleBinding", "RoleBinding"):
        for role in dump.of(binding["roleRef"]["kind"]) if named(binding) == name else ():
            same = role["metadata"]["name"] == binding["roleRef"]["name"] and home(role) in ("", home(binding))
            rules = [rule for rule in role.get("rules") or () if same and "securitycontextconstraints" in rule["resources"]]
            if any("use" not in rule["verbs"] for rule in rules):
                return True
    return False


def controls(framework: str, dump: Path) -> dict[str, Json]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["controls", "--isolated", "--framework", framework, "--format", "json", str(dump)])
    if status not in (0, 1):
        raise SystemExit(f"{dump}: ended with {status}")
    return {one["id"]: one for one in json.loads(out.getvalue())["controls"]}


def check(folder: Path, content: Content, reasons: Counter[str]) -> Iterator[str]:
    """Yield what differs for a dump, and count in `reasons` what scclint finds beyond the commands."""
    dump = Dump(folder)
    found = {name: controls(name, folder) for name in ("cis-ocp-1.9", "stig-ocp4-v2r3")}
    for framework, control, offenders in expected(dump, content):
        one = found[framework][control]
        told: dict[str, list[Json]] = {}
        for finding in one["findings"]:
            match = re.match(
                r"(SCC|Role|ClusterRole|RoleBinding|ClusterRoleBinding) [^\s:]+|the API server", finding["message"]
            )
            told.setdefault(match[0] if match and not finding["rule"] else finding["message"], []).append(finding)
        reasons["compared"] += 1
        reasons["failed"] += bool(offenders)
        for name in sorted(offenders - told.keys()):
            if names_for_another_verb(name, dump):
                reasons["not found: a role names the SCC for another verb than use"] += 1
            else:
                yield f"{folder.name}: {control}: missed: {name}"
        for name in told.keys() - offenders:
            for finding in told[name]:
                text = finding["message"]
                reason = next((why for pattern, why in REASONS.items() if re.search(pattern, text)), "")
                reason = reason or (f"rule {finding['rule']}" if finding["rule"] else "")
                if not reason and reads_wildcards(name, dump):
                    reason = "a role with a wildcard, or without resourceNames"
                if reason:
                    reasons[reason] += 1
                else:
                    yield f"{folder.name}: {control}: reported beyond the text: {text}"
        wanted = "fail" if one["findings"] else "pass"
        if one["status"] != wanted:
            reasons[f"{control} {one['status']}: {one['why']}"] += 1


def check_all(content: Content, folders: list[Path]) -> int:
    """Print the result for each dump, and return the number of disagreements."""
    wrong: list[str] = []
    reasons: Counter[str] = Counter()
    for folder in folders:
        wrong += check(folder, content, reasons)
    print("\n".join([*wrong, *(f"{number} {reason}" for reason, number in reasons.most_common())]))
    print(f"{len(folders)} dumps, {len(wrong)} disagreements")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(1 if check_all(Content(Path(sys.argv[1])), [Path(name) for name in sys.argv[2:]]) else 0)
