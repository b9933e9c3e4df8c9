"""Messages that people posted in public issues, as they posted them: the incidents in each, and what each says."""

import json
import re
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

from scclint.message.clean import DENIAL
from scclint.message.incidents import ErrorKind, filled, incidents, kinds, owner_of, without_links
from scclint.message.violations import violations
from scclint.registry import builtin

POSTED = json.loads((Path(__file__).parent / "messages.json").read_text(encoding="utf-8"))
PROGRAMS = json.loads((Path(__file__).parent / "programs.json").read_text(encoding="utf-8"))
NOT_USABLE = "Forbidden: not usable by user or serviceaccount"
USER = ".containers[0].runAsUser: Invalid value: 7: must be in the ranges: [10, 19]"


def denial(*entries: str, pod: str = "web-5f9c7d8b6-") -> str:
    return f'pods "{pod}" is forbidden: {DENIAL}: [{", ".join(entries)}]'


def described(text: str) -> dict[str, Any]:
    """What the first incident of a text says, as messages.json writes it down."""
    incident = incidents(text)[0]
    said: dict[str, Any] = {"kinds": [kind.title for kind in incident.kinds], "pod": incident.pod}
    if incident.owner != ("", ""):
        said["owner"] = "/".join(incident.owner)
    for field in ("namespace", "container", "since", "until", "policy"):
        if getattr(incident, field):
            said[field] = getattr(incident, field)
    if incident.denial is not None:
        said["sccs"] = {each.scc or "?": len(each.reasons) for each in incident.denial.rejections}
        said["denied"] = len(incident.denial.denied)
        if incident.denial.cut:
            said["cut"] = True
        if incident.denial.uid_range:
            said["uidRange"] = list(incident.denial.uid_range)
    return said


@pytest.mark.parametrize("posted", POSTED, ids=lambda posted: posted["source"].removeprefix("https://github.com/"))
def test_what_people_posted(posted: dict[str, Any]) -> None:
    assert described(posted["text"]) == {key: value for key, value in posted.items() if key not in ("source", "text")}


@pytest.mark.parametrize(
    "text",
    [
        'Error creating: pods "web-0" is forbidden: unable to validate against any pod security policy: '
        "[spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed]",
        'pods "web-0" is forbidden: PodSecurityPolicy: unable to admit pod: '
        '[spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used]',
    ],
)
def test_a_denial_by_pod_security_policy_is_none_of_an_scc(text: str) -> None:
    (incident,) = incidents(text)
    assert (incident.denial, incident.pod) == (None, "web-0")
    assert "Kubernetes removed PodSecurityPolicy in 1.25" in incident.kinds[0].meaning[0]


def test_a_denial_that_lost_its_beginning_is_one_of_an_scc() -> None:
    (incident,) = incidents(
        "spec.containers[0].securityContext.privileged: Invalid value: true: Privileged containers are not allowed]"
    )
    assert incident.denial is not None


def test_thirty_messages_are_kept() -> None:
    assert len({posted["source"] for posted in POSTED}) >= 30


@pytest.mark.parametrize("width", [37, 60, 80, 120])
def test_a_denial_that_a_terminal_wraps_says_the_same(width: int) -> None:
    text = denial(f'provider "anyuid": {NOT_USABLE}', f"provider restricted-v2: {USER}")
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    (incident,) = incidents(wrapped)
    assert incident.denial == incidents(text)[0].denial
    assert (incident.pod, incident.denial and incident.denial.uid_range) == ("web-5f9c7d8b6-", (10, 19))


def test_a_frame_of_k9s_is_no_part_of_the_text() -> None:
    text = denial(f'provider "anyuid": {NOT_USABLE}', f"provider restricted-v2: {USER}")
    framed = "\n".join(f"│ {text[start : start + 60].ljust(60)} │" for start in range(0, len(text), 60))
    assert incidents(framed)[0].denial == incidents(text)[0].denial


