"""The first and the last day of data: as given by the user, else as found in the tables."""

from datetime import date

from retorno.errors import ParameterError
from retorno.language import say


def observed_period(
    first_found, last_found, observed_from: str | None, observed_until: str | None
) -> tuple[date, date]:
    """Return first and last day of data.

    Parameters
    ----------
    first_found, last_found : date or datetime
        Earliest and latest day in the tables.
    observed_from, observed_until : str, optional
        ISO dates that take their place.

    Examples
    --------
    >>> observed_period(date(2024, 1, 1), date(2024, 6, 30), None, "2024-03-31")
    (datetime.date(2024, 1, 1), datetime.date(2024, 3, 31))
    """
    first = _day("observed_from", observed_from, first_found)
    last = _day("observed_until", observed_until, last_found)
    if first > last:
        raise ParameterError(
            say(
                "observed_from, observed_until: the first day, {first}, lies after the last, {last}.",
                first=first.isoformat(),
                last=last.isoformat(),
            )
        )
    return first, last


def _day(name: str, given: str | None, found) -> date:
    if given is None:
        return found.date() if hasattr(found, "date") else found
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise ParameterError(
            say("{name}: wanted a date as 2024-12-31; got {got!r}.", name=name, got=given)
        ) from None
