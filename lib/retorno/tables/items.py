"""Scales of several items: which columns of the file make one of ours, and their mean.

``items: {survey: {satisfaction: {of: [sat1, sat2, sat3], reversed: [sat3], scale: [1, 7], answered: 2}}}``, or
short ``items: {survey: {satisfaction: [sat1, sat2, sat3]}}``. While a table is read each item is a column of its
own, "satisfaction item 1", so that names, kinds and rules are checked as for any other; then the mean of the items
answered takes their place.

A score needs half of the items, rounded up, unless `answered` says otherwise: the rule of the EORTC QLQ-C30
scoring manual. Fairclough and Cella (1996), Quality of Life Research 5, 321-329, found the mean of the items
answered mostly the least biased of seven ways when more than half are. It takes the items skipped to be as high as
those answered; where items differ in their means it is biased even if skipping is pure chance (Mazza, Enders and
Ruehlman 2015, Multivariate Behavioral Research 50, 504-519).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from retorno.errors import ParameterError
from retorno.language import brief, mark, say, say_n
from retorno.tables.columns import Column, Contract
from retorno.tables.formats import Fact
from retorno.tables.problems import listed, nearest, parameter, quoted
from retorno.tables.scales import Scale, Scales

KEYS = ("of", "reversed", "scale", "answered")


@dataclass(frozen=True, slots=True)
class Mean:
    """One of our columns, asked for as the mean of several columns of the file.

    Attributes
    ----------
    ours : str
        Our name.
    of, reversed : tuple of str
        The columns of the file; those of them that are counted backwards, as low + high - answer.
    scale : tuple of two float or None
        Lowest and highest answer there may be; None: any.
    answered : int
        Least number of items answered for a mean; with fewer it is empty.
    """

    ours: str
    of: tuple[str, ...]
    reversed: tuple[str, ...]
    scale: tuple[float, float] | None
    answered: int

    @property
    def names(self) -> dict[str, str]:
        """The name of each item while it is read -> its column in the file."""
        return {f"{self.ours} item {n}": item for n, item in enumerate(self.of, start=1)}

    def columns(self, column: Column) -> list[Column]:
        """Return a column for each item: `column`, ours, with the bounds of the scale."""
        low, high = self.scale or (None, None)
        return [
            replace(
                column,
                name=name,
                required=False,  # an item that is not there has a message of its own
                minimum=max(_known(low, column.minimum), default=None),
                maximum=min(_known(high, column.maximum), default=None),
            )
            for name in self.names
        ]

    def answers(self, frame) -> dict:
        """Return the expressions of the items of a converted `frame`, all counted one way."""
        return {
            name: sum(self.scale) - frame[name] if item in self.reversed else frame[name]
            for name, item in self.names.items()
        }

    def mean(self, frame):
        """Return the expression of the mean of the items answered; null where they are too few."""
        import ibis

        answers = self.answers(frame).values()
        answered = sum(answer.notnull().cast("int64") for answer in answers)
        total = sum(answer.fill_null(0.0) for answer in answers)
        return (answered >= self.answered).ifelse(total / answered, ibis.null("float64"))

    def line(self, table: str, turned: Iterable[str] = ()) -> str:
        """Return the line of a parameter file that asks for this, the items in `turned` counted the other way."""
        backwards = [item for item in self.of if (item in turned) != (item in self.reversed)]
        scale = [say("lowest"), say("highest")] if self.scale is None else list(self.scale)
        asked = {"of": list(self.of), "reversed": backwards, "scale": scale}
        return parameter("items", table, {self.ours: asked | {"answered": self.answered}})

    def told(self) -> str:
        """Return in words how the column is made."""
        parts = [say("{scale} is the mean of {items}", scale=self.ours, items=listed(self.of))]
        if self.reversed:
            ends = brief(sum(self.scale))
            turned = listed(self.reversed)
            parts.append(say("counted as {ends} − answer: {items}", ends=ends, items=turned))
        parts.append(
            say_n(
                "at least {n} item must be answered",
                "at least {n} items must be answered",
                self.answered,
            )
        )
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Items:
    """The means of items asked of one table; with none of them nothing changes.

    Attributes
    ----------
    asked : Contract
        Of the table.
    means : tuple of Mean
    """

    asked: Contract
    means: tuple[Mean, ...] = ()

    @classmethod
    def of(cls, asked: Contract, given: Mapping | None, columns: Mapping[str, str]) -> "Items":
        """Return what the parameter `items` asks of a table; ParameterError names the first thing that cannot be.

        Parameters
        ----------
        asked : Contract
        given : mapping or None
            Our name -> a list of columns, or a mapping with `of`, `reversed`, `scale`, `answered`.
        columns : mapping of str to str
            Our name -> their name, as the user maps single columns.
        """
        where = f"items: {asked.name}"
        if not isinstance(given or {}, Mapping):
            raise _wrong(where, say("names with lists of columns"), given)
        means = tuple(_mean(asked, str(ours), spec) for ours, spec in (given or {}).items())
        _check_once(asked.name, means, columns)
        return cls(asked, means)

    @property
    def wanted(self) -> set[str]:
        """The columns of the file that are items."""
        return {item for mean in self.means for item in mean.of}

    def contract(self) -> Contract:
        """Return the contract to read by: each item a column in the place of the mean."""
        by_name = {mean.ours: mean for mean in self.means}
        columns = (
            by_name[column.name].columns(column) if column.name in by_name else [column]
            for column in self.asked
        )
        return replace(
            self.asked, columns=tuple(column for several in columns for column in several)
        )

    def columns(self, header: Sequence[str]) -> dict[str, str]:
        """Return the name of an item while it is read -> its column, for those in the `header`."""
        names = (pair for mean in self.means for pair in mean.names.items())
        return {name: item for name, item in names if item in header}

    def values(self, values: Mapping[str, Mapping]) -> dict[str, dict]:
        """Return the user's `values` with those of a scale, or of an item, under the names of the items."""
        told = {}
        for mean in self.means:
            for name, item in mean.names.items():
                words = {**values.get(mean.ours, {}), **values.get(item, {})}
                told |= {name: words} if words else {}
        gone = {mean.ours for mean in self.means} | (self.wanted - set(self.asked.names))
        return {name: words for name, words in values.items() if name not in gone} | told

    def problems(self, header: Sequence[str]) -> list[str]:
        """Return a sentence for each item that the file does not have."""
        message = mark(
            "items: {scale} is to be made of {item}, which the file does not have. It has {header}."
        )
        return [
            say(message, scale=mean.ours, item=quoted(item), header=listed(header))
            + nearest(item, header)
            for mean in self.means
            for item in mean.of
            if item not in header
        ]

    def facts(self, header: Sequence[str], theirs: Mapping[str, str]) -> tuple[Fact, ...]:
        """Return how each scale is made, and the columns of the file that are not read because of it.

        `theirs`: our name -> the column in the file, the items under the names they are read by.
        """
        read = self.named(theirs).values()
        unread = [name for name in header if self._instead(name) and name not in read]
        made = tuple(Fact(say("Scale of several items"), mean.told()) for mean in self.means)
        return made + ((Fact(say("Read as items instead of"), listed(unread)),) if unread else ())

    def scored(self, frame):
        """Return a converted `frame` with the means in the place of their items.

        A mean that lacks an item in the frame is not formed; `problems` tells of it.
        """
        if not self.means:
            return frame
        formed = self._formed(frame.columns)
        gone = {name for mean in formed for name in mean.names}
        kept = [name for name in frame.columns if name not in gone and not self._instead(name)]
        return frame.select(*kept, **{mean.ours: mean.mean(frame) for mean in formed})

    def named(self, theirs: Mapping[str, str]) -> dict[str, str]:
        """Return our name -> its columns in the file after `scored`, from the same before it."""
        formed = {name: mean for mean in self._formed(theirs) for name in mean.names}
        found = {}
        for ours, column in theirs.items():
            if ours in formed:
                found[formed[ours].ours] = ", ".join(formed[ours].of)
            elif not self._instead(ours):
                found[ours] = column
        return found

    def measured(self, frame, *, level: float = 0.95) -> Scales:
        """Return how well the items of each scale belong together, from a converted `frame` not yet scored."""
        found = []
        for mean in self._formed(frame.columns):
            answers = frame.select(**mean.answers(frame)).to_pandas().to_numpy(dtype=float)
            found.append(Scale.of_answers(mean, self.asked.name, answers, level))
        return Scales(tuple(found), level)

    def _formed(self, names: Iterable[str]) -> list[Mean]:
        """Return the means whose items are all among `names`."""
        return [mean for mean in self.means if set(mean.names) <= set(names)]

    def _instead(self, name: str) -> bool:
        """Return whether a column of the file is called as a scale is (capitals aside) and is none of the items."""
        ours = {mean.ours.casefold() for mean in self.means}
        return name.casefold() in ours and name not in self.wanted


