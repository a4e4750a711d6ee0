"""What an import did, or what it would do, as one value for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

from yzgeo.checks import Issue
from yzgeo.errors import RowsRejectedError
from yzgeo.store.base import Batch, Undone

Mode = Literal["upsert", "replace"]
Verdict = Literal["ok", "needs_confirmation", "refuse"]
Question = Literal["layer", "sheet", "crs", "encoding", "columns", "datum"]
SHOWN_ISSUES = 1000
SHOWN_MATCHES = 1000


class RowMatch(NamedTuple):
    """What one row of the file is to the register; ``row`` (from 1) is None for a feature that the file lacks."""

    row: int | None
    uid: str | None
    title: str | None
    status: str
    by: str | None
    changed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that reports and the API use.

        Returns
        -------
        dict
            The fields as they are.
        """
        return {**self._asdict(), "changed": list(self.changed)}


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or what it would do."""

    layer: str
    file_name: str
    verdict: Verdict
    mode: Mode
    dry_run: bool
    encoding: str | None
    crs: str | None
    crs_candidates: tuple[Mapping[str, Any], ...]
    columns: Mapping[str, str | None]
    rows_in: int
    rows_kept: int
    rejected: tuple[int, ...]
    data_status: Mapping[str, int]
    issues: tuple[Issue, ...]
    deleted: int = 0
    batch: Batch | None = None
    choices: Mapping[str, Any] = field(default_factory=dict)
    crs_reason: Mapping[str, str] = field(default_factory=dict)
    encoding_candidates: tuple[Mapping[str, Any], ...] = ()
    column_candidates: tuple[Mapping[str, Any], ...] = ()
    units: tuple[Mapping[str, Any], ...] = ()
    matching: Mapping[str, int] = field(default_factory=dict)
    matches: Sequence[RowMatch] = ()
    datum: Mapping[str, Any] | None = None
    questions: tuple[Question, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """
        Give the shape that the command line and the API use.

        Returns
        -------
        dict
            ``rows.in`` always equals ``rows.kept`` + ``rows.rejected``; at most `SHOWN_ISSUES` issues and
            `SHOWN_MATCHES` matches are listed, and ``issues_total`` and ``matching`` count them all.
        """
        return {
            "layer": self.layer,
            "file": self.file_name,
            "verdict": self.verdict,
            "questions": list(self.questions),
            "mode": self.mode,
            "dry_run": self.dry_run,
            "encoding": self.encoding,
            "encoding_candidates": [dict(one) for one in self.encoding_candidates],
            "crs": {"chosen": self.crs, "candidates": [dict(one) for one in self.crs_candidates], **self.crs_reason},
            "datum": dict(self.datum) if self.datum else None,
            "columns": dict(self.columns),
            "column_candidates": [dict(one) for one in self.column_candidates],
            "units": [dict(one) for one in self.units],
            "matching": dict(self.matching),
            "matches": [match.as_dict() for match in self.matches[:SHOWN_MATCHES]],
            "rows": {"in": self.rows_in, "kept": self.rows_kept, "rejected": len(self.rejected)},
            "rejected_rows": list(self.rejected[:SHOWN_ISSUES]),
            "data_status": dict(self.data_status),
            "deleted": self.deleted,
            "issues": [issue.as_dict() for issue in self.issues[:SHOWN_ISSUES]],
            "issues_total": len(self.issues),
            "batch": batch_as_dict(self.batch) if self.batch else None,
        }


def refusal(report: ImportReport) -> RowsRejectedError:
    """
    Make the refusal of a batch, with its report attached.

    Parameters
    ----------
    report
        Report with rejected rows.

    Returns
    -------
    RowsRejectedError
        Refusal; ``fields["report"]`` is the report as a dict.
    """
    first = next(issue for issue in report.issues if issue.level == "error")
    error = RowsRejectedError(
        rejected=len(report.rejected),
        layer=report.layer,
        first=f"{first.where}：{first.zh}",
        first_en=f"{first.where}: {first.en}",
    )
    error.fields["report"] = report.as_dict()
    return error


def batch_as_dict(batch: Batch) -> dict[str, Any]:
    """
    Give a batch in plain values.

    Parameters
    ----------
    batch
        One write.

    Returns
    -------
    dict
        Its fields; the time as ISO 8601 text.
    """
    plain = asdict(batch)
    plain["recorded_at"] = batch.recorded_at.isoformat()
    plain["choices"] = dict(batch.choices)
    return plain


def undone_as_dict(undone: Undone) -> dict[str, Any]:
    """
    Give what an undo did in plain values.

    Parameters
    ----------
    undone
        What the store did.

    Returns
    -------
    dict
        ``undone`` with counts, and ``later_edits``: what was left as it is.
    """
    return {
        "undone": {
            "restored": len(undone.restored),
            "removed": len(undone.removed),
            "brought_back": len(undone.brought_back),
        },
        "later_edits": [
            {
                "uid": edit.uid,
                "revision": edit.revision,
                "at": edit.recorded_at.isoformat(),
                "actor": edit.actor,
                "kept": True,
            }
            for edit in undone.later
        ],
    }
