"""Parse CEL expressions into a tree with the place of each name and operator, for type errors.

The grammar is that of the CEL language definition without message literals (`Type{field: value}`), which manifests do not have. The
library that evaluates the expressions parses them itself; it keeps its tree to itself.
"""

import re
from typing import Literal, NamedTuple

Sort = Literal["literal", "name", "select", "index", "operator", "function", "method", "list", "map"]


class Expr(NamedTuple):
    """A part of an expression.

    `at` is the 0-based offset of what gives it its name, `text` that name: the type of a literal, an identifier, a field, an
    operator, a function. `parts` are its operands; of a method the first is what it is called on.
    """

    sort: Sort
    at: int
    text: str
    parts: tuple["Expr", ...] = ()


class SyntaxProblem(Exception):
    """The expression cannot be parsed; `at` is the 0-based offset of the error."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


_TOKEN = re.compile(
    r"""
    (?P<skip>   (?: \s | //[^\n]* )+ )
  | (?P<bytes>  (?: [bB][rR]? | [rR][bB] ) (?= ["'] ) )? (?P<string> [rR]? (?:
        \"\"\" (?: [^\\] | \\. )*? \"\"\" | ''' (?: [^\\] | \\. )*? ''' | " (?: [^"\\\n] | \\. )* " | ' (?: [^'\\\n] | \\. )* ' ) )
  | (?P<double> \d+ \. \d+ (?: [eE][+-]?\d+ )? | \d+ [eE][+-]?\d+ | \. \d+ (?: [eE][+-]?\d+ )? )
  | (?P<uint>   (?: 0x[0-9a-fA-F]+ | \d+ ) [uU] )
  | (?P<int>    0x[0-9a-fA-F]+ | \d+ )
  | (?P<name>   [A-Za-z_][A-Za-z0-9_]* )
  | (?P<sign>   \|\| | && | [=!<>]= | [-+*/%<>!?:.,()\[\]{}] )
    """,
    re.VERBOSE | re.DOTALL,
)

_LEVELS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">", "in"), ("+", "-"), ("*", "/", "%"))
"""Binary operators, those that bind least first; all group to the left."""

_LITERALS = {"true": "bool", "false": "bool", "null": "null"}


class _Token(NamedTuple):
    sort: str
    text: str
    at: int


def parse(text: str) -> Expr:
    """Return the tree of an expression. Raises SyntaxProblem, or RecursionError if it is nested too deep."""
    parser = _Parser(_tokens(text))
    tree = parser.expression()
    parser.expect("")
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            hint = "; to compare, write ==" if text[at] == "=" else ""
            raise SyntaxProblem(f"{text[at]!r} is no part of CEL{hint}", at)
        sort = "bytes" if found["bytes"] else str(found.lastgroup)
        if sort != "skip":
            tokens.append(_Token(sort, found.group(), at))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    """By recursive descent: each method reads one level of the grammar and leaves the next token to its caller."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._token.text in texts and self._token.sort in ("sign", "name", "end")

    def expect(self, text: str) -> _Token:
        if not self._is(text):
            found = repr(self._token.text) if self._token.text else "the end"
            raise SyntaxProblem(f"expected {repr(text) if text else 'the end'}, found {found}", self._token.at)
        return self._take() if text else self._token

    def expression(self) -> Expr:
        condition = self._binary(0)
        if not self._is("?"):
            return condition
        at = self._take().at
        then = self._binary(0)
        self.expect(":")
        return Expr("operator", at, "?:", (condition, then, self.expression()))

    def _binary(self, level: int) -> Expr:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._is(*_LEVELS[level]):
            token = self._take()
            left = Expr("operator", token.at, token.text, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Expr:
        if not self._is("!", "-"):
            return self._member()
        token = self._take()
        # The grammar lets an operator repeat, but not one follow the other.
        operand = self._unary() if self._is(token.text) else self._member()
        return Expr("operator", token.at, token.text, (operand,))

    def _member(self) -> Expr:
        node = self._primary()
        while self._is(".", "["):
            at = self._take().at
            if self._tokens[self._next - 1].text == "[":
                node = Expr("index", at, "[]", (node, self.expression()))
                self.expect("]")
                continue
            name = self._name()
            if self._is("("):
                node = Expr("method", name.at, name.text, (node, *self._arguments(")")))
            else:
                node = Expr("select", name.at, name.text, (node,))
        return node

    def _primary(self) -> Expr:
        token = self._token
        if self._is("("):
            self._take()
            inner = self.expression()
            self.expect(")")
            return inner
        if self._is("["):
            return Expr("list", token.at, "[]", self._arguments("]"))
        if self._is("{"):
            return Expr("map", token.at, "{}", self._arguments("}"))
        if token.sort in ("string", "bytes", "double", "uint", "int"):
            return Expr("literal", self._take().at, token.sort)
        if self._is("."):
            self._take()
        name = self._name()
        if name.text in _LITERALS:
            return Expr("literal", name.at, _LITERALS[name.text])
        return Expr("function", name.at, name.text, self._arguments(")")) if self._is("(") else Expr("name", name.at, name.text)

    def _name(self) -> _Token:
        if self._token.sort != "name" or self._token.text == "in":
            raise SyntaxProblem(f"expected a name or value, found {self._token.text or 'the end'}", self._token.at)
        return self._take()

    def _arguments(self, closing: str) -> tuple[Expr, ...]:
        """Return the items between brackets, separated by commas, of a map the keys and values; a comma may be the last."""
        self._take()
        parts = []
        while not self._is(closing):
            parts.append(self.expression())
            if closing == "}":
                self.expect(":")
                parts.append(self.expression())
            if not self._is(closing):
                self.expect(",")
        self._take()
        return tuple(parts)
