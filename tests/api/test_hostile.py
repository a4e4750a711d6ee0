"""What is sent to hurt: every answer is a refusal in the one shape, soon, and nothing is stored that cannot be read."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from api.main import create_app
from tests.api.conftest import Client

SITES = "/ogc/collections/fitness_site/items"
PARCELS = "/ogc/collections/shantytown_parcel/items"
STORY = "/api/layers/shantytown_parcel/features/{uid}/events"
POINT = '{"type":"Point","coordinates":[123.85,42.29]}'
OURS = {"X-Requested-With": "test", "content-type": "application/json"}
HALF = "\\ud800"  # half of a character, which JSON can spell and UTF-8 cannot
LONG = "123456789012345678901234567890"


def site(*, code: str = '"N1"', geometry: str = POINT, more: str = "") -> str:
    fields = f'"code":{code},"name":"x","kind":"square","source":"t"{more}'
    return f'{{"type":"Feature","geometry":{geometry},"properties":{{{fields}}}}}'


def entry(
    payload: str = '{"text":"a"}', *, kind: str = "note", at: str = "2024-01-01T00:00:00Z", more: str = ""
) -> str:
    return f'{{"id":"{uuid4()}","kind":"{kind}","valid_at":"{at}","payload":{payload}{more}}}'


def point(*numbers: str) -> str:
    return f'{{"type":"Point","coordinates":[{",".join(numbers)}]}}'


FEATURES = [
    site(geometry=point(LONG, "42.29")),
    site(geometry=point("1e400", "42.29")),
    site(geometry=point("NaN", "42.29")),
    site(geometry=point('"a"', '"b"')),
    site(geometry=point()),
    site(geometry=point("999", "999")),
    site(geometry=point("[[[[1]]]]")),
    site(geometry='{"type":"GeometryCollection","geometries":[]}'),
    site(geometry='{"type":"Nope"}'),
    site(geometry=f'{{"type":"{HALF}"}}'),
    site(code=f'"{HALF}"'),
    site(code=LONG * 20),
    site(code=f'"{"x" * 1_000_000}"'),
    site(more=f',"name":"{HALF}"'),
    site(more=f',"{HALF}":1'),
    site(more=',"area_m2":NaN'),
    site(more=',"area_m2":1e400'),
    site(more=f',"area_m2":-{LONG}'),
    '{"type":"Feature","properties":' + '{"a":' * 3000 + "1" + "}" * 3001,
    "[" * 100_000,
    "",
    "nothing",
]
ENTRIES = [
    entry(f'{{"text":"{HALF}"}}'),
    entry(f'{{"{HALF}":"a"}}'),
    entry(f'{{"text":{LONG}}}'),
    entry('{"text":' + "[" * 900 + "]" * 900 + "}"),
    entry(at="0001-01-01T00:00:00+14:00"),
    entry(at="9999-12-31T23:59:59-14:00"),
    entry(more=f',"base_revision":{LONG}'),
    entry(more=',"place":{"lon":1e400,"lat":1}'),
    entry(more=',"place":{"lon":1,"lat":1,"accuracy_m":1e400}'),
    entry('{"measures":{"households_signed":1e308}}', kind="measure"),
    entry(f'{{"measures":{{"households_signed":{LONG}}}}}', kind="measure"),
]
OTHERS = [
    ("/api/auth/login", f'{{"name":"{HALF}","password":"{HALF}"}}'),
    ("/api/scenarios", f'{{"title":"{HALF}"}}'),
    ("/api/runs", f'{{"analysis":"coverage","parameters":{{"circle":"{HALF}"}}}}'),
    ("/ogc/processes/coverage/execution", f'{{"inputs":{{"circle":"{HALF}"}}}}'),
    ("/ogc/processes/coverage/execution", '{"inputs":{"circle":1e400}}'),
    ("/api/sync", f'{{"{HALF}":[]}}'),
]
QUESTIONS = [
    "/api/progress?at=0001-01-01",
    "/api/targets?at=9999-12-31",
    "/api/progress/changes?from=0001-01-01&to=9999-12-31",
    "/api/progress/curve?layer=shantytown_parcel&from=0001-01-01&to=9999-12-31",
    f"{PARCELS}?datetime=0001-01-01",
    f"{PARCELS}?datetime=2024-06-30/2024-01-01",
    f"{PARCELS}?bbox=nan,42,124,43",
    f"{PARCELS}?bbox=1e308,1,1e309,2",
    f"{PARCELS}?bbox=-1e308,-1e308,1e308,1e308&bbox-crs=EPSG:4529",
    f"{PARCELS}?area_m2=nan",
    f"{PARCELS}?households={LONG}",
    f"{PARCELS}?filter=area_m2=1e999",
    f"{PARCELS}?filter=name IN ({','.join(['1'] * 9000)})",
    f"{PARCELS}?filter={'(' * 200}code='a'{')' * 200}",
    f"{PARCELS}?filter=s_intersects(geometry,POLYGON((0 0,1 1)))",
    f"{PARCELS}?filter=s_intersects(geometry,POINT(nan 1))",
    f"{PARCELS}?filter=s_intersects(geometry,POINT EMPTY)",
    f'{PARCELS}?filter-lang=cql2-json&filter={{"op":"s_within","args":[{{"property":"geometry"}}]}}',
    f'{PARCELS}?filter-lang=cql2-json&filter={{"op":"and","args":[]}}',
    f'{PARCELS}?filter-lang=cql2-json&filter={{"op":"in","args":[{{"property":"code"}},"abc"]}}',
    f"{PARCELS}?sortby=-",
    "/ogc/collections/shantytown_parcel/tiles/WebMercatorQuad/10/378/864?datetime=0001-01-01",
    "/ogc/tiles/WebMercatorQuad/10/378/864?datetime=9999-12-31",
    "/ogc/styles/district?datetime=0001-01-01",
]
STRANGE = [
    "/ogc/collections/%ED%A0%80/items",
    "/ogc/collections/shantytown_parcel/items/%ED%A0%80",
    "/ogc/collections/shantytown_parcel/items/a%00b",
    "/api/events/%00",
    "/api/layers/%00/download",
    "/ogc/processes/%00",
]


def wrong(answer: Any, *statuses: int) -> str:
    """Say what is wrong with a refusal; nothing if all is well."""
    if answer.status_code not in statuses:
        return f"{answer.status_code}: {answer.text[:200]}"
    told = json.loads(answer.content)
    shaped = answer.headers["content-type"] == "application/problem+json" and told["detail"] and told["detail_en"]
    return "" if shaped and told["code"] != "unexpected" else str(told)


def test_no_question_and_no_body_hurts(client, connect, workspace) -> None:
    """One application for all of them: a connection, a transaction or a thread that one leaves behind would show."""
    chief, started = connect("admin"), time.perf_counter()
    uid = workspace.store.rows("shantytown_parcel").uids[0]
    before = list(workspace.store.ledger.events("shantytown_parcel", uid))
    found: dict[str, str] = {}
    for body in FEATURES:
        found[f"POST {body[:300]}"] = wrong(chief.post(SITES, content=body, headers=OURS), 400, 422)
        answer = chief.request("PATCH", f"{PARCELS}/{uid}", content=body, headers=OURS)
        found[f"PATCH {body[:300]}"] = wrong(answer, 400, 422)
    for body in ENTRIES:
        found[body] = wrong(chief.post(STORY.format(uid=uid), content=body, headers=OURS), 422)
    for path, body in OTHERS:
        found[f"{path} {body}"] = wrong(chief.post(path, content=body, headers=OURS), 400, 401, 422)
    for path in QUESTIONS:
        found[path[:200]] = wrong(chief.get(path), 400)
    for path in STRANGE:
        found[path] = wrong(client.get(path), 404)
    tus = {**OURS, "Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": b"filename \xff"}
    found["tus"] = wrong(chief.post("/api/uploads", headers=tus), 400)
    for record in (f'{{"id":"{HALF}"}}', f'{{"id":"{uuid4()}","{HALF}":1}}'):  # each has an answer of its own
        answer = chief.post("/api/sync", content=f'{{"events":[{record}]}}', headers=OURS)
        assert [each["outcome"] for each in answer.json()["answers"]] == ["refused"]
    taken_s = time.perf_counter() - started
    assert {sent: told for sent, told in found.items() if told} == {}
    assert workspace.store.count("fitness_site") == 2
    assert list(workspace.store.ledger.events("shantytown_parcel", uid)) == before
    assert chief.get("/api/progress").status_code == 200
    assert taken_s < 60, "some ninety refusals, none of which computes anything"


def document() -> dict[str, Any]:
    """The description of the service."""
    described: dict[str, Any] = json.loads((Path(__file__).parents[2] / "api" / "openapi.json").read_text("utf-8"))
    return described


CHANGING = [
    (method.upper(), path)
    for path, methods in document()["paths"].items()
    for method, told in methods.items()
    if method in {"post", "put", "patch"} and ("requestBody" in told or path.startswith("/api/uploads"))
]
PART = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
PLACES = {"layer_id": "fitness_site", "process_id": "coverage", "name": "viewer"}


def test_a_body_that_is_too_large_is_refused_everywhere_before_it_is_read(workspace, settings) -> None:
    """Declared, it is not read at all; in chunks without a length, no further than the limit."""
    small = settings.model_copy(update={"max_body_mib": 1, "max_attachment_mib": 1, "max_import_mib": 1})
    chief, read = Client(create_app(small, workspace.store)), 0

    async def pieces(first: bytes) -> AsyncIterator[bytes]:
        nonlocal read
        yield first
        for _ in range(64):
            read += 1 << 16
            yield b" " * (1 << 16)

    assert chief.sign_in("admin").status_code == 200
    found: dict[str, str] = {}
    assert len(CHANGING) > 15
    for method, path in CHANGING:
        address = re.sub(r"\{(\w+)\}", lambda name: PLACES.get(name[1], str(uuid4())), path)
        kind = "application/offset+octet-stream" if "uploads" in path else "application/json"
        headers = {**OURS, "content-type": kind, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Length": "9"}
        if "attachments" in path or path.endswith(("imports", "unsent")):
            headers["content-type"] = "multipart/form-data; boundary=x"
        declared = chief.request(method, address, content=b" ", headers={**headers, "content-length": str(1 << 40)})
        found[f"{method} {path}, declared"] = wrong(declared, 413)
        if path.startswith("/api/uploads"):
            continue  # pieces go straight to the disk, up to the length told at the beginning
        read = 0
        found[f"{method} {path}, in chunks"] = wrong(
            chief.request(
                method,
                address,
                content=pieces(PART if "multipart" in headers["content-type"] else b""),
                headers=headers,
            ),
            413,
        )
        assert read < 3 << 20
    chief.close()
    assert {sent: told for sent, told in found.items() if told} == {}


def test_what_nobody_knows_is_refused_on_every_page_of_the_ogc(connect) -> None:
    """A misspelt parameter must not look like an empty result; the description lists every page, new ones too."""
    chief, found = connect("admin"), {}
    numbers = {**PLACES, "z": "14", "row": "6050", "col": "13832"}
    for path, methods in document()["paths"].items():
        if path.startswith("/ogc") and "get" in methods:
            address = re.sub(r"\{(\w+)\}", lambda name: numbers.get(name[1], str(uuid4())), path)
            found[path] = wrong(chief.get(f"{address}?bboxx=1"), 400)
    assert len(found) > 20
    assert {path: told for path, told in found.items() if told} == {}
