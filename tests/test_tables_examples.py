"""The small tables of data/examples: what they were drawn from, and that they can be read as they stand."""

from pathlib import Path

import pandas as pd
import pytest

from retorno import simulate
from retorno.tables import describe
from retorno.tables.contracts import CONTRACTS

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
DRAWN = {"recovery": 60, "referral": 40}  # respondents, customers


@pytest.mark.parametrize(("study", "customers"), DRAWN.items())
def test_examples_are_the_first_world_of_their_study_with_seed_7(tmp_path, study, customers):
    """Otherwise: `retorno simulate STUDY --customers N --seed 7`, copied here when a world has changed."""
    first = simulate.WORLDS[study][0]
    written = simulate.write(study, first, tmp_path, customers=customers, seed=7)
    tables = [file for file in written if file.suffix == ".csv"]
    assert tables
    for file in tables:
        stored = (EXAMPLES / file.name).read_text(encoding="utf-8")
        assert stored == file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize("table", CONTRACTS)
def test_every_table_has_a_small_example_that_keeps_its_contract(table):
    """Under 60 kB, so that it can be looked through; nothing in it needs a parameter file."""
    file = EXAMPLES / f"{table}.csv"
    assert file.stat().st_size < 60_000
    described = describe(table, file)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert described.rows == len(lines) - 1
    assert sorted(column.name for column in described.columns) == sorted(lines[0].split(","))


def test_no_example_is_without_a_contract():
    assert sorted(file.stem for file in EXAMPLES.iterdir()) == sorted(CONTRACTS)


def test_the_customers_of_the_margins_are_those_of_the_customers():
    """One world drew both: as many ids in each."""
    panel, people = (
        next(c for c in describe(table, EXAMPLES / f"{table}.csv").columns if c.kind == "id")
        for table in ("margins", "customers")
    )
    assert panel.distinct == people.distinct == DRAWN["referral"]


def test_the_referrers_are_the_customers_with_the_referrals_they_made():
    """Counted from the other two examples; left where there is a day of leaving."""
    customers, referrals, referrers = (
        pd.read_csv(EXAMPLES / f"{table}.csv") for table in ("customers", "referrals", "referrers")
    )
    made = referrals.groupby("referrer_id").size()
    counted = customers.customer_id.map(made).fillna(0)
    assert referrers.customer_id.equals(customers.customer_id)
    assert (referrers.referrals == counted).all()
    assert ((referrers.left == "yes") == customers.left_on.notna()).all()
    assert referrers[["age", "region", "segment"]].equals(customers[["age", "region", "segment"]])
