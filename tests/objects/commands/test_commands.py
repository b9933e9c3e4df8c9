"""Commands of scripts that bind roles and grant SCCs."""

from pathlib import Path

import pytest

from scclint.objects.commands import documents_of_commands
from scclint.objects.documents import load_file
from scclint.objects.documents.templates import is_field, written
from scclint.yaml.nodes import MappingNode, to_data
from tests.running import report_on

SCC = "system:openshift:scc:"


def found(text: str) -> list[tuple[str, str, str, list[str]]]:
    made = []
    for document in documents_of_commands("a.sh", text):
        data = to_data(document.root)
        subjects = [f"{s['kind']} {s.get('namespace', '')}/{s['name']}" for s in data["subjects"]]
        made.append((data["kind"], data["metadata"].get("namespace", ""), data["roleRef"]["name"], subjects))
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "oc adm policy add-scc-to-user anyuid -z web -n shop",
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            "oc -n x \\\n  adm policy \\\n  add-scc-to-user \\\n  anyuid -z web",
            ("RoleBinding", "x", f"{SCC}anyuid", ["ServiceAccount x/web"]),
        ),
        ("oc -n x adm policy add-scc-to-user anyuid -z web", ("RoleBinding", "x", f"{SCC}anyuid", ["ServiceAccount x/web"])),
        (
            "$(OC) adm policy add-scc-to-user --namespace=shop anyuid --serviceaccount web || true",
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            "oc adm policy add-scc-to-user privileged \\\n  system:serviceaccount:shop:web; ls",
            ("ClusterRoleBinding", "", f"{SCC}privileged", ["ServiceAccount shop/web"]),
        ),
        (
            "oc adm policy add-scc-to-group anyuid system:authenticated # for all",
            ("ClusterRoleBinding", "", f"{SCC}anyuid", ["Group /system:authenticated"]),
        ),
        (
            "oc policy add-role-to-user edit -z web -n shop",
            ("RoleBinding", "shop", "edit", ["ServiceAccount shop/web"]),
        ),
        ("oc adm policy add-scc-to-user anyuid alice", ("ClusterRoleBinding", "", f"{SCC}anyuid", ["User /alice"])),
        (
            "oc adm policy add-cluster-role-to-user cluster-admin -z web -n shop",
            ("ClusterRoleBinding", "", "cluster-admin", ["ServiceAccount shop/web"]),
        ),
        (
            "oc adm policy add-cluster-role-to-user view -z web",
            ("ClusterRoleBinding", "", "view", ["ServiceAccount ${NAMESPACE}/web"]),
        ),
        ("oc adm policy add-scc-to-user anyuid -z web", ("RoleBinding", "", f"{SCC}anyuid", ["ServiceAccount /web"])),
        (
            "oc adm policy add-scc-to-user anyuid -z web 2>/dev/null",
            ("RoleBinding", "", f"{SCC}anyuid", ["ServiceAccount /web"]),
        ),
        (
            "oc adm policy add-scc-to-user anyuid alice 2 >/dev/null",
            ("ClusterRoleBinding", "", f"{SCC}anyuid", ["User /alice", "User /2"]),
        ),
        (
            'kubectl create rolebinding web -n shop --clusterrole="edit" --serviceaccount=shop:web',
            ("RoleBinding", "shop", "edit", ["ServiceAccount shop/web"]),
        ),
        (
            "oc create clusterrolebinding web --clusterrole cluster-admin --user=bob --group=ops",
            ("ClusterRoleBinding", "", "cluster-admin", ["User /bob", "Group /ops"]),
        ),
        (
            "NS=shop\nexport SCC='anyuid'\noc adm policy add-scc-to-user ${SCC} -z web -n $NS",
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            "NS ?= shop\nall:\n\t@$(OC) adm policy add-scc-to-user anyuid -zweb -n $(NS)",
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            "NS=a\nNS=b\noc adm policy add-scc-to-user anyuid -z web -n ${NS:-shop}",
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            'command: ["oc", "adm", "policy", "add-scc-to-user", "anyuid", "-z", "web", "-n", "shop"]',
            ("RoleBinding", "shop", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            "argv:\n  - oc\n  - adm\n  - policy\n  - add-scc-to-user\n  - anyuid\n  - system:serviceaccount:shop:web\n",
            ("ClusterRoleBinding", "", f"{SCC}anyuid", ["ServiceAccount shop/web"]),
        ),
        (
            'shell: "oc adm policy add-scc-to-user anyuid system:serviceaccount:{{ project }}:web"',
            ("ClusterRoleBinding", "", f"{SCC}anyuid", ["ServiceAccount {{ project }}/web"]),
        ),
    ],
)
def test_grants(text: str, expected: tuple[str, str, str, list[str]]) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "# oc adm policy add-scc-to-user anyuid -z web",
        'echo "run: oc adm policy add-scc-to-user anyuid -z web"',
        "oc adm policy remove-scc-from-user anyuid -z web -n shop",
        "oc create clusterrolebinding web --clusterrole=$ROLE --serviceaccount=shop:web",
        "oc adm policy add-scc-to-user anyuid",
        "oc get rolebinding web",
        "oc create rolebinding web",
    ],
)
def test_what_grants_nothing(text: str) -> None:
    assert found(text) == []