@pytest.mark.parametrize(
    "form",
    [
        lambda text: json.dumps({"kind": "Event", "message": text}),
        lambda text: json.dumps({"items": [{"message": text, "involvedObject": {"namespace": "shop"}}]}),
        lambda text: (
            f"  - lastTransitionTime: x\n    message: '{text.replace(' ', chr(10) + 6 * ' ')}'\n    reason: FailedCreate\n"
        ),
        lambda text: f'{{"level":"error","msg":{json.dumps(text)}}}',
        lambda text: f'time="2026-01-01T00:00:00Z" level=error msg="{text.replace(chr(34), chr(92) + chr(34))}"',
        lambda text: f"W0101 10:00:00.000000       1 warnings.go:70] {text}",
        lambda text: f'Error from server (Forbidden): error when creating "a.yaml": {text}',
        lambda text: f"  Warning  FailedCreate  3s (x15 over 85s)  replicaset-controller  Error creating: {text}",
        lambda text: f"\x1b[31m{text}\x1b[0m (FailedCreate)",
        lambda text: f"{text}. Maybe missing permissions",
    ],
)
def test_the_form_of_a_text_does_not_matter(form: Any) -> None:
    text = denial(f'provider "anyuid": {NOT_USABLE}', f"provider restricted-v2: {USER}")
    (incident,) = incidents(form(text))
    assert incident.denial is not None
    assert [(each.scc, [reason.value for reason in each.reasons]) for each in incident.denial.rejections] == [
        ("restricted-v2", ["7"])
    ]
    assert (incident.pod, incident.denial.denied) == ("web-5f9c7d8b6-", ("anyuid",))


def test_each_row_of_events_is_an_incident_and_equal_ones_are_counted() -> None:
    row = "2m Warning FailedCreate replicaset/{0} Error creating: {1}"
    rows = [
        row.format("web-5f9c7d8b6", denial(f"provider restricted-v2: {USER}")),
        row.format(
            "shop-5f9c7d8b6", denial("provider restricted-v2: .spec.hostPID: Invalid value: true: x", pod="shop-5f9c7d8b6-")
        ),
        row.format("web-5f9c7d8b6", denial(f"provider restricted-v2: {USER}")),
    ]
    found = incidents("\n".join(rows))
    assert [(incident.owner, incident.count) for incident in found] == [
        (("ReplicaSet", "web-5f9c7d8b6"), 2),
        (("ReplicaSet", "shop-5f9c7d8b6"), 1),
    ]
    assert [incident.denial and incident.denial.uid_range for incident in found] == [(10, 19), None]


def test_events_of_five_pods_of_three_workloads() -> None:
    ranged, host = (
        denial(f"provider restricted-v2: {USER}"),
        denial(
            "provider restricted-v2: .spec.hostNetwork: Invalid value: true: Host network is not allowed to be used",
            pod="agent-",
        ),
    )
    nonroot = "Error: container has runAsNonRoot and image will run as root"
    rows = [
        f"shop  2m   Warning  FailedCreate  replicaset/web-5f9c7d8b6  Error creating: {ranged}",
        f"shop  90s  Warning  FailedCreate  replicaset/web-5f9c7d8b6  Error creating: {ranged}",
        f"shop  80s  Warning  FailedCreate  daemonset/agent           Error creating: {host}",
        f"shop  70s  Warning  Failed        pod/api-7d4b9c6f5-x2k4p   {nonroot}",
        f"shop  60s  Warning  Failed        pod/api-7d4b9c6f5-zz9wq   {nonroot}",
        "shop  50s  Normal   Scheduled     pod/api-7d4b9c6f5-zz9wq   Successfully assigned shop/api-7d4b9c6f5-zz9wq to node-1",
    ]
    found = incidents("\n".join(["NAMESPACE  LAST SEEN  TYPE  REASON  OBJECT  MESSAGE", *rows]))
    assert [(*owner_of(incident), incident.namespace, incident.count) for incident in found] == [
        ("Deployment", "web", "shop", 2),
        ("DaemonSet", "agent", "shop", 1),
        ("Deployment", "api", "shop", 2),
    ]


def test_pods_of_two_workloads_are_two_incidents() -> None:
    text = 'Error: container has runAsNonRoot and image will run as root (pod: "{}_shop(1)", container: web)'
    found = incidents("\n".join(text.format(pod) for pod in ("web-5f9c7d8b6-x2k4p", "api-5f9c7d8b6-x2k4p", "db-0", "db-1")))
    assert [(incident.pod, incident.count) for incident in found] == [
        ("web-5f9c7d8b6-x2k4p", 1),
        ("api-5f9c7d8b6-x2k4p", 1),
        ("db-0", 2),
    ]


