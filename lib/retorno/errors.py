"""The two ways an input can be wrong, told apart from a fault of ours by everything that runs a study."""


class InputError(ValueError):
    """Something the user gave cannot be used; the message says what, where, wanted, got, way out."""


class TableError(InputError):
    """A table breaks its contract, or its file cannot be read; lists every problem found."""


class ParameterError(InputError):
    """A parameter has an unknown name, a wrong type or an impossible value."""
