"""Commands of scripts that bind roles and grant SCCs."""

import pytest

from scclint.load.commands import documents_of_commands
from scclint.yaml.nodes import to_data

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
