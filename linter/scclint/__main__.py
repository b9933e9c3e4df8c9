"""`python -m scclint`."""

import sys

from scclint.cli import main

sys.exit(main())
