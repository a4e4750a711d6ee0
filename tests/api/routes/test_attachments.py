"""Attachments over HTTP beyond photos: documents, what is not there, who may ask."""

from __future__ import annotations

import pytest

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HEADERS = {"X-Requested-With": "x"}


def send(client, content: bytes = PDF):
    return client.post("/api/attachments", files={"file": ("纪要.pdf", content, "application/pdf")}, headers=HEADERS)


def test_a_document_is_kept_as_it_is_and_comes_back_as_a_download(connect) -> None:
    client = connect("planner")
    kept = send(client).json()
    assert (kept["media_type"], kept["bytes"], kept["thumbnail"]) == ("application/pdf", len(PDF), None)
    shown = client.get(kept["address"])
    assert shown.content == PDF
    assert shown.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in shown.headers["content-security-policy"]


@pytest.mark.parametrize("role", [None, "viewer"])
def test_who_may_not_record_may_not_attach(connect, role: str | None) -> None:
    answer = send(connect(role))
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_an_unknown_one_is_not_found_and_strangers_learn_nothing(connect) -> None:
    assert connect("planner").get(f"/api/attachments/{'a' * 64}").status_code == 404
    assert connect().get(f"/api/attachments/{'a' * 64}").status_code == 403


def test_no_name_leads_out_of_the_folder(connect) -> None:
    assert connect("planner").get("/api/attachments/..%2Fyzgeo.gpkg").status_code == 404
