"""Who brought whom: links and referrals that count, those that do not with their reason, covariates."""

import doctest
import sys
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from retorno import simulate
from retorno.errors import ParameterError
from retorno.referral.alike.covariates import MOST, known_before
from retorno.referral.links import in_cycles, links
from retorno.referral.tenure import follow
from retorno.tables import connect, read

DAY0 = date(2024, 1, 1)
PEOPLE = [  # customer, day of joining, referred, referrer
    ("A", 0, 0, None),
    ("B", 5, 1, "A"),
    ("C", 9, 1, "A"),
    ("D", 9, 1, "C"),  # joined on the day of the referrer
    ("E", 20, 1, None),
    ("F", 21, 1, "F"),  # the same person
    ("G", 22, 1, "Z"),  # no customer
    ("H", 23, 1, "I"),  # joined later
    ("I", 24, 0, "A"),  # not referred
    ("J", 30, 1, "K"),  # J and K bring each other on one day
    ("K", 30, 1, "J"),
    ("L", 31, 1, "K"),  # brought by one of them: a link like any other
]


def day(number):
    return None if number is None else (DAY0 + timedelta(days=number)).isoformat()


def linked(people=PEOPLE, referrals=None, last=100, **period):
    con = connect()
    frame = pd.DataFrame(people, columns=["customer_id", "day", "referred", "referrer_id"])
    frame["joined_on"] = frame.pop("day").map(day)
    frame["left_on"] = pd.Series([None] * len(frame), dtype="str")
    customers = read("customers", frame, con=con)
    tenure = follow(customers, horizon_months=12, observed_until=day(last), **period)
    if referrals is not None:
        rows = pd.DataFrame(referrals, columns=["referrer_id", "referred_id", "day"])
        rows["referral_id"] = [f"R{i}" for i in range(len(rows))]
        rows["referred_on"] = rows.pop("day").map(day)
        referrals = read("referrals", rows, con=con)
    return links(tenure, customers, referrals)


def bringer(found):
    """Return customer -> who brought the customer, of the links that are used."""
    ids = found.tenure.ids
    return {ids[child]: ids[found.referrer[child]] for child in found.children}


def test_links_that_can_be_and_those_that_cannot_by_hand():
    """B, C by A, D by C on the same day, L by K; F, G, H, I, J, K each have their own reason."""
    found = linked()
    assert bringer(found) == {"B": "A", "C": "A", "D": "C", "L": "K"}
    assert found.problems == {
        "not_referred": 1,
        "same_person": 1,
        "unknown_referrer": 1,
        "later_referrer": 1,
        "cycle": 2,
    }
    made = dict(zip(found.tenure.ids, found.made, strict=True))
    assert {who: n for who, n in made.items() if n} == {"A": 2, "C": 1, "K": 1}
    told = found.to_frame().set_index("reason").customers
    assert told["the referrer is no customer in the table"] == 1
    assert "Of 10 referred customers the referrer is known in 4." in found.table_caption()


REFERRALS = [  # referrer, referred, day
    ("A", "B", 5),
    ("A", "C", 9),
    ("A", "C", 12),  # C was referred before
    ("C", "E", 20),  # names who brought E, which customers does not
    ("C", None, 21),  # a reward for nobody
    ("D", "D", 22),  # himself
    ("Z", "G", 22),  # no customer
    ("L", "X", 10),  # L joined on day 31 only; X is no customer
    ("B", "Y", 40),  # Y is no customer, which is no problem of the referral
    ("B", "A", 41),  # A was a customer already
    ("B", "Q", 101),  # after the last day
]


def test_referrals_that_count_and_those_that_do_not_by_hand():
    """Of ten dated inside, five have a problem; what counts is made by A (2), B (2) and C (1)."""
    found = linked(referrals=REFERRALS)
    rows = found.rows.set_index(["referrer_id", "day"])
    assert rows.problem.to_dict() == {
        ("A", 5): "",
        ("A", 9): "",
        ("L", 10): "later_referrer",
        ("A", 12): "duplicate",
        ("C", 20): "",
        ("C", 21): "no_referred",
        ("D", 22): "same_person",
        ("Z", 22): "unknown_referrer",
        ("B", 40): "",
        ("B", 41): "",
    }
    assert found.rows_left_out == 1
    made = dict(zip(found.tenure.ids, found.made, strict=True))
    assert {who: n for who, n in made.items() if n} == {"A": 2, "B": 2, "C": 1}
    assert bringer(found) == {"B": "A", "C": "A", "D": "C", "E": "C", "L": "K"}
    assert found.rows.referrer.tolist().count(-1) == 1  # Z
    assert rows.loc[("B", 40), "referred"] == -1
    assert np.isnan(found.rows.reward_referrer).all()
    caption = found.table_caption()
    assert "10 referrals are in the table referrals; 5 count." in caption
    assert "1 more is dated after the last day" in caption


