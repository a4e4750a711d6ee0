"""A thin front of HiGHS: one mixed-integer programme in, its solution with bound and gap out."""

from __future__ import annotations

import time
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from yzgeo.errors import SitingError, SitingTimeError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Solution:
    """Values of the variables; ``bound`` is proven, ``gap`` is relative, ``optimal`` means the gap is closed."""

    values: Floats
    objective: float
    bound: float
    gap: float
    optimal: bool
    seconds: float


class _QuietHighs(highspy.Highs):
    """HiGHS greets the terminal on its first breath, which would spoil a program's own output."""

    def enableCallbacks(self) -> None:  # noqa: N802
        self.silent()
        super().enableCallbacks()  # type: ignore[no-untyped-call]


class Model:
    """A minimisation that grows row by row and is solved again from where it stood."""

    def __init__(self, cost: Floats, *, lower: Floats, upper: Floats, whole: NDArray[np.bool_]) -> None:
        self._highs = _QuietHighs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("random_seed", 0), ("threads", 1), ("mip_rel_gap", 0.0)):
            self._highs.setOptionValue(option, value)
        self._whole = np.flatnonzero(whole).astype(np.int32)
        count = len(cost)
        empty = np.empty(0)
        self._highs.addCols(
            count, cost, lower, upper, 0, np.zeros(count, dtype=np.int32), empty.astype(np.int32), empty
        )

    def add_rows(self, matrix: csr_matrix, *, lower: Floats, upper: Floats) -> None:
        """
        Add constraints.

        Parameters
        ----------
        matrix
            Coefficients, one row per constraint.
        lower, upper
            Bounds of each row; infinite where there is none.
        """
        self._highs.addRows(
            matrix.shape[0],
            np.asarray(lower, dtype=float),
            np.asarray(upper, dtype=float),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data.astype(float),
        )

    def fix(self, columns: NDArray[np.int64], value: float) -> None:
        """
        Fix variables.

        Parameters
        ----------
        columns
            Their positions.
        value
            Their value.
        """
        values = np.full(len(columns), value)
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), values, values)

    def relaxed(self, *, until: float) -> tuple[float, Floats, Floats]:
        """
        Solve without the demand for whole numbers.

        Parameters
        ----------
        until
            Reading of `time.monotonic` at which to give up.

        Returns
        -------
        float
            Optimum, a bound for the whole-number problem.
        numpy.ndarray
            Values.
        numpy.ndarray
            Reduced costs.

        Raises
        ------
        SitingError
            If there is no solution, or no time.
        """
        kind = np.full(len(self._whole), int(highspy.HighsVarType.kContinuous), dtype=np.uint8)
        self._highs.changeColsIntegrality(len(self._whole), self._whole, kind)
        self._run(until)
        solution = self._highs.getSolution()
        return float(self._highs.getObjectiveValue()), np.array(solution.col_value), np.array(solution.col_dual)

    def solve(self, *, until: float, start: Floats | None = None) -> Solution:
        """
        Solve with whole numbers.

        Parameters
        ----------
        until
            Reading of `time.monotonic` at which to stop with the best found.
        start
            A feasible solution to begin with.

        Returns
        -------
        Solution
            The best found, with its proven gap.

        Raises
        ------
        SitingError
            If there is no solution, or none was found in time.
        """
        kind = np.full(len(self._whole), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        self._highs.changeColsIntegrality(len(self._whole), self._whole, kind)
        if start is not None:
            columns = np.arange(len(start), dtype=np.int32)
            self._highs.setSolution(len(start), columns, start)
        begin = time.monotonic()
        self._run(until)
        info = self._highs.getInfo()
        objective, bound = float(info.objective_function_value), float(info.mip_dual_bound)
        gap = 0.0 if objective == bound else abs(objective - bound) / max(abs(objective), 1e-9)
        return Solution(
            values=np.array(self._highs.getSolution().col_value),
            objective=objective,
            bound=bound,
            gap=gap,
            optimal=self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal,
            seconds=time.monotonic() - begin,
        )

    def _run(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise SitingTimeError
        # HiGHS counts the seconds of all its runs together.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            raise SitingError(
                reason_zh="在给定的数量、预算和容量下没有可行的方案",
                reason_en="no choice meets the number, the budget and the capacities",
            )
        if not self._highs.getSolution().value_valid:
            raise SitingTimeError
