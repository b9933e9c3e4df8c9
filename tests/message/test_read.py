"""Messages that people posted in public issues, as they posted them: what each says, and what it means."""

import json
from pathlib import Path
from time import thread_time
from typing import Any

import pytest

from scclint.message.read import Message, explain_message, facts, known_errors, without_links
from scclint.registry import builtin

POSTED = json.loads((Path(__file__).parent / "messages.json").read_text(encoding="utf-8"))
DENIAL = 'pods "web-" is forbidden: unable to validate against any security context constraint: '
NOT_USABLE = "Forbidden: not usable by user or serviceaccount"


@pytest.mark.parametrize("posted", POSTED, ids=lambda posted: posted["source"].removeprefix("https://github.com/"))
def test_what_people_posted(posted: dict[str, Any]) -> None:
    message = explain_message(posted["text"])
    assert {error.title for error in message.errors} == set(posted["errors"])
    assert (message.scc, message.pod, message.cut) == (posted["scc"], posted["pod"], posted.get("cut", False))
    assert (message.since, message.until) == (posted.get("since", ""), posted.get("until", ""))
    assert (message.policy, message.namespace) == (posted.get("policy", ""), posted.get("namespace", ""))


def test_thirty_messages_are_kept() -> None:
    assert len({posted["source"] for posted in POSTED}) >= 30


@pytest.mark.parametrize("width", [20, 37, 80])
def test_a_message_may_be_wrapped_anywhere(width: int) -> None:
    text = POSTED[3]["text"].strip()
    wrapped = "\n".join(text[start : start + width] for start in range(0, len(text), width))
    assert [error.title for error in explain_message(wrapped).errors] != []
    between_words = text.replace(" ", "\n    ")
    assert explain_message(between_words) == explain_message(text)


def test_a_denial_by_scc() -> None:
    message = explain_message(
        f'{DENIAL}[provider "anyuid": {NOT_USABLE}, provider restricted-v2: .containers[0].runAsUser: Invalid value: 7: must be in the ranges: '
        '[10, 19], provider restricted-v2: .containers[0].seLinuxOptions.level: Invalid value: "x": must be s0:c26,c15, provider '
        "restricted-v3: .spec.hostUsers: Invalid value: null: Host Users must be set to false]"
    )
    assert message.denied == ("anyuid",)
    assert {scc: len(reasons) for scc, reasons in message.rejections.items()} == {"restricted-v2": 2, "restricted-v3": 1}
    assert (message.scc, message.uid_range, message.level) == ("restricted-v2", ("10", "19"), "s0:c26,c15")
    assert (message.since, message.until) == ("4.22", "")
    assert list(facts(message)) == [
        "Neither the service account nor the creator of the pod may use anyuid.",
        "The user IDs of the namespace are 10 to 19.",
        "The SELinux level of the namespace is s0:c26,c15.",
        "OpenShift 4.22 or newer writes such a message.",
    ]


def test_an_scc_with_user_namespaces_is_the_cause_only_if_no_other_is_left() -> None:
    only = (
        f'{DENIAL}[provider "anyuid": {NOT_USABLE}, provider restricted-v3: .spec.hostUsers: Invalid value: null: Host Users]'
    )
    assert explain_message(only).scc == "restricted-v3"


def test_wordings_that_exclude_each_other_say_nothing_of_the_release() -> None:
    message = explain_message(
        f'{DENIAL}[provider restricted-v3: .spec.hostUsers: Invalid value: "null": Host Users must be false'
    )
    assert (message.since, message.until) == ("", "")


@pytest.mark.parametrize("text", ["", "hello", "Error: ImagePullBackOff", "0/6 nodes are available"])
def test_other_texts_have_no_known_error(text: str) -> None:
    assert explain_message(text) == Message(())


def test_every_error_of_the_table_is_found_in_its_example_and_names_rules() -> None:
    titles = [error.title for error in known_errors()]
    assert len(set(titles)) == len(titles)
    for error in known_errors():
        assert all(builtin().find(rule) for rule in error.rules)
        assert error.meaning and error.fix.endswith(".")
        assert "](" not in without_links(error.fix + " ".join(error.meaning))


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
    ],
)
def test_a_long_message_is_read_quickly(piece: str) -> None:
    def seconds(times: int) -> float:
        start = thread_time()
        explain_message(DENIAL + piece * times)
        return thread_time() - start

    seconds(10)
    assert seconds(20_000) < 2


@pytest.mark.parametrize("end", ["]", ""])
def test_the_bracket_of_the_list_belongs_to_no_reason(end: str) -> None:
    reason = ".containers[0].runAsUser: Invalid value: 7: must be in the ranges: [1000, 1999]"
    assert explain_message(f"{DENIAL}[provider restricted-v2: {reason}{end}").rejections == {"restricted-v2": (reason,)}
