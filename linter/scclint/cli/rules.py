"""`scclint rules` and `scclint rule`."""

from argparse import Namespace

from scclint.console.arguments import color_wanted, settings, terminal_columns
from scclint.console.pager import show
from scclint.console.status import OK
from scclint.errors import UsageError
from scclint.record import replace
from scclint.registry import builtin
from scclint.report.rule_pages import page, table, table_json
from scclint.report.text import visible, visible_line
from scclint.rule import AnyRule
from scclint.text import closest_match


def run(args: Namespace) -> int:
    """Show the table of all rules, or the page of one. This includes the rules of the configuration."""
    color = color_wanted(args, None)
    if args.command == "rules":
        rules = tuple(map(_shown, settings(args)[1].rules))
        text = table_json(rules) if args.format == "json" else table(rules, color, terminal_columns())
    else:
        text = page(_shown(_find(args)), terminal_columns())
    show(text, color=color)
    return OK


def _shown(rule: AnyRule) -> AnyRule:
    """The rule safe to show: one may come from a configuration, which may come with what is linted."""
    return replace(
        rule,
        id=visible_line(rule.id),
        name=visible_line(rule.name),
        title=visible_line(rule.title),
        page=visible(rule.page, longest=None),
    )


def _find(args: Namespace) -> AnyRule:
    # A page of ours can be read even where the configuration is broken.
    rule = builtin().find(args.rule)
    if rule is None:
        rules = settings(args)[1]
        rule = rules.find(args.rule)
        if rule is None:
            # An ID that does not exist is like many others.
            cutoff = 0.8 if args.rule[-1:].isdecimal() else 0.5
            meant = closest_match(args.rule, [name for r in rules for name in (r.id, r.name)], cutoff=cutoff)
            hint = f" Did you mean {meant}?" if meant else ""
            raise UsageError(f"no rule is called {args.rule!r}.{hint} `scclint rules` lists them.")
    return rule
