"""What the language server offers beside problems: verdicts, actions, definitions, completion and hints."""

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from tests.integration.lsp.editor import BINDING, ROOT, WEB, Editor, codes, with_editor

OWN = WEB.replace("    spec:\n      containers", "    spec:\n      serviceAccountName: web\n      containers")
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"


def test_hover_and_lens_show_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        assert await editor.lenses("web.yaml") == [(3, "restricted-v2 · RuntimeDefault · Pod Security: restricted")]
        shown = await editor.hover("web.yaml", 3, 9)
        assert "**Deployment shop/web** on OpenShift 4.22: SCC `restricted-v2` admits the pod." in shown
        assert "Granted to the creator, through ClusterRoleBinding " in shown.replace("\\", "")
        assert "| `web` | `RuntimeDefault` | SCC default |" in shown
        assert "The strictest level that the pod meets is restricted." in shown

    with_editor(tmp_path, session)


def test_hover_shows_the_effect_of_a_field(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        shown = await editor.hover("web.yaml", 14, 30)
        assert "`restricted-v2` rejects the pod because of this field" in shown
        assert "Without this field, `restricted-v2` admits the pod, its seccomp profile is RuntimeDefault" in shown
        assert "this field" not in await editor.hover("web.yaml", 3, 9)

    with_editor(tmp_path, session)


def test_hover_over_a_suppression_shows_the_rule(tmp_path: Path) -> None:
    comment = "          # scclint: ignore[SCC107, SCC101] the image needs it\n"
    text = ROOT.replace("          securityContext", comment + "          securityContext")
    text = text.replace("  name: web\n", "  name: web\n  annotations: {scclint.dev/ignore: no-scc-admits}\n", 1)
    (tmp_path / "web.yaml").write_text(text)
    lines = text.split("\n")
    comment_line = next(number for number, line in enumerate(lines) if "ignore[" in line)
    annotation = next(number for number, line in enumerate(lines) if "scclint.dev/ignore" in line)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        first = lines[comment_line].index("SCC107")
        shown = await editor.hover("web.yaml", comment_line, first + 2)
        assert shown.startswith("**SCC107 fixed-id** (advice): A fixed ID or SELinux level makes the SCC reject the pod.\n\n")
        assert shown.endswith("/rules/fixed-id/)")
        assert (await editor.hover("web.yaml", comment_line, first + 8)).startswith(
            "**SCC101 no-scc-admits** (problem, error): "
        )
        assert "SCC101 no-scc-admits" not in await editor.hover("web.yaml", comment_line, len(lines[comment_line]) - 2)
        name = lines[annotation].index("no-scc-admits")
        assert (await editor.hover("web.yaml", annotation, name)).startswith("**SCC101 no-scc-admits** (problem, error): ")

    with_editor(tmp_path, session)


def test_text_of_manifests_is_no_markdown(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT.replace("name: web\n", 'name: "![x](https://example.org/x)<b>`"\n'))

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        shown = await editor.hover("web.yaml", 3, 9)
        assert "\\!\\[x\\]\\(https" in shown
        assert "<b>" not in shown.replace("\\<b\\>", "")

    with_editor(tmp_path, session)


def test_a_fix_and_a_suppression(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ROOT.replace("\n", "\r\n"), newline="")

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        await editor.problems_of("web.yaml")
        offered = await editor.actions("web.yaml", 14)
        (fix,) = [action for action in offered if action.title.startswith("Remove")]
        assert codes(list(fix.diagnostics or ())) == ["SCC101"]
        fixed = editor.applied("web.yaml", fix)
        assert fixed == WEB.replace("\n", "\r\n")
        (comment,) = [action for action in offered if action.title.startswith("Suppress SCC101")]
        suppressed = editor.applied("web.yaml", comment)
        assert "\r\n          # scclint: ignore[SCC101] give the reason here\r\n          securityContext" in suppressed
        editor.type("web.yaml", suppressed)
        assert codes(await editor.problems_of("web.yaml")) == ["SCC102"]
        editor.type("web.yaml", fixed)
        assert codes(await editor.problems_of("web.yaml")) == []

    with_editor(tmp_path, session)


def test_no_suppression_where_a_comment_would_be_text(tmp_path: Path) -> None:
    profile = '{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web"}, "spec": {"selector": {}, "template": {"spec": {\n'
    profile += '"containers": [{"name": "web", "image": "i",\n"securityContext": {"runAsUser": 0}}]}}}}\n'
    (tmp_path / "web.json").write_text(profile)

    async def session(editor: Editor) -> None:
        editor.open("web.json")
        assert "SCC101" in codes(await editor.problems_of("web.json"))
        titles = [action.title for action in await editor.actions("web.json", 2)]
        assert not any(title.startswith("Suppress") for title in titles)
        assert any(title.startswith("Remove") for title in titles)

    with_editor(tmp_path, session)


def test_require_the_scc(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        (pin,) = [action for action in await editor.actions("web.yaml", 3) if action.title.startswith("Require")]
        assert pin.title == "Require SCC restricted-v2 (openshift.io/required-scc)"
        assert pin.kind == types.CodeActionKind.RefactorRewrite
        pinned = editor.applied("web.yaml", pin)
        assert "      annotations:\n        openshift.io/required-scc: restricted-v2\n" in pinned
        editor.type("web.yaml", pinned)
        assert [action for action in await editor.actions("web.yaml", 3) if action.title.startswith("Require")] == []

    with_editor(tmp_path, session)


def test_definitions(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(OWN + "          securityContext: {runAsUser: 0}\n")
    (tmp_path / "account.yaml").write_text(ACCOUNT)
    (tmp_path / "binding.yaml").write_text(BINDING.replace("name: default", "name: web").replace("scc:anyuid", "scc:mine"))
    role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: system:openshift:scc:mine}\nrules:\n"
    role += "  - {apiGroups: [security.openshift.io], resources: [securitycontextconstraints], resourceNames: [mine], verbs: [use]}\n"
    (tmp_path / "role.yaml").write_text(role)
    scc = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: mine}\n"
    scc += "runAsUser: {type: RunAsAny}\nseLinuxContext: {type: MustRunAs}\nfsGroup: {type: RunAsAny}\nsupplementalGroups: {type: RunAsAny}\n"
    (tmp_path / "scc.yaml").write_text(
        scc + "seccompProfiles: [runtime/default]\nallowPrivilegedContainer: false\nvolumes: ['*']\n"
    )

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        assert (await editor.lenses("web.yaml"))[0][1].startswith("mine · ")
        expected = [("account.yaml", 2), ("binding.yaml", 2), ("role.yaml", 4), ("scc.yaml", 2)]
        assert await editor.definitions("web.yaml", 11, 28) == expected
        editor.open("binding.yaml")
        assert await editor.definitions("binding.yaml", 3, 75) == [("role.yaml", 2)]
        assert await editor.definitions("binding.yaml", 4, 42) == [("account.yaml", 2)]
        editor.open("role.yaml")
        column = role.splitlines()[4].index("[mine]") + 2
        assert await editor.definitions("role.yaml", 4, column) == [("scc.yaml", 2)]
        assert await editor.definitions("role.yaml", 0, 2) == []

    with_editor(tmp_path, session)


def test_completion(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB)
    profile = "apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata: {name: strict, namespace: shop}\n"
    (tmp_path / "profile.yaml").write_text(profile + "spec: {defaultAction: SCMP_ACT_ERRNO}\n")

    async def at_end(editor: Editor, line: str) -> list[types.CompletionItem]:
        text = f"{WEB}{line}"
        editor.type("web.yaml", text)
        return await editor.completions("web.yaml", text.count("\n"), len(line))

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        sccs = await at_end(editor, "        openshift.io/required-scc: rest")
        assert "restricted-v2" in [item.label for item in sccs]
        edit = sccs[0].text_edit
        assert isinstance(edit, types.TextEdit)
        assert (edit.range.start.character, edit.range.end.character) == (35, 39)
        rules = await at_end(editor, "# scclint: ignore[SEC201, ")
        assert {"SEC201", "SCC101"} <= {item.label for item in rules}
        profiles = await at_end(editor, "          securityContext: {seccompProfile: {type: Localhost, localhostProfile: ")
        assert [item.label for item in profiles] == ["operator/shop/strict.json"]
        assert await at_end(editor, "          image: ") == []

    with_editor(tmp_path, session)


def test_hints_show_what_the_scc_adds(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(WEB + "          securityContext: {runAsNonRoot: true}  # 🦔\n")

    async def session(editor: Editor) -> None:
        editor.open("web.yaml")
        pod, container = await editor.hints("web.yaml")
        assert pod[:2] == (10, len("    spec:"))
        assert (
            pod[2]
            == "SCC adds fsGroup: from the namespace, seLinuxOptions.level: from the namespace, seccompProfile.type: RuntimeDefault"
        )
        line = "          securityContext: {runAsNonRoot: true}  # 🦔"
        assert container[:2] == (14, len(line.encode("utf-16-le")) // 2)
        assert "capabilities.drop: [ALL]" in container[2]
        assert "runAsNonRoot" not in container[2]

    with_editor(tmp_path, session)