def test_place() -> None:
    (document,) = documents_of_commands("a.sh", "set -e\n  oc adm policy add-scc-to-user anyuid -z web -n shop | cat\n")
    assert (document.line, document.command) == (2, "oc adm policy add-scc-to-user anyuid -z web -n shop")
    assert document.root is not None
    assert (document.root.line, document.root.column, document.root.end_column) == (2, 6, 54)


def test_long_commands_end() -> None:
    assert len(found("oc adm policy add-scc-to-user anyuid " + "{{" * 200_000 + "\n" + "adm policy " * 100_000)) <= 1


@pytest.mark.parametrize(
    "between",
    ["", "oc apply -f web.yaml\nif true; then\n  ls\nX=1", "# undeploy:"],
)
def test_a_grant_that_the_script_removes_again(between: str) -> None:
    add = "oc adm policy add-scc-to-user privileged -z web -n shop\n"
    remove = "oc adm policy remove-scc-from-user privileged -z web -n shop\n"
    assert found(f"set -e\n{add}{between}\n{remove}") == []
    assert len(found(f"{remove}{add}")) == 1
    assert len(documents_of("README.md", f"{add}{remove}")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "deploy:\n\t{0}\nundeploy:\n\t{1}\n",
        "{0}\nif test -n $X; then\n  {1}\nfi\n",
        "if a; then\n  {0}\nelse\n  {1}\nfi\n",
        "up() {{\n  {0}\n}}\ndown() {{\n  {1}\n}}\n",
        "case $1 in\nup)\n{0}\n;;\ndown)\n{1}\n;;\nesac\n",
        '{0}\ntest "$1" = down && {1}\n',
        "{0}\nexit 0\n{1}\n",
        "{0}\n{2}\n",
        "{0}\n{3}\n",
    ],
)
def test_a_removal_that_may_not_follow(text: str) -> None:
    add = "oc adm policy add-scc-to-user privileged -z web -n shop"
    remove = add.replace("add-scc-to", "remove-scc-from")
    others = (remove.replace("shop", "other"), remove.replace("privileged", "anyuid"))
    assert len(found(text.format(add, remove, *others))) == 1


def test_the_other_subjects_of_a_grant_keep_it() -> None:
    add = "oc adm policy add-scc-to-group anyuid a b\n"
    assert found(f"{add}oc adm policy remove-scc-from-group anyuid a\n") == [
        ("ClusterRoleBinding", "", f"{SCC}anyuid", ["Group /b"])
    ]


def documents_of(file: str, text: str) -> list[str]:
    return [document.command for document in documents_of_commands(file, text)]


