"""Every broken file is told from a good one, in the words agreed to."""

import pytest
from broken_files import CASES, expected


def test_every_case_has_its_message():
    """A case without a message, or a message without a case, would test nothing."""
    assert set(expected()) == set(CASES)
    assert len(CASES) >= 60
    assert all(expected().values())


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_refused_in_these_words(tmp_path, name):
    """The message says what, where, wanted, got and the way out; it stands in reference/broken_files.yml."""
    assert CASES[name].message(tmp_path) == expected()[name]
