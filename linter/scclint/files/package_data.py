"""The JSON files of the package itself."""

import json
import os
from typing import Any


def read_json(module: str, name: str) -> Any:
    """Return the JSON file `name`, whose path starts at the folder of the module with the file `module` (its `__file__`)."""
    # importlib.resources imports so much that it takes longer than reading the file.
    with open(os.path.join(os.path.dirname(module), name), encoding="utf-8") as file:
        return json.load(file)
