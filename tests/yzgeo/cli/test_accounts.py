from __future__ import annotations

import getpass
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
    told = {"name": "zhang", "role": "planner", "subdistricts": [], "disabled": False, "external": False}
    assert listed.json == [told]
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


def test_the_life_of_an_account_and_its_token(yzgeo, workspace: Path) -> None:
    """Made, changed, given a token, disabled, let in again: each step stands in the audit with who did it."""
    on = ("-w", workspace, "--json")
    yzgeo("user", "add", "zhang", "--role", "viewer", "--generate", *on)
    assert yzgeo("user", "change", "zhang", "--role", "planner", *on).json["role"] == "planner"
    made = yzgeo("user", "token", "zhang", "--for", "QGIS", "--days", "30", *on).json
    listed = yzgeo("user", "tokens", *on)
    assert [(one["id"], one["account"], one["name"]) for one in listed.json] == [(made["id"], "zhang", "QGIS")]
    assert made["token"] not in listed.out
    assert yzgeo("user", "revoke", made["id"], *on).json == {"id": made["id"], "account": "zhang"}
    assert yzgeo("user", "revoke", made["id"], *on).code == 1
    yzgeo("user", "token", "zhang", "--for", "script", *on)
    assert yzgeo("user", "disable", "zhang", *on).json["disabled"] is True
    assert yzgeo("user", "tokens", "zhang", *on).json == []
    assert yzgeo("user", "enable", "zhang", *on).json["disabled"] is False
    assert len(yzgeo("user", "password", "zhang", "--generate", *on).json["password"]) >= 16
    assert yzgeo("user", "sessions", *on).json == []
    lines = yzgeo("audit", *on).json
    assert [line["kind"] for line in lines] == [
        "password_changed",
        "account_enabled",
        "account_disabled",
        "token_made",
        "token_revoked",
        "token_made",
        "account_changed",
        "account_made",
    ]
    assert {line["actor"] for line in lines} == {f"cli:{getpass.getuser()}"}
    assert [line["kind"] for line in yzgeo("audit", "--kind", "token_revoked", *on).json] == ["token_revoked"]
    assert yzgeo("audit", "--since", "2999-01-01", *on).json == []
    shown = yzgeo("audit", "--limit", "1", "-w", workspace).out
    assert "修改密码" in shown
    assert "zhang" in shown


def test_an_account_that_is_not_there(yzgeo, workspace: Path) -> None:
    for words in (("disable", "x"), ("password", "x", "--generate"), ("token", "x", "--for", "y"), ("change", "x")):
        assert yzgeo("user", *words, "-w", workspace).code == 1
