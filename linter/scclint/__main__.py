"""`python -m scclint`."""

import os
import sys

# With -m Python looks for modules in the working directory first, and what is linted there must not be run.
if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:
    del sys.path[0]

from scclint.cli import run_and_exit

run_and_exit()