def _mean(asked: Contract, ours: str, spec) -> Mean:
    """Return what is asked of one of our columns; ParameterError names the first thing that cannot be."""
    _check_ours(asked, ours)
    where = f"items: {asked.name}.{ours}"
    spec = spec if isinstance(spec, Mapping) else {"of": spec}
    _check_keys(where, spec)
    of = _names(f"{where}.of", spec.get("of"))
    if len(of) < 2:
        one = parameter("columns", asked.name, {ours: of[0] if of else "..."})
        wanted = say("two columns or more (for a single one: {line})", line=one)
        raise _wrong(f"{where}.of", wanted, spec.get("of"))
    scale = _scale(f"{where}.scale", spec.get("scale"))
    backwards = _reversed(f"{where}.reversed", spec.get("reversed"), of, scale)
    half = math.ceil(len(of) / 2) if asked[ours].may_be_empty else len(of)
    answered = _answered(f"{where}.answered", spec.get("answered"), half, len(of))
    return Mean(ours, of, backwards, scale, answered)


def _check_ours(asked: Contract, ours: str) -> None:
    may = [column.name for column in asked if column.kind == "number" and not column.whole]
    if ours in may:
        return
    problem = say(
        "items: {ours} is no column of {table} that can be a mean; there are {names}.",
        ours=repr(ours),
        table=asked.name,
        names=", ".join(may) or say("none"),
    )
    raise ParameterError(problem + nearest(ours, may))


