"""Composes every document below a folder with a parser in C, and does nothing with it: `python compose.py [--pyyaml] FOLDER`.

The parser is that of ruamel.yaml, or PyYAML's.
"""

import os
import sys


def main() -> None:
    if "--pyyaml" in sys.argv:
        from yaml import CBaseLoader, YAMLError
    else:
        from ruamel.yaml.cyaml import CBaseLoader
        from ruamel.yaml.error import YAMLError

    for folder, _, files in os.walk(sys.argv[-1]):
        for name in files:
            if name.endswith((".yaml", ".yml", ".json")):
                with open(os.path.join(folder, name), "rb") as file:
                    loader = CBaseLoader(file.read())
                    try:
                        while loader.check_node():
                            loader.get_node()
                    except YAMLError:
                        continue


if __name__ == "__main__":
    main()
