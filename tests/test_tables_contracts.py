"""The contracts: what the design asks for, and the page written from them."""

import doctest
import importlib

import pytest

from retorno.tables import dictionary
from retorno.tables.contracts import CONTRACTS, TYPES


def test_the_contracts_hold_the_columns_of_the_design():
    """Design, section 3: required and optional columns of the two tables."""
    names = {
        table: (
            [column.name for column in contract if column.required],
            [column.name for column in contract if not column.required],
        )
        for table, contract in CONTRACTS.items()
    }
    assert names == {
        "transactions": (["customer_id", "date", "amount"], ["margin", "channel"]),
        "contacts": (["arm"], ["customer_id", "contacted_on", "recency", "cost"]),
    }
    assert {column.kind for contract in CONTRACTS.values() for column in contract} == set(TYPES)


def test_the_data_dictionary_is_current():
    """Otherwise: python -m retorno.tables.dictionary."""
    assert dictionary.FILE.read_text(encoding="utf-8") == dictionary.text()


def test_the_data_dictionary_tells_every_column_and_every_set():
    """Names and the rules that could refuse a table, by eye from the contract."""
    page = dictionary.text()
    assert "| `recency` | number | months | no | 0 or more; never empty |" in page
    assert "| `contacted_on` | date |  | no | not in the future; may be empty |" in page
    assert "### `hillstrom`:" in page
    assert "- Left out and counted: rows without CustomerID." in page


@pytest.mark.parametrize("module", ["contracts", "problems", "read"])
def test_the_examples_in_the_docstrings_run(module):
    """Each of these modules has at least one example."""
    result = doctest.testmod(importlib.import_module(f"retorno.tables.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