def test_each_account_and_each_command_of_a_line() -> None:
    two = "oc adm policy add-scc-to-user anyuid -z a -z b -n x && oc -n x adm policy add-scc-to-user \\\n  anyuid -z c"
    assert [subjects for *_, subjects in found(two)] == [["ServiceAccount x/a", "ServiceAccount x/b"], ["ServiceAccount x/c"]]


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"oc apply -f - <<EOF\n{POD}EOF\n", [("Pod", 1, "")]),
        (f"set -e\nkubectl create -n shop -f - << 'EOF'\n{POD}---\n{POD}EOF\n", [("Pod", 1, "shop"), ("Pod", 7, "shop")]),
        (f'cat <<"END" | envsubst | oc replace --namespace=shop -f -\n{POD}END\n', [("Pod", 1, "shop")]),
        (f"cat <<EOF |\n{POD}EOF\nkubectl apply -f -\n", [("Pod", 1, "")]),
        (f"cat <<EOF > /tmp/a.yaml\n{POD}EOF\noc apply -f /tmp/a.yaml -n shop\n", [("Pod", 1, "shop")]),
        (f"cat <<EOF | ${{CMD}} apply -f -\n{POD}EOF\n", [("Pod", 1, "")]),
        (f'"$K8S" -n shop create -f - <<EOF\n{POD}EOF\n', [("Pod", 1, "shop")]),
        (f"$CTR create - <<EOF\n{POD}EOF\n", []),
        (f"NS=shop\noc -n $NS apply \\\n  -f - <<EOF\n{POD}EOF\n", [("Pod", 1, "shop")]),
        ("\toc apply -f - <<-EOF\n" + "".join(f"\t{line}\n" for line in POD.splitlines()) + "\tEOF\n", [("Pod", 1, "")]),
        (f"cat <<EOF > /tmp/a.yaml\n{POD}EOF\n", []),
        (f"cat <<EOF | tee a.yaml\n{POD}EOF\noc get pods\n", []),
        (f"oc delete -f - <<EOF\n{POD}EOF\n", []),
        (f"oc apply --dry-run=client -f - <<EOF\n{POD}EOF\n", []),
        (f"# oc apply -f - <<EOF\n{POD}EOF\n", []),
        (f'echo "oc apply -f - <<EOF"\n{POD}EOF\n', []),
        (f"oc apply -f - <<< EOF\n{POD}EOF\n", []),
        (f"oc apply -f - <<EOF\n{POD}", []),
    ],
)
def test_here_documents(text: str, expected: list[tuple[str, int, str]]) -> None:
    documents = load_file("a.sh", text, frozenset())
    assert [(document.kind, document.line, document.namespace) for document in documents if document.kind] == expected


def test_places_and_variables_of_here_documents() -> None:
    text = (
        "IMAGE=x\noc apply -f - <<EOF\n{0}  a: $IMAGE\n  b: ${{TAG:-1}} \\$A $(id) `id`\n  $REST\nEOF\n"
        "oc apply -f - <<'EOF'\n{0}  a: $IMAGE\nEOF\n"
    )
    first, second = load_file("a.sh", text.format(POD.replace("spec: {", "spec:\n  hostPID: true\n#")), frozenset())
    assert isinstance(first.root, MappingNode)
    assert [entry.value.line for entry in first.root.entries if entry.key.value == "spec"] == [7]
    data = to_data(first.root)["spec"]
    assert data["a"] == "x"
    assert written(data["b"]) == "1 $A $(id) `id`"
    assert [written(key) for key in data if is_field(key)] == ["$REST"]
    assert to_data(second.root)["spec"]["a"] == "$IMAGE"


ROLE = {"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "verbs": ["use"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oc create serviceaccount web -n shop", ("ServiceAccount", {"name": "web", "namespace": "shop"}, None)),
        ("kubectl -n shop create sa web", ("ServiceAccount", {"name": "web", "namespace": "shop"}, None)),
        (
            "oc create role use --verb=use --resource=securitycontextconstraints --resource-name=a --resource-name=b -n shop",
            ("Role", {"name": "use", "namespace": "shop"}, [{**ROLE, "resourceNames": ["a", "b"]}]),
        ),
        (
            "oc create clusterrole use --verb use --resource scc.security.openshift.io -n shop",
            ("ClusterRole", {"name": "use"}, [{**ROLE, "resourceNames": []}]),
        ),
        ("oc create role app --verb=get --resource=pods", None),
        ("oc create role app with login", None),
        ("oc create -f role web", None),
        ("gcloud create sa web", None),
        ("# oc create sa web", None),
    ],
)
def test_accounts_and_roles(text: str, expected: object) -> None:
    made = [to_data(document.root) for document in documents_of_commands("a.sh", text)]
    assert [(data["kind"], data["metadata"], data.get("rules")) for data in made] == ([expected] if expected else [])


RUN_LEVEL = {"labels": {"openshift.io/run-level": "0"}}
SET = "openshift.io/run-level=0"