def _check_keys(where: str, spec: Mapping) -> None:
    for key in spec:
        if key not in KEYS:
            problem = say(
                "{where} has no {key}; there are {names}.",
                where=where,
                key=repr(key),
                names=", ".join(KEYS),
            )
            raise ParameterError(problem + nearest(str(key), KEYS))


def _names(where: str, given) -> tuple[str, ...]:
    """Return a list of columns; a number is taken as the name it is in the file."""
    names = [] if given is None else given
    right = isinstance(names, list | tuple) and all(
        isinstance(name, str | int) and not isinstance(name, bool) for name in names
    )
    if not right:
        raise _wrong(where, say("a list of columns of the file"), given)
    return tuple(str(name) for name in names)


def _scale(where: str, given) -> tuple[float, float] | None:
    if given is None:
        return None
    right = isinstance(given, list | tuple) and len(given) == 2
    if right and all(type(end) in (int, float) and math.isfinite(end) for end in given):
        low, high = given
        if low < high:
            return low, high
    raise _wrong(where, say("the lowest and the highest answer, as [1, 7]"), given)


def _reversed(where: str, given, of: Sequence[str], scale) -> tuple[str, ...]:
    names = _names(where, given)
    for name in names:
        if name not in of:
            wanted = say("columns that are items ({items})", items=", ".join(of))
            raise ParameterError(str(_wrong(where, wanted, name)) + nearest(name, of))
    if names and scale is None:
        problem = say("{where} needs the ends of the scale, as scale: [1, 7].", where=where)
        raise ParameterError(problem)
    return names


def _answered(where: str, given, default: int, most: int) -> int:
    if given is None:
        return default
    if type(given) is int and 1 <= given <= most:
        return given
    raise _wrong(where, say("a number of items from 1 to {most}", most=most), given)


def _check_once(table: str, means: Sequence[Mean], columns: Mapping[str, str]) -> None:
    """Stop where a column of ours, or of the file, would be two things at once."""
    for mean in means:
        if mean.ours in columns:
            problem = say(
                "{ours} of {table} is in columns and in items; leave one out.",
                ours=repr(mean.ours),
                table=table,
            )
            raise ParameterError(problem)
    taken = {str(name) for name in columns.values()}
    for item in (item for mean in means for item in mean.of):
        if item in taken:
            problem = say(
                "items: {table} names column {item} twice, or columns names it too; a column is "
                "one thing.",
                table=table,
                item=quoted(item),
            )
            raise ParameterError(problem)
        taken.add(item)


def _known(*bounds: float | None) -> list[float]:
    return [bound for bound in bounds if bound is not None]


def _wrong(where: str, wanted: str, got) -> ParameterError:
    return ParameterError(
        say("{where} wants {wanted}; got {got}.", where=where, wanted=wanted, got=repr(got))
    )