def test_what_describe_prints_names_the_pod_of_its_events() -> None:
    text = (
        "Name:             web-5f9c7d8b6-x2k4p\nNamespace:        shop\nService Account:  robot\nControlled By:  ReplicaSet/web-5f9c7d8b6\n"
        "Volumes:\n  data:\n    Type:  EmptyDir\nEvents:\n  Type     Reason  Age  From     Message\n"
        "  Warning  Failed  5s   kubelet  Error: container has runAsNonRoot and image will run as root\n"
    )
    (incident,) = incidents(text)
    assert (owner_of(incident), incident.namespace, incident.account) == (("Deployment", "web"), "shop", "robot")


@pytest.mark.parametrize(
    ("before", "pod", "container"),
    [
        ("Name:  web-5f9c7d8b6-x2k4p\nNamespace:  shop\nPriority:  0\nNode:  a/1.2.3.4", "web-5f9c7d8b6-x2k4p", ""),
        ("Name:  web\nNamespace:  shop\nLabels:  app=web", "", ""),
        ("$ oc logs web-5f9c7d8b6-x2k4p -c nginx", "web-5f9c7d8b6-x2k4p", "nginx"),
        ("$ kubectl logs -f deploy/web", "", ""),
        ("generate options for container: cannot load /srv/jobs/41/x", "", ""),
        (f'for container "{"7e" * 32}": none', "", ""),
    ],
)
def test_what_stands_above_a_log_names_its_pod(before: str, pod: str, container: str) -> None:
    (incident,) = incidents(
        f"{before}\nbind() to 0.0.0.0:80 failed (13: Permission denied)\n[emerg] bind() to 0.0.0.0:80 Permission denied"
    )
    assert (incident.pod, incident.container, incident.count) == (pod, container, 2)


def test_the_events_of_a_list_in_yaml_keep_their_objects() -> None:
    item = """\
- apiVersion: v1
  involvedObject:
    kind: ReplicaSet
    name: {0}-5f9c7d8b6
    namespace: {1}
  kind: Event
  message: 'Error creating: {2}'
"""
    text = denial(f"provider restricted-v2: {USER}", pod="x").replace(" ", "\n    ")
    found = incidents(
        f"apiVersion: v1\nitems:\n{item.format('web', 'shop', text)}{item.format('api', 'test', text)}kind: List\n"
    )
    assert [(*owner_of(incident), incident.namespace) for incident in found] == [
        ("Deployment", "web", "shop"),
        ("Deployment", "api", "test"),
    ]
    assert [incident.denial and incident.denial.cut for incident in found] == [False, False]


def test_paths_of_one_folder_are_one_incident() -> None:
    text = "chown: changing ownership of '{}': Operation not permitted"
    paths = ("/var/app/data", "/var/app/data/a", "/var/app/data/b", "/srv/www", "/var/app/data")
    found = incidents("\n".join(text.format(path) for path in paths))
    assert [(incident.facts["path"], incident.other_paths, incident.count) for incident in found] == [
        ("/var/app/data", ("/var/app/data/a", "/var/app/data/b"), 4),
        ("/srv/www", (), 1),
    ]


@pytest.mark.parametrize(
    ("path", "folder", "mount"),
    [
        ("/opt/app/x.log", "/opt/app", "/opt/app"),
        ("/var/lib/grafana", "/var/lib/grafana", "/var/lib/grafana"),
        ("/run/nginx.pid", "/run", "/run"),
        ("/etc/app.conf", "/etc/app.conf", None),
        ("/etc/nginx/nginx.conf", "/etc/nginx", "/etc/nginx"),
        ("./x", "DIRECTORY", None),
    ],
)
def test_nothing_is_mounted_over_a_folder_of_the_system(path: str, folder: str, mount: str | None) -> None:
    facts = incidents(f"open {path}: permission denied")[0].facts
    assert (facts["dir"], facts.get("mount")) == (folder, mount)


@pytest.mark.parametrize("text", ["the permission was granted with write access", "chown: no eperms here"])
def test_other_words_are_no_error_numbers(text: str) -> None:
    assert incidents(text) == ()
    assert incidents(f"{text}: EPERM mlock")