def changes(text: str) -> list[tuple[str, dict[str, object], list[tuple[str, ...]]]]:
    return [
        (document.kind, to_data(document.root), [(op.op, *op.path, str(op.value)) for op in document.operations or ()])
        for document in documents_of_commands("a.sh", text)
        if document.operations is not None
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"oc label ns shop {SET}",
        f"oc -n x label --overwrite namespace/shop '{SET}' team=a; ls",
        f"sudo oc label namespaces shop \\\n  {SET} --overwrite=true",
        f'NS=shop\n"$OC" label project $NS {SET}',
        f"$K label ns shop {SET}",
        f"echo go && oc label ns shop {SET} # now",
        'oc patch ns shop -p \'{"metadata": {"labels": {"openshift.io/run-level": "0", "team": "a"}}}\'',
    ],
)
def test_labels_of_a_namespace(text: str) -> None:
    assert changes(text) == [
        ("Namespace", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **RUN_LEVEL}}, [])
    ]


@pytest.mark.parametrize(
    "text",
    [
        "oc label ns shop team=a",
        "oc label node a openshift.io/run-level=0",
        "oc label ns shop openshift.io/run-level-",
        "oc annotate ns shop openshift.io/description=x",
        f"# oc label ns shop {SET}",
        f"ls # oc label ns shop {SET}",
        f'echo "x && oc label ns shop {SET}"',
        'oc patch deployment web -p \'{"spec": {"replicas": 1}}\'',
        'oc patch scc mine --type=merge -p \'{"metadata": {"labels": {"a": "b"}}}\'',
        'oc patch scc mine --type=merge -p "$PATCH"',
    ],
)
def test_changes_that_decide_nothing(text: str) -> None:
    assert changes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "oc patch scc restricted-v2 --type=merge -p '{\"allowHostPID\": true}'",
        "kubectl patch --type merge securitycontextconstraints/restricted-v2 --patch='allowHostPID: true'",
        'oc patch scc restricted-v2 -p "{\\"allowHostPID\\": true}" && ls',
        "oc patch scc restricted-v2 --type=merge -p '\nallowHostPID: true\n' ; ls",
        'run: "oc patch scc restricted-v2 -p \'{\\"allowHostPID\\": true}\'"',
        "oc patch -p '{\"allowHostPID\":true}' securitycontextconstraints.security.openshift.io restricted-v2",
    ],
)
def test_merge_patches_of_an_scc(text: str) -> None:
    ((kind, data, operations),) = changes(text)
    assert (kind, data["metadata"], data["allowHostPID"], operations) == (
        "SecurityContextConstraints",
        {"name": "restricted-v2"},
        True,
        [],
    )


def test_json_patches_of_an_scc() -> None:
    text = """oc patch scc anyuid --type=json -p '[{"op": "add", "path": "/users/-", "value": "a"},
      {"op":"remove","path":"/requiredDropCapabilities"}, {"op": "add", "path": "/metadata/labels/a~1b", "value": "c"}]'"""
    ((_, data, operations),) = changes(text)
    assert "users" not in data
    assert operations == [("add", "users", "-", "a"), ("remove", "requiredDropCapabilities", "None")]


@pytest.mark.parametrize(
    "loop",
    [
        "for sa in a b; do\n  COMMAND\ndone",
        "for sa in a \\\n  'b'\ndo COMMAND; done",
        "all:\n\tfor sa in a b; do COMMAND; done",
    ],
)
def test_loops(loop: str) -> None:
    variable = "$$sa" if loop.startswith("all") else "${sa}"
    script = loop.replace("COMMAND", f"oc adm policy add-scc-to-user anyuid -z {variable} -n shop")
    assert [subjects for *_, subjects in found(script)] == [["ServiceAccount shop/a"], ["ServiceAccount shop/b"]]


@pytest.mark.parametrize("values", ["$(cat names)", "`cat names`", "$(cat names; cat others)", "`cat names; cat others`"])
def test_loops_over_what_is_not_known(values: str) -> None:
    ((*_, subjects),) = found(f"for sa in {values}; do oc adm policy add-scc-to-user anyuid -z $sa -n shop; done")
    assert subjects == ["ServiceAccount shop/${sa}"]


@pytest.mark.parametrize(("namespace", "rules"), [("user$i-inventory", set()), ("${NS}", set()), ("User_1", {"MAN002"})])
def test_a_variable_within_a_name_may_make_it_valid(namespace: str, rules: set[str], tmp_path: Path) -> None:
    script = tmp_path / "setup.sh"
    script.write_text(f"#!/bin/sh\noc adm policy add-scc-to-user privileged -z web -n {namespace}\n")
    assert {finding.rule_id for finding in report_on([str(script)]).findings if finding.kind == "problem"} == rules
