"""Everything scclint raises on purpose. Anything else that escapes is a bug of scclint (exit status 3)."""


class ScclintError(Exception):
    """Base of all errors that are not scclint's own fault. `str(error)` says what is wrong, where, and what to do next."""


class UsageError(ScclintError):
    """The command line or the call asks for something that cannot be done (exit status 2)."""


class ConfigError(ScclintError):
    """A configuration file is wrong (exit status 2)."""


class LoadError(ScclintError):
    """Input cannot be read or is not YAML/JSON. `line` and `column` count from 1; 0 where no place is known.

    `began` is the line at which the value that is not complete begins.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, began: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.began = began or line

    def __str__(self) -> str:
        # A file name may contain a line feed, and the text after it must not look like a message of scclint.
        file = self.file.replace("\n", "\\n")
        place = f"{file}:{self.line}:{self.column}" if file and self.line else file
        return f"{place}: {self.message}" if place else self.message


class ModelError(ScclintError):
    """An object has a field that the API server could not decode, or is of another kind than a function takes.

    `path` leads to the field within the object, as keys and 0-based indices.
    """

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class RuleSetError(ScclintError):
    """The rules, taken together or one by one, are not a valid rule set."""