def test_kubectl_names_the_objects_in_the_order_of_its_warnings() -> None:
    warning = 'Warning: would violate PodSecurity "restricted:v1.24": runAsNonRoot != true (container "{}" must set x=true)'
    lines = [*map(warning.format, ("web", "api")), "deployment.apps/web created", "deployment.apps/api unchanged"]
    assert [owner_of(incident) for incident in incidents("\n".join(lines))] == [("Deployment", "web"), ("Deployment", "api")]


@pytest.mark.parametrize(
    "text",
    [
        'pods "web" is forbidden: \nviolates PodSecurity "restricted:v1.24": \nrunAsNonRoot != true (container "a" must set b=true), \n'
        'seccompProfile (container "a" must set c to "d")',
        "pods \u201cweb\u201d is forbidden: violates PodSecurity \u201crestricted:v1.24\u201c: runAsNonRoot != true (container "
        "\u201ca\u201d must set b=true), seccompProfile (container \u201ca\u201c must set c to \u201cd\u201d)",
    ],
)
def test_a_violation_over_several_lines_or_in_other_quotation_marks(text: str) -> None:
    (incident,) = incidents(text)
    assert (incident.pod, incident.policy, incident.enforced) == ("web", "restricted:v1.24", True)
    assert [each.title for each in violations(incident.violations)] == ["runAsNonRoot != true", "seccompProfile"]


def test_what_tekton_writes_behind_an_open_list_is_no_reason() -> None:
    found = incidents(
        f'pods "a-pod" is forbidden: {DENIAL}: [provider restricted-v2: {USER}  Maybe missing or invalid Task shop/a'
    )
    assert found[0].denial and [reason.text for reason in found[0].denial.rejections[0].reasons] == [USER]


def test_reasons_are_of_restricted_v2_where_restricted_is_denied() -> None:
    denials = [
        incidents(denial("spec." + USER[1:], f'provider "{name}": {NOT_USABLE}'))[0].denial for name in ("restricted", "anyuid")
    ]
    assert [found and found.rejections[0].scc for found in denials] == ["restricted-v2", "restricted"]


def test_a_value_in_the_words_of_openshift_3() -> None:
    found = incidents(
        denial(
            "provider restricted: .spec.containers[0].securityContext.runAsUser: invalid value '0': running with the root UID"
        )
    )
    assert found[0].denial and found[0].denial.rejections[0].reasons[0].value == "0"


def test_lines_in_quotes_are_two_incidents() -> None:
    lines = [
        "chown: changing ownership of '/var/lib/postgresql': Operation not permitted",
        "mkdir: cannot create '/run/x': Permission denied",
    ]
    assert len(incidents("\n".join(f'"{line}"' for line in lines))) == 2


def test_equal_lines_are_not_taken_for_full_ones() -> None:
    line = "Unable to update the instance: unable to create the directory /app-data/instances"
    found = incidents(f"{line}\n/app-data/log/app.log (Permission denied)\n{line}")
    assert [incident.facts["path"] for incident in found] == ["/app-data/log/app.log"]


@pytest.mark.parametrize(
    ("listed", "field", "cut"),
    [
        ("[spec.containers[0].securityContext.runAsUser:", "runAsUser", True),
        ("[spec.containers[0].securityContext.runAsUser: Invalid value: 7: must be", "runAsUser", True),
        ("", None, True),
        ("[]", None, False),
    ],
)
def test_a_denial_that_ends_early(listed: str, field: str | None, cut: bool) -> None:
    found = incidents(f'pods "a-" is forbidden: {DENIAL}: {listed}')[0].denial
    assert found is not None and found.cut is cut
    assert (found.closest and found.closest.reasons[0].field) == field


@pytest.mark.parametrize("path", ["/data", "/data/"])
def test_nothing_is_mounted_over_the_root_folder(path: str) -> None:
    assert incidents(f"mkdir: cannot create directory '{path}': Permission denied")[0].facts["dir"] == "/data"


@pytest.mark.parametrize("width", [61, 80, 133])
@pytest.mark.parametrize("trimmed", [False, True])
def test_words_that_a_terminal_cut_are_whole(width: int, trimmed: bool) -> None:
    text = denial(
        f'provider "machine-api-termination-handler": {NOT_USABLE}',
        "provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{65534}: 65534 is not an allowed group",
        "provider restricted-v2: .containers[0].runAsUser: Invalid value: 1000: must be in the ranges: [1000680000, 1000689999]",
    )
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    wrapped = "\n".join(line.rstrip() if trimmed else line for line in lines)
    assert incidents(wrapped)[0].denial == incidents(text)[0].denial