def test_a_referrer_who_is_not_observed_is_no_stranger():
    """A left before the first day: B has a referrer who is in the table, of whom nothing is seen."""
    con = connect()
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "B"],
            "joined_on": [day(0), day(50)],
            "left_on": [day(10), None],
            "referred": [0, 1],
            "referrer_id": [None, "A"],
        }
    )
    customers = read("customers", frame, con=con)
    tenure = follow(customers, horizon_months=1, observed_from=day(40), observed_until=day(60))
    found = links(tenure, customers)
    assert (found.referrer.tolist(), found.problems) == ([-1], {})


def test_nothing_wrong_and_nobody_named():
    found = linked([("A", 0, 0, None), ("B", 1, 1, "A")])
    assert found.to_frame().empty
    assert "Nothing had to be left out." in found.table_caption()
    nobody = linked([("A", 0, 0, None), ("B", 1, 0, None)])
    assert (nobody.children.size, nobody.made.sum()) == (0, 0)


def test_cycles_of_any_length_are_found_and_those_who_lead_into_them_are_not():
    """A ring of 1,000, one who was brought by a member of it, a chain of 1,000."""
    ring = np.roll(np.arange(1000), 1)
    chain = np.append(-1, np.arange(1000, 1999))
    found = in_cycles([*ring, *chain, 5])
    assert found[:1000].all()
    assert not found[1000:].any()
    assert doctest.testmod(sys.modules[links.__module__]).failed == 0


def test_the_simulated_world_has_no_problem_but_its_fraud():
    """Links are those the world made; fakes are no customers, rings name customers who were there before."""
    drawn = simulate.simulate("referral", "pays", 3_000, 4)
    con = connect()
    tables = {name: read(name, frame, con=con) for name, frame in drawn.tables().items()}
    tenure = follow(tables["customers"], horizon_months=36)
    found = links(tenure, tables["customers"], tables["referrals"])
    assert found.problems == {}
    people = drawn.customers.dropna(subset=["referrer_id"])
    assert bringer(found) == dict(zip(people.customer_id, people.referrer_id, strict=True))
    fraud = pd.Series(drawn.is_fraud, index=drawn.referrals.referral_id)[found.rows.referral_id]
    assert not ((found.rows.problem != "").to_numpy() & ~fraud.to_numpy()).any()


def test_covariates_as_columns_of_a_model():
    """Numbers as they are, words as 0 and 1 without the first, empty cells as NaN."""
    con = connect()
    frame = pd.DataFrame(
        {
            "customer_id": ["B", "A", "C"],
            "joined_on": [day(0)] * 3,
            "left_on": [day(9), None, None],
            "referred": [0, 1, 1],
            "age": [30, 40, None],
            "plan": ["gold", "basic", "gold"],
            "name": ["x", "y", "z"],
        }
    )
    tenure = follow(read("customers", frame, con=con), horizon_months=1)
    found = known_before(tenure, ["age", "plan"])
    assert found.labels == ("age", "plan: gold")
    np.testing.assert_array_equal(found.design, [[40, 0], [30, 1], [np.nan, 1]])
    assert found.complete.tolist() == [True, True, False]
    assert (found.refusal, found.words) == (None, "age, plan")
    assert "1 customer of whom one" in found.note()
    assert "parameter covariates names no column" in known_before(tenure, None).refusal
    with pytest.raises(ParameterError, match=r"no column 'aged'.* there is age, plan, name"):
        known_before(tenure, ["aged"])


def test_a_text_is_no_covariate():
    con = connect()
    n = MOST + 1
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(n)],
            "joined_on": [day(0)] * n,
            "left_on": [None] * (n - 1) + [day(5)],
            "referred": [0, 1] + [0] * (n - 2),
            "note": [f"w{i}" for i in range(n)],
            "same": ["a"] * n,
        }
    )
    tenure = follow(read("customers", frame, con=con), horizon_months=1)
    assert "holds 31 different words" in known_before(tenure, ["note"]).refusal
    assert "the same for every customer" in known_before(tenure, ["same"]).refusal
