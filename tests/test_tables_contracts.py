"""The contracts: what the design asks for, and the page written from them."""

import doctest
import importlib

import pytest

from retorno.tables import dictionary
from retorno.tables.columns import TYPES
from retorno.tables.contracts import CONTRACTS


def test_the_contracts_hold_the_columns_of_the_design():
    """Design, section 3: required and optional columns of each table."""
    names = {
        table: (
            [column.name for column in contract if column.required],
            [column.name for column in contract if not column.required],
        )
        for table, contract in CONTRACTS.items()
    }
    survey = (
        "satisfaction_before repurchase repurchase_before word_of_mouth word_of_mouth_before "
        "recovery_quality severity distributive_justice procedural_justice interactional_justice "
        "prior_failures stability controllability segment weight"
    )
    effects = (
        "effect variance mean1 sd1 n1 mean2 sd2 n2 r n t f p sign before_after_r "
        "year design subjects service source"
    )
    assert names == {
        "survey": (["respondent_id", "group", "satisfaction"], survey.split()),
        "effects": (["study", "outcome"], effects.split()),
        "transactions": (["customer_id", "date", "amount"], ["margin", "channel"]),
        "contacts": (["arm"], ["customer_id", "contacted_on", "recency", "cost"]),
        "customers": (["customer_id", "joined_on", "referred"], ["left_on", "referrer_id"]),
        "margins": (["customer_id", "month", "margin"], []),
        "referrals": (
            ["referral_id", "referrer_id", "referred_id", "referred_on"],
            ["reward_referrer", "reward_referred", "status", "device", "address", "payment"],
        ),
        "referrers": (["customer_id", "referrals"], ["left"]),
    }
    tables = ["survey", "effects", "transactions", "contacts", "customers", "margins"]
    tables += ["referrals", "referrers"]
    assert list(names) == tables
    assert {column.kind for contract in CONTRACTS.values() for column in contract} == set(TYPES)


def test_the_data_dictionary_is_current():
    """Otherwise: python -m retorno.tables.dictionary."""
    assert dictionary.FILE.read_text(encoding="utf-8") == dictionary.text()


def test_the_data_dictionary_tells_every_column_and_every_set():
    """Names and the rules that could refuse a table, by eye from the contract."""
    page = dictionary.text()
    assert "| `recency` | number | months | no | 0 or more; never empty |" in page
    assert "| `contacted_on` | date |  | no | not in the future; may be empty |" in page
    assert "| `referred` | yes or no |  | yes | never empty |" in page
    assert "| `left_on` | date |  | no | not in the future; not before `joined_on`; may be" in page
    assert "1 or more; whole numbers; each once for a `customer_id`; never empty |" in page
    assert "| yes | `no_failure`, `failure`, `recovered`; never empty |" in page
    assert "### `hillstrom`:" in page
    assert "- Left out and counted: rows without CustomerID." in page


@pytest.mark.parametrize("module", ["contracts", "problems", "read"])
def test_the_examples_in_the_docstrings_run(module):
    """Each of these modules has at least one example."""
    result = doctest.testmod(importlib.import_module(f"retorno.tables.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