def test_rows_of_equal_length_are_not_one() -> None:
    rows = [
        f"2m Warning FailedCreate replicaset/{name}-5f9c7d8b6 {denial(f'provider restricted-v2: {USER}', pod=name)}"
        for name in ("aa", "bb", "cc")
    ]
    assert len({len(row) for row in rows}) == 1
    assert [owner_of(incident)[1] for incident in incidents("\n".join(rows))] == ["aa", "bb", "cc"]


def test_reasons_without_a_name_of_an_scc_are_kept_apart() -> None:
    text = denial(
        "spec.containers[0].securityContext.runAsUser: Invalid value: 7: must be: 101",
        "spec.containers[0].securityContext.runAsUser: Invalid value: 7: must be in the ranges: [10, 19]",
    )
    found = incidents(text)[0].denial
    assert found is not None
    assert [(each.scc, each.named, len(each.reasons)) for each in found.rejections] == [
        ("", False, 1),
        ("restricted", False, 1),
    ]


def test_an_scc_with_user_namespaces_is_the_cause_only_if_no_other_is_left() -> None:
    users = "provider restricted-v3: .spec.hostUsers: Invalid value: null: Host Users must be set to false"
    both, alone = (incidents(text)[0].denial for text in (denial(users, f"provider x: {USER}"), denial(users)))
    assert both and both.closest and both.closest.scc == "x"
    assert alone and alone.closest and alone.closest.scc == "restricted-v3"


def test_wordings_that_exclude_each_other_say_nothing_of_the_release() -> None:
    incident = incidents(denial('provider restricted-v3: .spec.hostUsers: Invalid value: "null": Host Users must be false'))[0]
    assert (incident.since, incident.until) == ("", "")


def test_an_event_in_the_log_of_the_controller_manager_names_its_object() -> None:
    text = 'I0101 10:00:00.000000 1 event.go:291] "Event occurred" object="shop/web" kind="DaemonSet" reason="FailedCreate" message="{}"'
    (incident,) = incidents(text.format(denial(f"provider restricted-v2: {USER}", pod="web-").replace('"', '\\"')))
    assert (*owner_of(incident), incident.namespace) == ("DaemonSet", "web", "shop")


@pytest.mark.parametrize(
    "text",
    [
        "",
        'User "dev" cannot create resource "pods" in API group ""',
        "hello",
        "Error: ImagePullBackOff",
        "0/6 nodes are available",
        "{",
        "[]",
        "│",
    ],
)
def test_other_texts_have_no_incident(text: str) -> None:
    assert incidents(text) == ()


@pytest.mark.parametrize(
    ("text", "title", "facts"),
    [
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)", "bind: permission denied", {"port": "80"}),
        ("listen tcp :443: bind: permission denied", "bind: permission denied", {"port": "443"}),
        (
            "(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80",
            "bind: permission denied",
            {"port": "80"},
        ),
        ("mkdir /.kube: permission denied", "HOME is /", {"path": "/.kube"}),
        (
            "chown: changing ownership of '/var/lib/mysql/': Operation not permitted",
            "chown: Operation not permitted",
            {"path": "/var/lib/mysql/"},
        ),
        (
            "nginx: [emerg] setgid(107) failed (1: Operation not permitted)",
            "setgid: Operation not permitted",
            {"call": "setgid"},
        ),
        ("write /proc/22/uid_map: operation not permitted", "uid_map: operation not permitted", {"path": "/proc/22/uid_map"}),
        (
            "mkdir: cannot create directory '/var/lib/app': Permission denied",
            "writing a file: Permission denied",
            {"path": "/var/lib/app"},
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/data/x.db'",
            "writing a file: Permission denied",
            {"path": "/data/x.db"},
        ),
        (
            "Error: EACCES: permission denied, mkdir '/app/node_modules'",
            "a folder of the image: Permission denied",
            {"path": "/app/node_modules"},
        ),
        (
            "java.io.FileNotFoundException: /opt/app/log.txt (Permission denied)",
            "a folder of the image: Permission denied",
            {"path": "/opt/app/log.txt"},
        ),
        (
            "open ./config/docker.yaml: permission denied",
            "a file in the working directory: Permission denied",
            {"path": "./config/docker.yaml"},
        ),
        ('exec: "./start.sh": stat ./start.sh: permission denied', "exec: permission denied", {"path": "./start.sh"}),
        ('chdir to cwd (\\"/home/x\\") set in config.json failed: permission denied', "chdir to cwd", {"path": "/home/x"}),
        ("touch: /x/y: Read-only file system", "Read-only file system", {"path": "/x/y"}),
        (
            'type=1326 audit(1.2:3): auid=1 uid=2 pid=9 comm="app" exe="/app" sig=31 arch=c000003e syscall=435 compat=0',
            "seccomp: blocked system call",
            {"program": "app", "syscall": "435"},
        ),
        (
            'type=AVC msg=audit(1.2:3): avc:  denied  { write } for  pid=9 comm="app" name="data" dev="sda4" ino=7 '
            "scontext=system_u:system_r:container_t:s0:c26,c5 tcontext=system_u:object_r:var_t:s0 tclass=dir permissive=0",
            "avc: denied",
            {"program": "app", "access": "write", "path": "data"},
        ),
        (
            'cannot load seccomp profile "/var/lib/kubelet/seccomp/operator/a.json": open: no such file or directory',
            "unable to load local profile",
            {"profile": "/var/lib/kubelet/seccomp/operator/a.json"},
        ),
    ],
)
def test_the_facts_of_other_errors(text: str, title: str, facts: dict[str, str]) -> None:
    (incident,) = incidents(text)
    assert incident.kinds[0].title == title
    assert facts.items() <= incident.facts.items()


