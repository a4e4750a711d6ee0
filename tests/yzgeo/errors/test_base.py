"""Refusals carry facts, speak two languages and fail at once when a fact is missing."""

from __future__ import annotations

import pytest

from yzgeo.errors import LayerUnknownError, NotFoundError, PortInUseError, YzgeoError, leaves


def test_a_refusal_tells_what_and_what_to_do_in_both_languages() -> None:
    error = PortInUseError(host="127.0.0.1", port=8000, suggestion=8001)
    assert error.message("zh") == "127.0.0.1:8000 已被占用。"
    assert error.message("en") == "127.0.0.1:8000 is in use."
    assert "--port 8001" in error.remedy("zh")
    assert "--port 8001" in error.remedy("en")
    assert str(error) == error.message("en")


def test_a_missing_fact_is_a_programming_error() -> None:
    with pytest.raises(KeyError, match="layer"):
        LayerUnknownError()


def test_placeholders_come_from_all_four_texts() -> None:
    assert PortInUseError.placeholders() == {"host", "port", "suggestion"}


def test_leaves_lists_the_whole_tree_once() -> None:
    kinds = leaves()
    assert YzgeoError in kinds
    assert issubclass(LayerUnknownError, NotFoundError)
    assert len(kinds) == len(set(kinds))
