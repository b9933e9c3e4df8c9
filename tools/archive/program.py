"""The program of the self-contained archive: scclint, and the Python interpreter that scclint starts for its child processes.

scclint runs renderers, templates and CEL in processes of `sys.executable`, with the options -I, -S and -P of Python. In the archive,
that is this program, so it takes these options as well. No command of scclint begins with one of them.
"""

import runpy
import sys


def main() -> None:
    """Run the command line of scclint, or what the options of Python ask for: `-c CODE`, `-m MODULE` or a script."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in ("-I", "-S", "-P"):
        from scclint.cli.main import run_and_exit

        run_and_exit()
    while arguments and arguments[0] in ("-I", "-S", "-P"):
        del arguments[0]
    match arguments:
        case ["-c", code, *rest]:
            sys.argv = ["-c", *rest]
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case [script, *rest]:
            sys.argv = [script, *rest]
            runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
