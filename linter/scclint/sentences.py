"""Fills in the sentences of rules: the one place where a list, a number or a field of a manifest becomes words.

A sentence is a text with the names of facts in braces: `{object}: SCC {scc} rejects {pods} because of {fields:2}`.

| In a sentence | Becomes |
|---|---|
| `{scc}` | the fact: `anyuid`; of several, all of them: `a, b and c`; of a field, its key and value: `runAsUser: 0` |
| `{fields:2}` | the first two, and how many more there are: `a, b and 3 more` |
| `{sccs:or}` | all of them, with `or` before the last: `a, b or c` |
| `{errors:,}` | a number with commas: `1,234` |
| `{sccs:it is|they are}` | `it is` for one thing, the number 1 and true; `they are` for several things, another number and false |
| `[ when {creator} creates it]` | nothing if the fact is empty, else the text without the brackets |
"""

import re
from collections.abc import Mapping
from typing import Any

from scclint.text import and_more, listed, plain

Facts = Mapping[str, Any]
"""What a sentence names: texts, numbers, truth values, fields and objects of manifests, and lists of these, by name."""

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


def filled(sentence: str, facts: Facts) -> str:
    """Return a sentence with its facts. Raises KeyError for a fact that is not there."""
    if "[" in sentence:
        sentence = _OPTIONAL.sub(lambda part: "" if lacks(part[1], facts) else part[1], sentence)
    return sentence.format_map(_Words(facts))


def lacks(sentence: str, facts: Facts) -> bool:
    """Whether a fact that a sentence needs is empty: None, zero, or without any text or item. True and false are facts."""
    words = _Words(facts)
    _OPTIONAL.sub("", sentence).format_map(words)
    return words.lacks


class _Words(dict[str, Any]):
    """The facts as what `str.format_map` asks for. `lacks` becomes true when it asks for an empty one."""

    lacks = False

    def __missing__(self, name: str) -> Any:
        raise KeyError(name)

    def __getitem__(self, name: str) -> "_Words._Fact":
        value = super().__getitem__(name)
        self.lacks = self.lacks or not (value or isinstance(value, bool) or hasattr(value, "named"))
        return self._Fact(value)

    class _Fact:
        def __init__(self, value: Any) -> None:
            self.value = value

        def __format__(self, form: str) -> str:
            value = self.value
            if isinstance(value, (list, tuple, dict)) and not hasattr(value, "named"):
                value = list(dict.fromkeys(map(_word, value)))
            if "|" in form:
                one, several = form.split("|")
                number = len(value) if isinstance(value, list) else value
                return several if isinstance(number, int) and number != 1 else one
            if not isinstance(value, list):
                return format(value, form) if form else _word(value)
            return and_more(value, int(form)) if form.isdecimal() else listed(value, form or "and")


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    return value.named if hasattr(value, "named") else plain(value)
