"""The committed description is the present one."""

from __future__ import annotations

import re

from api import openapi


def test_the_committed_file_is_fresh() -> None:
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.text(), "run: python -m api.openapi"


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    operations = [operation for path in openapi.document()["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["description"] for operation in operations)


def test_every_path_parameter_is_described() -> None:
    for path, methods in openapi.document()["paths"].items():
        for operation in methods.values():
            named = {entry["name"] for entry in operation.get("parameters", []) if entry["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), path


def test_a_stale_file_is_told(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(openapi, "PATH", tmp_path / "openapi.json")
    assert openapi.main(["--check"]) == 1
    assert "python -m api.openapi" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0
