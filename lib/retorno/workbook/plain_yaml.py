"""YAML read by the plain rules of version 1.2, so that no name or value changes its meaning on the way.

PyYAML's own rules are those of 1.1, where ``No`` is false, ``010`` is 8, ``12:30`` is 750, ``1e3`` is text
and the second of two equal keys wins in silence.
"""

import re
from functools import cache

from retorno.language import say

_RULES = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9_]*)", "-+0123456789"),
    ("float", r"[-+]?((0|[1-9][0-9_]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("float", r"[-+]?\.(inf|nan)", "-+."),
)


def load(text: str):
    """Return what `text` means; a ``yaml.YAMLError`` says where it means nothing.

    Examples
    --------
    >>> load("{No: 010, at: 12:30, since: 2024-01-31, n: 20_000, share: 1e-3}")
    {'No': '010', 'at': '12:30', 'since': '2024-01-31', 'n': 20000, 'share': 0.001}
    """
    import yaml

    return yaml.load(text, Loader=_loader())


@cache
def _loader():
    import yaml

    class Plain(yaml.SafeLoader):
        yaml_implicit_resolvers = {}  # noqa: RUF012

        def construct_mapping(self, node, deep=False):
            seen = []
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=say("{name} is given twice", name=key.value),
                        problem_mark=key.start_mark,
                    )
                seen.append(key.value)
            return super().construct_mapping(node, deep)

        def construct_yaml_float(self, node):
            return float(node.value.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))

    Plain.add_constructor("tag:yaml.org,2002:float", Plain.construct_yaml_float)
    for kind, rule, first in _RULES:
        Plain.add_implicit_resolver(
            f"tag:yaml.org,2002:{kind}", re.compile(f"^({rule})$"), [*first, ""]
        )
    return Plain
