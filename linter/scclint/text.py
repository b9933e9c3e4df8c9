"""How text is worded and laid out: sentences with facts, lists of names, field paths, the closest match, wrapped lines, and escapes."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_PLAIN_KEY = r"[A-Za-z_$][A-Za-z0-9_$-]*"
_COLOR = r"\x1b\[[0-9;]*m"
_OPTIONAL = r"\[([^\[\]]*)\]"

Facts = Mapping[str, Any]
"""What a sentence names: texts, numbers, truth values, fields and objects of manifests, and lists of these, by name."""


def listed(names: Iterable[str], word: str = "and") -> str:
    """Return the names as a phrase: `a`, `a and b`, or `a, b and c`; `word` joins the last two."""
    items = list(names)
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else "".join(items)


def and_more(names: Iterable[str], most: int) -> str:
    """Return the first `most` names as a phrase, and how many are left out: `a, b and 3 more`.

    A single name is never left out, because `1 more` takes as much room as the name.
    """
    items = list(names)
    left_out = len(items) - most
    return listed(items if left_out <= 1 else [*items[:most], f"{left_out:,} more"])


def shared_start(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items are the same at the start of both: lines of two texts, steps of two paths."""
    return next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def full_name(kind: str, namespace: str, name: str, part: str = "") -> str:
    """Return the name of a workload or another object: `Pipeline shop/ci, task build`."""
    return f"{kind} {namespace + '/' if namespace else ''}{name}{', ' + part if part else ''}"


def whole_number(digits: str) -> int:
    """Return the number that decimal digits write. Beyond 20 digits it is only too large for every field: Python reads at most 4,300."""
    return int(digits.lstrip("0")[:21] or "0")


def capitalized(text: str) -> str:
    """Return the text with an upper-case first letter."""
    return text[:1].upper() + text[1:]


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 error`, `2 errors`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def closest_match(name: str, candidates: Iterable[str], cutoff: float = 0.75) -> str:
    """Return the candidate spelled most like `name`, whatever the case; empty if none is similar enough.

    `cutoff` is the least similarity, from 0 (any candidate) to 1 (the same letters).
    """
    from difflib import SequenceMatcher, get_close_matches

    spelled = name.lower()
    original = {candidate.lower(): candidate for candidate in candidates}
    close = set(get_close_matches(spelled, original, n=max(len(original), 1), cutoff=cutoff))
    # Of equal ones, the first candidate.
    similar = [candidate for candidate in original if candidate in close]
    if not similar:
        return ""
    matcher = SequenceMatcher(b=spelled)

    def similarity(candidate: str) -> tuple[float, int]:
        matcher.set_seq1(candidate)
        # Of equally similar names, a wrong letter is likelier than one that moved: SEC302 means SEC202, not SEC203.
        return matcher.ratio(), sum(a == b for a, b in zip(spelled, candidate, strict=False))

    return original[max(similar, key=similarity)]


def meant_choice(value: str, choices: Sequence[str], cutoff: float = 0.6) -> str:
    """Return the choice that begins with `value` or is spelled most like it; empty if none is close. `cutoff` as in `closest_match`."""
    begun = (choice for choice in choices if len(value) > 2 and choice.startswith(value.lower()))
    return next(begun, "") or closest_match(value, choices, cutoff)


def field_path(path: Iterable[str | int]) -> str:
    """Return a path as users write it: `spec.containers[0].name`, `metadata.labels[app.kubernetes.io/name]`."""
    text = ""
    for step in path:
        if isinstance(step, str) and re.fullmatch(_PLAIN_KEY, step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text


def plain(value: object) -> str:
    """Return a scalar as unquoted YAML text."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def display_width(text: str) -> int:
    """Return how many terminal columns printable `text` takes. Codes of colors take none."""
    if "\x1b" in text:
        text = re.sub(_COLOR, "", text)
    return len(text) if text.isascii() else sum(map(char_width, text))


def char_width(char: str) -> int:
    """Return how many terminal columns a printable character takes: 0, 1 or 2."""
    if char.isascii():
        return 1
    import unicodedata

    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def wrap(text: str, width: int, taken: int = 0) -> list[str]:
    """Return `text` in lines of at most `width` terminal columns, the first shorter by `taken`.

    A longer word stays whole. The first line is empty if the first word does not fit behind what is taken. Line feeds in `text` are kept.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used, room = "", 0, width if lines else width - taken
        for word in paragraph.split(" "):
            size = display_width(word)
            if used + bool(line) + size > room and (line or size <= width or room < 1):
                lines.append(line)
                line, used, room = word, size, width
            else:
                line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
        lines.append(line)
    return lines


def escape(char: str) -> str:
    """Return a character as Python spells it in a string: `\\t`, `\\x1b`, `\\u202e`, `\\U000e0001`."""
    return char.encode("unicode_escape").decode("ascii")


def escape_unprintable(text: str, keep: str = "", escaped: Callable[[str], str] = escape) -> str:
    """Return `text` with every character that does not print escaped, those in `keep` excepted."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() or char in keep else escaped(char) for char in text])


def how_to_install(extra: str) -> str:
    """Return the commands that install the packages of an extra."""
    return f"pip install 'scclint[{extra}]', or in a clone pip install '.[{extra}]'"


def filled(sentence: str, facts: Facts) -> str:
    """Return a sentence of a rule with its facts. This is the one place where a list, a number or a field of a manifest becomes words.

    A sentence is a text with the names of facts in braces: `{object}: SCC {scc} rejects {pods} because of {fields:2}`.

    | In a sentence | Becomes |
    |---|---|
    | `{scc}` | the fact: `anyuid`; of several, all of them: `a, b and c`; of a field, its key and value: `runAsUser: 0` |
    | `{fields:2}` | the first two, and how many more there are: `a, b and 3 more` |
    | `{sccs:or}` | all of them, with `or` before the last: `a, b or c` |
    | `{errors:,}` | a number with commas: `1,234` |
    | `{sccs:it is|they are}` | `it is` for one thing, the number 1 and true; `they are` for several things, another number and false |
    | `[ when {creator} creates it]` | nothing if the fact is empty, else the text without the brackets |

    Raises KeyError for a fact that is not there.
    """
    if "[" in sentence:
        sentence = re.sub(_OPTIONAL, lambda part: "" if lacks(part[1], facts) else part[1], sentence)
    return sentence.format_map(_Words(facts))


def lacks(sentence: str, facts: Facts) -> bool:
    """Whether a fact that a sentence needs is empty: None, zero, or without any text or item. True and false are facts."""
    words = _Words(facts)
    re.sub(_OPTIONAL, "", sentence).format_map(words)
    return words.lacks


class _Words(dict[str, Any]):
    """The facts as what `str.format_map` asks for. `lacks` becomes true when it asks for an empty one."""

    lacks = False

    def __getitem__(self, name: str) -> "_Fact":
        value = super().__getitem__(name)
        self.lacks = self.lacks or not (value or isinstance(value, bool) or hasattr(value, "named"))
        return _Fact(value)


class _Fact:
    """A fact that `format` writes in the forms of `filled`."""

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
