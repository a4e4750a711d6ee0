"""Many clients at once on the real service: one wins each revision, and every process shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.servers import Server
from tests.stores import Premises
from yzgeo.workflows import grants
from yzgeo.workflows.accounts import By

LAYER = "shantytown_parcel"
ITEMS = f"/ogc/collections/{LAYER}/items"
TILE = f"/ogc/collections/{LAYER}/tiles/WebMercatorQuad/14/6064/13828"
CLIENTS = 10


@dataclass(frozen=True)
class Service:
    """Processes of the service on one district: two on a database, one on a file."""

    premises: Premises
    urls: tuple[str, ...]
    headers: dict[str, str]

    def client(self, number: int) -> httpx.Client:
        """A client of one of the processes, each in turn."""
        return httpx.Client(base_url=self.urls[number % len(self.urls)], headers=self.headers, timeout=60)

    def together(self, work: Callable[[int], list[Any]]) -> list[Any]:
        """Let every client work at the same time; give everything they bring."""
        with ThreadPoolExecutor(CLIENTS) as pool:
            return [each for brought in pool.map(work, range(CLIENTS)) for each in brought]


@pytest.fixture(scope="module")
def service(own_premises: Callable[[], Premises]) -> Iterator[Service]:
    premises = own_premises()
    with premises.workspace() as opened:
        account = opened.store.account("planner")
        assert account is not None
        token = grants.make_token(opened.store, account, label="many", days=1, by=By()).token
    servers = [Server(premises.environment) for _ in range(1 if premises.url is None else 2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Server.start, servers))
    yield Service(premises, tuple(server.url for server in servers), {"Authorization": f"Bearer {token}"})
    for server in servers:
        server.kill()


def parcel(service: Service, at: int) -> str:
    with service.premises.workspace() as opened:
        return str(opened.store.rows(LAYER).uids[at])


@pytest.mark.slow
def test_of_a_thousand_conditional_edits_one_wins_each_revision(service: Service) -> None:
    uid = parcel(service, 0)
    path, each_sends = f"{ITEMS}/{uid}", 1_000 // CLIENTS

    def edit(number: int) -> list[tuple[str, int]]:
        told = []
        with service.client(number) as client:
            tag = client.get(path).headers["etag"]
            for turn in range(each_sends):
                body = {"type": "Feature", "properties": {"name": f"{number}-{turn}"}}
                answer = client.patch(path, json=body, headers={"If-Match": tag})
                assert answer.status_code in {204, 412}, answer.text
                assert answer.status_code == 204 or answer.json()["code"] == "revision_moved"
                told.append((tag, answer.status_code))
                tag = client.get(path).headers["etag"]
        return told

    told = service.together(edit)
    won = Counter(tag for tag, status in told if status == 204)
    assert len(told) == 1_000
    assert set(won.values()) == {1}, "two won on one revision"
    assert set(won) == {tag for tag, _ in told}, "nobody won on a revision that was tried"
    assert len(won) < len(told), "they never met"
    with service.premises.workspace() as opened:
        assert len(opened.store.history(LAYER, uid)) == len(won) + 1, "a version was lost or made twice"
        opened.store.check()


@pytest.mark.slow
def test_of_events_on_one_revision_one_is_recorded(service: Service) -> None:
    uid = parcel(service, 1)
    path, rounds = f"/api/layers/{LAYER}/features/{uid}/events", 20

    def report(number: int) -> list[tuple[int, str, int]]:
        told = []
        with service.client(number) as client:
            for turn in range(rounds):
                seen = client.get(f"{ITEMS}/{uid}")
                revision = int(seen.headers["etag"].removeprefix("W/").strip('"').partition(".")[0])
                event_id = str(UUID(int=(number + 1) * 10_000 + turn))
                body = {
                    "id": event_id,
                    "kind": "measure",
                    "valid_at": f"2024-07-01T09:{revision // 60:02d}:{revision % 60:02d}+08:00",
                    "payload": {"cleared_m2": float(revision) + number / 100},
                }
                answer = client.post(path, json=body, headers={"If-Match": seen.headers["etag"]})
                assert answer.status_code in {201, 412}, answer.text
                told.append((revision, event_id, answer.status_code))
        return told

    told = service.together(report)
    won = Counter(revision for revision, _, status in told if status == 201)
    assert set(won.values()) == {1}, "two were recorded on one revision"
    assert set(won) == {revision for revision, _, _ in told}, "nobody was recorded on a revision that was tried"
    assert len(won) < len(told), "they never met"
    with service.premises.workspace() as opened:
        there = {event.id for event in opened.store.ledger.events(LAYER, uid)}
        assert {event_id for _, event_id, status in told if status == 201} <= there
        assert there.isdisjoint(event_id for _, event_id, status in told if status == 412)
        assert opened.store.ledger.verify().broken is None


def test_an_edit_shows_on_every_process_at_once(service: Service) -> None:
    """No purge, no waiting: the next request is answered with what was written, by whichever process."""
    path = f"{ITEMS}/{parcel(service, 2)}"
    clients = [service.client(number) for number in range(len(service.urls))]
    try:
        for turn in range(10):
            before = [(client.get(path).headers["etag"], client.get(TILE).headers["etag"]) for client in clients]
            assert len(set(before)) == 1, "the processes agree"
            writer = clients[turn % len(clients)]
            written = writer.patch(path, json={"type": "Feature", "properties": {"name": f"第{turn}次"}})
            assert written.status_code == 204, written.text
            for client, (item, tile) in zip(clients, before, strict=True):
                shown = client.get(path, headers={"If-None-Match": item})
                assert (shown.status_code, shown.json()["properties"]["name"]) == (200, f"第{turn}次")
                drawn = client.get(TILE, headers={"If-None-Match": tile})
                assert drawn.status_code == 200
                assert f"第{turn}次".encode() in drawn.content
    finally:
        for client in clients:
            client.close()