@pytest.mark.parametrize(("text", "title", "facts"), PROGRAMS)
def test_what_programs_print(text: str, title: str, facts: dict[str, str]) -> None:
    (incident,) = incidents(text)
    assert incident.kinds[0].title == title
    assert {name: value for name, value in incident.facts.items() if name not in ("dir", "mount")} == facts


@pytest.mark.parametrize(
    "text", ["listening on 0.0.0.0:8080", "chown of files skipped", "mkdir /data done", "bind() to 0.0.0.0:80 ok"]
)
def test_a_log_without_an_error_has_no_incident(text: str) -> None:
    assert incidents(text) == ()


def test_every_kind_is_found_in_its_example_names_rules_and_fills_its_texts() -> None:
    from scclint.files.package_data import read_json
    from scclint.message import incidents as module

    examples = {
        entry["title"]: " ".join(entry["example"])
        for section in read_json(module.__file__, "errors.json")["sections"]
        for entry in section["entries"]
    }
    assert len(examples) == len(kinds())
    for kind in kinds():
        (incident,) = incidents(examples[kind.title])
        assert kind in incident.kinds, kind.title
        assert all(builtin().find(rule) for rule in kind.rules)
        texts = [filled(kind, text, incident.facts) for text in (*kind.meaning, *kind.fix)]
        assert all(text.endswith(".") for text in (*kind.meaning, *kind.fix)), kind.title
        # A sentence whose fact the example lacks is left out.
        assert filled(kind, kind.fix[0], incident.facts) and any(filled(kind, text, incident.facts) for text in kind.meaning), (
            kind.title
        )
        assert not any("](" in without_links(text) for text in texts)


@pytest.mark.parametrize(
    "piece",
    [
        "provider ",
        "provider a: .spec.",
        "Invalid value: [1,",
        'pods "a',
        "[, ",
        "spec.containers[0]",
        '(pod: "a_b',
        "must be s0:c1",
        "│ a │\n",
        "Warning Failed x\n",
        "mkdir /a: permission denied ",
        "bind permission denied :80 ",
        "avc: denied { x } ",
        "chown /",
    ],
)
def test_a_long_message_is_read_quickly(piece: str) -> None:
    def seconds(text: str) -> float:
        start = thread_time()
        incidents(text)
        return thread_time() - start

    seconds(piece)
    assert seconds(f"{DENIAL}{piece * 2_500}") < 1
    assert seconds(piece * 2_500) < 1


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind.pattern], ids=lambda kind: kind.title[:40])
def test_a_pattern_is_one_of_browsers_too(kind: ErrorKind) -> None:
    # Flags within a pattern are a syntax error of JavaScript, which ends the search of the page of errors.
    assert not re.search(r"\(\?[aiLmsux]", kind.pattern)
