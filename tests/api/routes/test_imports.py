"""The import desk over HTTP, on real files, with its real process."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api import models
from tests.api.routes.test_audit import lines
from yzgeo.workflows.workspace import Workspace

LAYER = "shantytown_parcel"
CORPUS = Path(__file__).parents[2] / "data" / "import"


OWN = {"Origin": "http://test"}


def post(client: Any, path: str, **options: Any) -> Any:
    return client.post(path, headers=OWN, **options)


def send(client: Any, *names: str, **fields: str) -> Any:
    files = [("files", (name, (CORPUS / name).read_bytes())) for name in names]
    answer = post(client, "/api/imports", files=files, data=fields)
    assert answer.status_code == 202, answer.text
    return settled(client, answer.json()["id"])


def settled(client: Any, import_id: str) -> Any:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        found = client.get(f"/api/imports/{import_id}").json()
        models.Import.model_validate(found)
        if found["state"] not in {"reading", "judging", "storing"}:
            return found
        time.sleep(0.05)
    raise AssertionError(found)


@pytest.mark.parametrize("role", [None, "viewer", "field"])
def test_only_those_who_may_write_import(connect: Callable[..., Any], role: str | None) -> None:
    client = connect(role)
    assert client.get("/api/imports").status_code == 403
    assert post(client, "/api/imports", files={"files": ("a.csv", b"x")}).status_code == 403
    assert client.post("/api/imports/20260101-000000-00000000/confirm").status_code == 403


def test_a_question_is_answered_then_stored_then_undone(connect: Callable[..., Any], workspace: Workspace) -> None:
    client = connect("planner")
    before = workspace.store.frame(LAYER)
    asked = send(client, "plain_gbk_undeclared.zip", layer=LAYER)
    assert (asked["state"], asked["questions"], asked["actor"]) == ("needs_confirmation", ["crs"], "planner")
    assert asked["links"]["confirm"] is None
    assert post(client, f"{asked['links']['self']}/confirm").status_code == 409
    shown = client.get(asked["links"]["preview"]).json()
    models.ImportPreview.model_validate(shown)
    assert {one["id"] for one in shown["candidates"]} >= {"EPSG:4550", "EPSG:2386"}
    assert workspace.store.revision(LAYER) == 1

    truth = json.loads((CORPUS / "plain_gbk_undeclared.zip.truth.json").read_text())
    decided = {"crs": truth["crs"]["truth"], "units": {"占地面积": "亩"}}
    changed = client.request("PATCH", asked["links"]["self"], headers=OWN, json=decided)
    assert changed.status_code == 202
    ready = settled(client, asked["id"])
    assert (ready["state"], ready["choices"]["crs"]) == ("ready", truth["crs"]["truth"])
    assert ready["choices"]["units"] == {"占地面积": "亩"}
    (area,) = ready["report"]["units"]
    assert (area["unit"], area["to"], area["by"]) == ("亩", "m2", "chosen")
    assert area["samples"][0] == {"before": "4800.0", "after": 3_200_000.0}
    assert ready["report"]["rows"] == {"in": 6, "kept": 6, "rejected": 0}
    drawn = client.get(ready["links"]["preview"]).json()["features"]["features"]
    assert sorted(one["properties"]["status"] for one in drawn) == ["missing"] * 6 + ["new"] * 6

    assert post(client, ready["links"]["confirm"]).status_code == 202
    stored = settled(client, ready["id"])
    assert stored["state"] == "stored"
    assert stored["report"]["batch"]["inserted"] == 6
    assert stored["report"]["batch"]["actor"] == "planner"
    assert stored["report"]["batch"]["choices"]["chosen"]["crs"] == truth["crs"]["truth"]
    assert workspace.store.count(LAYER) == 12
    assert post(client, f"{stored['links']['self']}/confirm").json()["state"] == "stored"

    undone = post(client, stored["links"]["undo"]).json()
    models.ImportUndone.model_validate(undone)
    assert undone == {"undone": {"restored": 0, "removed": 6, "brought_back": 0}, "later_edits": []}
    assert client.get(stored["links"]["self"]).json()["state"] == "undone"
    told = [(line.kind, line.actor, line.subject) for line in lines(connect("admin")) if "import" in line.kind]
    assert told == [(kind, "planner", LAYER) for kind in ("import_undone", "import")]
    assert (
        workspace.store.frame(LAYER)
        .drop(columns="revision", errors="ignore")
        .equals(before.drop(columns="revision", errors="ignore"))
    )
    assert post(client, stored["links"]["self"] + "/undo").status_code == 409


def test_rejected_rows_come_back_as_files(connect: Callable[..., Any]) -> None:
    client = connect("bureau")
    refused = send(client, "ledger_plain.xlsx", layer=LAYER)
    assert (refused["state"], refused["problem"]["code"]) == ("refused", "rows_rejected")
    assert refused["report"]["rows"] == {"in": 6, "kept": 0, "rejected": 6}
    answer = client.get(refused["links"]["rejected_csv"])
    assert "attachment" in answer.headers["content-disposition"]
    found = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(client.get(refused["links"]["rejected_xlsx"]).content))
    assert len(found) == book.active.max_row - 1 == 6
    assert {line["代码 code"] for line in found} == {"geometry_missing"}
    assert all("台账也没有图形" in line["原因"] and "no shape" in line["reason"] for line in found)
    taken = [(line.actor, line.subject) for line in lines(connect("admin"), "?kind=download")]
    assert taken == [("bureau", refused["links"][name]) for name in ("rejected_xlsx", "rejected_csv")]


def test_what_cannot_be_taken_is_said_at_once(connect: Callable[..., Any]) -> None:
    client = connect("planner")
    for fields, status, code in (
        ({"layer": "castle"}, 404, "layer_unknown"),
        ({"crs": "EPSG:999999"}, 422, "crs_unsupported"),
        ({"encoding": "klingon"}, 400, "parameter_invalid"),
        ({"columns": "{"}, 422, "body_invalid"),
        ({"units": '{"面积": "斤"}'}, 400, "parameter_invalid"),
        ({"datum": '{"kind": "nine"}'}, 422, "body_invalid"),
        ({"mode": "append"}, 422, "body_invalid"),
    ):
        answer = post(client, "/api/imports", files={"files": ("a.csv", b"x")}, data=fields)
        assert (answer.status_code, answer.json()["code"]) == (status, code), fields
    many = [("files", (f"{number}.csv", b"x")) for number in range(65)]
    assert post(client, "/api/imports", files=many).json()["code"] == "upload_refused"
    assert post(client, "/api/imports", files={"files": ("../..", b"x")}).json()["code"] == "upload_refused"
    assert client.get("/api/imports").json() == {"imports": []}
    for path in ("20260101-000000-00000000", "%2E%2E", "x"):
        assert client.get(f"/api/imports/{path}").status_code == 404


def test_a_hostile_name_stays_in_the_folder_and_the_import_can_be_dropped(
    connect: Callable[..., Any], workspace: Workspace
) -> None:
    client = connect("admin")
    answer = post(client, "/api/imports", files={"files": ("../../../evil.csv", b"")}, data={"layer": LAYER})
    found = settled(client, answer.json()["id"])
    assert found["files"] == [
        {
            "name": "evil.csv",
            "bytes": 0,
            "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        }
    ]
    assert (found["state"], found["problem"]["code"]) == ("refused", "file_unreadable")
    assert str(workspace.path) not in json.dumps(found)
    assert [one["id"] for one in client.get("/api/imports").json()["imports"]] == [found["id"]]
    assert client.request("DELETE", found["links"]["self"], headers=OWN).status_code == 204
    assert client.get(found["links"]["self"]).status_code == 404
    assert client.get(f"/api/imports/{found['id']}/rejected.csv").status_code == 404


def test_an_upload_over_the_limit_is_refused(connect: Callable[..., Any], settings: Any, app: Any) -> None:
    app.state.context.settings = settings.model_copy(update={"max_import_mib": 1})
    answer = post(connect("planner"), "/api/imports", files={"files": ("a.csv", b"x" * (1 << 20) + b"x")})
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_refused")
