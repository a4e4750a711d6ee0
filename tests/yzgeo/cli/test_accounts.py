from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from yzgeo.cli.application import yzgeo as program
from yzgeo.cli.session import Session
from yzgeo.settings import Settings


def test_a_generated_password_is_shown_once(yzgeo, workspace: Path) -> None:
    made = yzgeo("user", "add", "zhang", "--role", "planner", "--generate", "-w", workspace, "--json").json
    assert (made["name"], made["role"]) == ("zhang", "planner")
    assert len(made["password"]) >= 16
    listed = yzgeo("user", "list", "-w", workspace, "--json")
    assert listed.json == [{"name": "zhang", "role": "planner", "subdistricts": [], "disabled": False}]
    assert made["password"] not in listed.out


def test_a_password_is_asked_for_twice_and_never_echoed(workspace: Path) -> None:
    session = Session(Settings(), workspace, "zh")
    words = ["user", "add", "li", "--role", "bureau", "-w", str(workspace)]
    done = CliRunner().invoke(program, words, input="correct horse\ncorrect horse\n", obj=session)
    assert done.exit_code == 0
    assert "correct horse" not in done.output


def test_a_role_nobody_has(yzgeo, workspace: Path) -> None:
    assert yzgeo("user", "add", "x", "--role", "anonymous", "--generate", "-w", workspace).code == 2
    assert yzgeo("user", "add", "x", "--role", "field", "--generate", "-w", workspace).code == 1


def test_a_field_account_belongs_to_a_street_office_that_exists(yzgeo, demo_copy: Path) -> None:
    words = ("user", "add", "zhao", "--role", "field", "--generate", "-w", demo_copy, "--json")
    assert yzgeo(*words).json["code"] == "parameter_invalid"
    unknown = yzgeo(*words, "--subdistrict", "999999999")
    assert unknown.code == 1
    assert "211202001" in unknown.json["message"]
    assert yzgeo(*words, "--subdistrict", "211202001").json["subdistricts"] == ["211202001"]
    everyone = {one["name"]: one for one in yzgeo("user", "list", "-w", demo_copy, "--json").json}
    assert everyone["field"]["role"] == "field"
    assert len(everyone["field"]["subdistricts"]) == 1
