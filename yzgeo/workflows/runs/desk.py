"""The desk of runs: asks, remembers what was asked before, works in the background, and takes up what another left."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from yzgeo.access import Role, may_see, may_write
from yzgeo.catalogue import Catalogue
from yzgeo.checks import Progress, silent
from yzgeo.coverage import Circle, circle, load_circles, load_sources
from yzgeo.errors import (
    ForbiddenError,
    ParameterError,
    RunUnfinishedError,
    RunUnknownError,
    YzgeoError,
    leaves,
)
from yzgeo.store.base import Store

from .covering import Answer, cover
from .graphs import Memory
from .inputs import Inputs, Register
from .parameters import Analysis
from .preparing import Prepared, Preparer
from .scenarios import Scenario, Scenarios
from .shelf import GOING, Shelf, largest_difference, now_text, result_hash
from .siting import propose
from .summaries import share, summarise

_LISTED = 500
_DRAWINGS_KEPT = 12
_LONGEST_S = 1200.0
_LOG = logging.getLogger("yzgeo.runs")
_UNEXPECTED = {"code": "unexpected", "detail": "出现意外错误。", "detail_en": "Something unexpected happened."}


class DismissedError(Exception):
    """Somebody asked a run to stop."""


class RunDesk:
    """
    Runs of one workspace. Their state is on disk, so that any process can tell it.

    Parameters
    ----------
    store
        The register.
    folder
        The workspace.
    workers
        How many runs this process works on at once.
    """

    def __init__(self, store: Store, folder: Path, *, workers: int = 1) -> None:
        self.store, self.folder = store, folder
        self.sources = load_sources(store.catalogue)
        self.circles: Mapping[str, Circle] = load_circles(store.catalogue)
        self.register = Register(store, folder, self.sources)
        self.scenarios = Scenarios(store, folder, self.sources)
        self.preparer = Preparer(self.register, self.circles, self.scenarios)
        self.shelf = Shelf(folder)
        self.drawings: Memory[Any] = Memory(_DRAWINGS_KEPT)
        self.drawing = threading.Lock()
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._going: dict[str, Future[None]] = {}
        self._lock = threading.Lock()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue of the register."""
        return self.store.catalogue

    def close(self) -> None:
        """Stop taking work; what is running is asked to stop."""
        with self._lock:
            pool, self._pool = self._pool, None
            going = list(self._going)
        for run_id in going:
            self.shelf.flag(run_id)
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def start(
        self, analysis: Analysis, parameters: Mapping[str, Any], *, actor: str, role: Role
    ) -> tuple[dict[str, Any], bool]:
        """
        Ask a question in the background; one that was answered before is answered from what is kept.

        Parameters
        ----------
        analysis
            ``coverage`` or ``siting``.
        parameters
            Parameters by name.
        actor, role
            Who asks; anybody who is signed in.

        Returns
        -------
        dict
            The run.
        bool
            Whether it is new.

        Raises
        ------
        ForbiddenError
            If nobody is signed in.
        YzgeoError
            As `prepare`.
        """
        self.require_asker(role)
        prepared = self.preparer.prepare(analysis, parameters, actor=actor, role=role)
        kept = self._kept(prepared.id)
        if kept is not None:
            return kept, False
        self.shelf.write(prepared.document)
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="yzgeo-run")
            future = self._pool.submit(self._work, prepared, silent)
            self._going[prepared.id] = future
        future.add_done_callback(lambda _: self._going.pop(prepared.id, None))
        return prepared.document, True

    def ask(
        self,
        analysis: Analysis,
        parameters: Mapping[str, Any],
        *,
        actor: str = "",
        role: Role = "admin",
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """
        Ask a question and wait for the answer.

        Parameters
        ----------
        analysis
            ``coverage`` or ``siting``.
        parameters
            Parameters by name.
        actor, role
            Who asks.
        progress
            Told what is being done.

        Returns
        -------
        dict
            The run, done.

        Raises
        ------
        YzgeoError
            Whatever is wrong with the question or its data.
        """
        prepared = self.preparer.prepare(analysis, parameters, actor=actor, role=role)
        kept = self._kept(prepared.id)
        if kept is not None and kept["state"] == "done":
            return kept
        if kept is None:
            self.shelf.write(prepared.document)
            self._work(prepared, progress, strict=True)
        return self.finished(prepared.id)

    @staticmethod
    def require_asker(role: Role) -> None:
        """
        Refuse those who may read results and not ask for new ones, or work on scenarios.

        Parameters
        ----------
        role
            Who asks.

        Raises
        ------
        ForbiddenError
            If nobody is signed in.
        """
        if role == "anonymous":
            raise ForbiddenError

    def accept(self, scenario_id: str, run_id: str, *, actor: str, role: Role) -> Scenario:
        """
        Take the proposal of a siting run into a scenario.

        Parameters
        ----------
        scenario_id
            The scenario.
        run_id
            The run.
        actor, role
            Who does it.

        Returns
        -------
        Scenario
            As it is kept now.

        Raises
        ------
        ParameterError
            If the run proposes nothing.
        YzgeoError
            As `get`, and as `Scenarios.change`.
        """
        run, known = self.finished(run_id, role), self.scenarios.get(scenario_id, role)
        facilities = self.shelf.table(run_id, "facilities")
        changes = [one.model_dump(mode="json") for one in known.changes]
        proposed = [] if facilities is None else facilities.loc[facilities["proposed"]].to_dict("records")
        if run["analysis"] != "siting" or not proposed:
            raise ParameterError(name="run", reason_zh="它没有提出新的地点", reason_en="it proposes no new site")
        for site in proposed:
            rule = circle(self.circles, site["circle"]).facilities[0]
            properties = {field: values[0] for field, values in rule.where.items()}
            change: dict[str, Any] = {
                "kind": "reuse_parcel",
                "uid": site["uid"],
                "layer": site["layer"],
                "as_layer": rule.layer,
                "properties": properties,
            }
            if change not in changes:
                changes.append(change)
        return self.scenarios.change(scenario_id, actor=actor, role=role, changes=changes, version=known.version)

    def wait(self, run_id: str, seconds: float) -> dict[str, Any]:
        """
        Give a run a moment to finish.

        Parameters
        ----------
        run_id
            Its id.
        seconds
            Longest wait.

        Returns
        -------
        dict
            The run as it is then.
        """
        until = time.monotonic() + seconds
        while True:
            found = self._read(run_id)
            if found is None:
                raise RunUnknownError(run=run_id)
            if found["state"] not in GOING or time.monotonic() >= until:
                return found
            time.sleep(0.02)

    def get(self, run_id: str, role: Role) -> dict[str, Any]:
        """
        Look a run up.

        Parameters
        ----------
        run_id
            Its id.
        role
            Who asks.

        Returns
        -------
        dict
            The run.

        Raises
        ------
        RunUnknownError
            If there is none, or it was made of layers that this role may not see.
        """
        found = self._read(run_id)
        if found is None or not may_see(role, found["access"]):
            raise RunUnknownError(run=run_id)
        return found

    def finished(self, run_id: str, role: Role = "admin") -> dict[str, Any]:
        """
        Look a run up that has results.

        Parameters
        ----------
        run_id
            Its id.
        role
            Who asks.

        Returns
        -------
        dict
            The run.

        Raises
        ------
        RunUnknownError
            As `get`.
        RunUnfinishedError
            If there are no results.
        """
        found = self.get(run_id, role)
        if found["state"] != "done":
            raise RunUnfinishedError(run=run_id, state=found["state"])
        return found

    def listed(
        self,
        role: Role,
        *,
        analysis: str | None = None,
        wanted: Callable[[Mapping[str, Any]], bool] | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """
        List runs.

        Parameters
        ----------
        role
            Who asks.
        analysis
            Only these.
        wanted
            Tells which of them.
        limit
            Most runs wanted.

        Returns
        -------
        list of dict
            The newest first.
        """
        found = [self._read(run_id) for run_id in self.shelf.ids()]
        seen = [
            one
            for one in found
            if one is not None
            and may_see(role, one["access"])
            and analysis in {None, one["analysis"]}
            and (wanted is None or wanted(one))
        ]
        return sorted(seen, key=lambda one: (one["created_at"], one["id"]), reverse=True)[: min(limit, _LISTED)]

    def dismiss(self, run_id: str, *, actor: str, role: Role) -> dict[str, Any]:
        """
        Stop a run, or delete one that is over.

        Parameters
        ----------
        run_id
            Its id.
        actor, role
            Who does it: the one who asked, or a planner, the bureau or an administrator.

        Returns
        -------
        dict
            The run, dismissed.

        Raises
        ------
        RunUnknownError
            As `get`.
        ForbiddenError
            If it is someone else's.
        """
        found = self.get(run_id, role)
        if role == "anonymous" or (found["actor"] != actor and not may_write(role)):
            raise ForbiddenError
        if found["state"] in GOING:
            self.shelf.flag(run_id)
            with self._lock:
                future = self._going.get(run_id)
            if future is None or not future.cancel():
                return {**self.wait(run_id, 2.0), "state": "dismissed"}
        self.shelf.drop(run_id)
        return {**found, "state": "dismissed", "finished_at": found["finished_at"] or now_text()}

    def recompute(self, run_id: str, role: Role = "admin", *, progress: Progress = silent) -> dict[str, Any]:
        """
        Ask again what a run asked, of the layers as they were, and compare every digit.

        Parameters
        ----------
        run_id
            Its id.
        role
            Who asks.
        progress
            Told what is being done.

        Returns
        -------
        dict
            ``same``, ``largest_difference_m``, ``inputs_changed`` (layers that no longer are what they were) and both
            hashes.
        """
        kept = self.finished(run_id, role)
        prepared = self.preparer.prepare(
            kept["analysis"], kept["parameters"], actor=kept["actor"], role=role, then=kept
        )
        answer = self._answer(prepared, progress)
        now, then = prepared.document["inputs"], kept["inputs"]
        known = self.shelf.table(run_id, "demand")
        digest = result_hash(answer.tables)
        return {
            "id": run_id,
            "same": digest == kept["result_sha256"],
            "result_sha256": kept["result_sha256"],
            "recomputed_sha256": digest,
            "inputs_changed": sorted(
                name for name in {*now, *then} if now.get(name, {}).get("sha256") != then.get(name, {}).get("sha256")
            ),
            "largest_difference_m": largest_difference(known, answer.tables["demand"]),
            "versions": {"then": kept["versions"], "now": prepared.document["versions"]},
        }

    def inputs_of(self, run: Mapping[str, Any]) -> Inputs:
        """
        Read again what a run read, for routes and reach.

        Parameters
        ----------
        run
            The run.

        Returns
        -------
        Inputs
            At the revisions of then.
        """
        return self.preparer.prepare(
            run["analysis"], run["parameters"], actor=run["actor"], role="admin", then=run
        ).inputs

    def names(self) -> dict[str, dict[str, str]]:
        """
        Read the names behind codes of units.

        Returns
        -------
        dict
            Code to name, by column.
        """
        found: dict[str, dict[str, str]] = {}
        for column, layer_id in self.sources.units.items():
            spec = self.catalogue.layer(layer_id).spec
            frame = self.register.state(layer_id).frame
            known = frame[[spec.key, spec.label_field]].dropna().astype(str)
            found[column] = dict(zip(known[spec.key], known[spec.label_field], strict=True))
        return found

    def _kept(self, run_id: str) -> dict[str, Any] | None:
        """Give a run that is done or going on; what failed or was dismissed is tried again."""
        found = self._read(run_id)
        return None if found is None or found["state"] in {"failed", "dismissed"} else found

    def _read(self, run_id: str) -> dict[str, Any] | None:
        return self.shelf.read(run_id, mine=run_id in self._going)

    def _work(self, prepared: Prepared, progress: Progress, *, strict: bool = False) -> None:
        with self.shelf.held(prepared.id) as mine:
            if not mine:  # another process is at it
                if strict:
                    self.wait(prepared.id, _LONGEST_S)
                return
            document = {**prepared.document, "state": "running", "started_at": now_text()}
            try:
                answer = self._answer(prepared, self._telling(document, progress))
                self.shelf.keep(prepared.id, answer.tables)
                done = {
                    "state": "done",
                    "progress": {"done": 100, "total": 100, "step": "完成"},
                    "summary": self._summary(answer),
                    "result_sha256": result_hash(answer.tables),
                }
            except DismissedError:
                done = {"state": "dismissed"}
            except YzgeoError as error:
                self.shelf.write(
                    {**document, "state": "failed", "problem": problem_of(error), "finished_at": now_text()}
                )
                if strict:
                    raise
                return
            except Exception:
                self.shelf.write({**document, "state": "failed", "problem": _UNEXPECTED, "finished_at": now_text()})
                _LOG.exception("run %s failed", prepared.id)
                raise
            self.shelf.write({**document, **done, "finished_at": now_text()})

    def _answer(self, prepared: Prepared, tell: Progress) -> Answer:
        work: Callable[..., Answer] = cover if prepared.analysis == "coverage" else propose
        return work(prepared.inputs, prepared.circle, self.circles, tell)

    def _summary(self, answer: Answer) -> dict[str, Any]:
        summary = summarise(answer.tables, names=self.names()) | answer.summary
        if "before" in answer.tables:
            before = answer.tables["before"]
            summary["before"] = {weight: share(before, weight) for weight in ("people", "dwellings", "buildings")}
        return summary

    def _telling(self, document: dict[str, Any], progress: Progress) -> Progress:
        def tell(step: str, fraction: float) -> None:
            if self.shelf.flagged(document["id"]):
                raise DismissedError
            document["progress"] = {"done": round(100 * fraction), "total": 100, "step": step}
            self.shelf.write(document)
            progress(step, fraction)

        return tell


def problem_of(error: YzgeoError) -> dict[str, Any]:
    """
    Tell a refusal in the words that a run keeps.

    Parameters
    ----------
    error
        The refusal.

    Returns
    -------
    dict
        ``code``, ``detail`` and ``remedy`` in both languages, and the refusal's own facts.
    """
    return {
        "fields": {name: str(value) for name, value in error.fields.items()},
        "code": error.code,
        "detail": error.message("zh"),
        "detail_en": error.message("en"),
        "remedy": error.remedy("zh"),
        "remedy_en": error.remedy("en"),
    }


def refusal_of(run: Mapping[str, Any]) -> YzgeoError | None:
    """
    Make the refusal again that a run failed with.

    Parameters
    ----------
    run
        A run.

    Returns
    -------
    YzgeoError or None
        The refusal; None where there was none, or the program itself was at fault.
    """
    problem = run["problem"] or {}
    kinds = {kind.code: kind for kind in leaves()}
    known = kinds.get(problem.get("code", ""))
    fields = problem.get("fields", {})
    return None if known is None or not known.placeholders() <= set(fields) else known(**fields)
