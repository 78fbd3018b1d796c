"""The parameters of a notebook: read from its parameters cell, checked before anything runs.

The cell is the one place where a parameter is declared. It is read with Python's own parser and
never executed: ``window_days: int = 180  # days: followed after the (re)purchase`` gives name, type,
default, unit ("-" for none) and meaning.
"""

import ast
import io
import json
import math
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from retorno.errors import ParameterError
from retorno.language import mark, say
from retorno.workbook import paragraphs
from retorno.workbook.plain_yaml import load
from retorno.workbook.studies import nearest, there_are

WORDS = {
    "int": mark("a whole number"),
    "float": mark("a number"),
    "str": mark("text"),
    "bool": mark("true or false"),
    "list": mark("a list"),
    "dict": mark("names with values"),
    "None": mark("null"),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One line of a parameters cell.

    Attributes
    ----------
    name, type : str
        `type` is the annotation, with ``| None`` where the default is None. papermill takes a parameter
        for unknown when its annotation holds a bar or its line is wrapped, so notebooks leave the None
        out and write ``"float, list"`` for two types.
    default : object
    unit, meaning : str
        Empty where the line gives none.
    """

    name: str
    type: str
    default: object
    unit: str
    meaning: str

    @property
    def kinds(self) -> tuple[str, ...]:
        """The plain types allowed: ``list[str] | None`` is list and None."""
        return tuple(part.strip().split("[")[0] for part in self.type.split("|"))

    def checked(self, value):
        """Return `value` as the notebook gets it; ParameterError when its type does not fit.

        A whole number serves as a number; true is no number.
        """
        if value is None and "None" in self.kinds:
            return None
        if type(value) is int and "float" in self.kinds and "int" not in self.kinds:
            return float(value)
        if type(value).__name__ in self.kinds and _finite(value):
            return value
        raise ParameterError(
            say(
                "{name} wants {wanted}; got {got}.",
                name=self.name,
                wanted=say(" or ").join(say(WORDS.get(kind, kind)) for kind in self.kinds),
                got=shown(value),
            )
        )


def _finite(value) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def shown(value) -> str:
    """Return `value` as one would type it after ``-p NAME``.

    Examples
    --------
    >>> shown(None), shown("EUR"), shown("90"), shown([0.1, 0.4])
    ('null', 'EUR', '"90"', '[0.1, 0.4]')
    """
    if isinstance(value, str) and read_value(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def read_value(text: str):
    """Return what `text` means as YAML; text that is no YAML is itself."""
    import yaml

    try:
        return load(text)
    except (yaml.YAMLError, ValueError):
        return text


def read_parameters(notebook: Path) -> tuple[Parameter, ...]:
    """Return the parameters a notebook declares in its cell tagged ``parameters``, in its order.

    Units and meanings are in the language spoken.
    """
    for cell in paragraphs.read(notebook)["cells"]:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            return read_cell("".join(cell["source"]))
    raise ValueError(f"{notebook.name} has no cell tagged 'parameters'.")


def read_cell(source: str) -> tuple[Parameter, ...]:
    """Return the parameters declared in the text of a parameters cell.

    Examples
    --------
    >>> read_cell("level: float = 0.95  # fraction: coverage of the intervals")[0].unit
    'fraction'
    >>> read_cell('share: "float, list" = None  # share or range')[0].type
    'float | list | None'
    """
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    return tuple(
        _parameter(statement, _comment(statement, comments))
        for statement in ast.parse(source).body
        if isinstance(statement, ast.AnnAssign)
    )


def _comment(statement: ast.AnnAssign, comments: Mapping[int, str]) -> str:
    """Return the last comment inside or behind a statement."""
    lines = range(statement.lineno, statement.end_lineno + 1)
    return next((comments[line] for line in reversed(lines) if line in comments), "")


def _parameter(statement: ast.AnnAssign, comment: str) -> Parameter:
    unit, colon, meaning = comment.partition(":")
    kind, default = _kind(statement.annotation), ast.literal_eval(statement.value)
    return Parameter(
        name=statement.target.id,
        type=kind if default is not None else f"{kind} | None",
        default=default,
        unit=unit.strip() if colon and unit.strip() != "-" else "",
        meaning=(meaning if colon else comment).strip(),
    )


def _kind(annotation: ast.expr) -> str:
    """Return an annotation as a type: ``"float, list"`` is float | list."""
    if isinstance(annotation, ast.Constant):
        return annotation.value.replace(",", " |")
    return ast.unparse(annotation)


def check(parameters: Iterable[Parameter], given: Mapping[str, object]) -> dict:
    """Return `given` with every value as its notebook gets it.

    An unknown name, a value of the wrong type, and simulated data beside other data are
    ParameterErrors: simulated and other data never meet in one run.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise ParameterError(
                say("There is no parameter {got!r}.", got=name)
                + nearest(name, known)
                + there_are(known)
            )
    if given.get("world") is not None and given.get("data"):
        raise ParameterError(
            say(
                "world and data exclude each other: simulated and other data never meet in one "
                "run. Leave one out."
            )
        )
    return {name: known[name].checked(value) for name, value in given.items()}
