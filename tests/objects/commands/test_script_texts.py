"""Commands in YAML files: of CI workflows, playbooks, containers and scripts in ConfigMaps."""

import pytest

from scclint.objects.documents import load_file

ADDS = "oc adm policy add-scc-to-group privileged system:authenticated"
JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: i, %s}]}}}\n"
)


def commands(text: str, file: str = "a.yaml") -> list[tuple[int, str]]:
    kinds = frozenset({"Job", "Task"})
    return [(document.line, document.kind) for document in load_file(file, text, kinds) if document.command]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"on: push\njobs: {{a: {{steps: [{{run: '{ADDS}'}}]}}}}\n", 2),
        (f"jobs:\n  a:\n    steps:\n      - name: x\n        run: |\n          set -e\n          {ADDS}\n", 7),
        (f"deploy:\n  script:\n    - echo go\n    - {ADDS}\n", 4),
        (f"deploy:\n  script: >-\n    set -e;\n    {ADDS}\n", 4),
        (f"run: >-\n  {ADDS.replace(' privileged', chr(10) + '  privileged')}\n", 2),
        (f"run: >\n  set -e\n\n  {ADDS.replace(' privileged', chr(10) + '  privileged')}\n", 4),
        (f"run: {ADDS.replace(' privileged', chr(10) + '  privileged')}\n", 1),
        (f"- command:\n    argv: [{', '.join(map(repr, ADDS.split()))}]\n", 2),
        (f"- command:\n    argv:\n    - {(chr(10) + '    - ').join(ADDS.split())}\n", 3),
        (JOB % f"command: [oc], args: [{', '.join(map(repr, ADDS.split()[1:]))}]", 4),
        (f"version: '3'\ntasks:\n  d:\n    cmds: [{ADDS}]\n", 4),
        (f"steps:\n- bash: {ADDS}\n", 2),
        (f"run: oc login;\n  {ADDS}\n", 2),
        (f"- name: x\n  shell: {ADDS}\n", 2),
        (f"apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: a}}\nspec:\n  steps:\n  - script: |\n      {ADDS}\n", 7),
        (JOB % f'command: [sh, -c, "{ADDS}"]', 4),
        (JOB % f"command: [{', '.join(map(repr, ADDS.split()))}]", 4),
        (f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  run.sh: |\n    {ADDS}\n", 6),
        (f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  run: |\n    #!/bin/sh\n    {ADDS}\n", 7),
        (f'{{"scripts": {{"a": "{ADDS}", "b": "ls"}}}}', 1),
        (f"run: ls\n---\nrun: {ADDS}\n", 3),
        (f'{{"a": 1,\n"script": "#!/bin/sh\\n{ADDS}\\n"}}', 2),
    ],
)
def test_commands(text: str, line: int) -> None:
    assert commands(text) == [(line, "ClusterRoleBinding")]


@pytest.mark.parametrize(
    "text",
    [
        f"run: ls\ndescription: {ADDS}\n",
        f"jobs:\n  a:\n    steps:\n      - name: {ADDS}\n        run: |\n          # {ADDS}\n          ls\n",
        f"jobs:\n  a:\n    steps:\n      - run: ls # {ADDS}\n",
        f'{{"script": "ls\\n# {ADDS}\\n"}}',
        f"- name: x\n  debug:\n    msg: |\n      {ADDS}\n",
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  README: |\n    {ADDS}\n",
        f"apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nspec:\n  description: |\n    {ADDS}\n",
        f"apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nspec:\n  steps:\n  - try:\n    - script: {{content: {ADDS}}}\n",
        f"apiVersion: kuttl.dev/v1beta1\nkind: TestStep\ncommands:\n- script: {ADDS}\n",
        JOB % f"env: [{{name: A, value: '{ADDS}'}}]",
    ],
)
def test_texts_that_people_read(text: str) -> None:
    assert commands(text) == []


def test_the_indexes_of_documents_differ() -> None:
    documents = load_file("a.yaml", f"run: ls\n---\nrun: {ADDS}\n", frozenset())
    assert [document.index for document in documents] == [0, 1, 2]
