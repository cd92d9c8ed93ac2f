"""Course of a solve within an operation: what it had found at each moment."""

import math
from dataclasses import dataclass, replace

MOST_MOMENTS = 200


@dataclass(frozen=True, slots=True)
class SolveFound:
    """What a solve has found: worth of its best plan, worth that no plan can exceed, and what lacks as a share of it.

    None stands for what is not known yet.
    """

    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None

    def finite(self) -> "SolveFound":
        """Return it with what is no finite number left out: a bound that is infinite says nothing."""
        return SolveFound(*(_finite(value) for value in (self.incumbent, self.bound, self.gap)))


@dataclass(frozen=True, slots=True)
class SolveMoment:
    """What a solve had found some seconds after its stage began; as `SolveFound`."""

    elapsed_s: float
    incumbent: float | None = None
    bound: float | None = None
    gap: float | None = None


def with_moment(course: tuple[SolveMoment, ...], elapsed_s: float, found: SolveFound) -> tuple[SolveMoment, ...]:
    """Return a course with what is found now, without what says the same as the last, and thinned where it is long."""
    known = found.finite()
    moment = SolveMoment(elapsed_s, known.incumbent, known.bound, known.gap)
    if course and replace(moment, elapsed_s=course[-1].elapsed_s) == course[-1]:
        return course
    return _thinned((*course, moment))


def _thinned(course: tuple[SolveMoment, ...]) -> tuple[SolveMoment, ...]:
    """Return a course without the moment that leaves the shortest gap, where there is one too many; its ends stay."""
    if len(course) <= MOST_MOMENTS:
        return course
    gaps_s = [after.elapsed_s - before.elapsed_s for before, after in zip(course, course[2:], strict=False)]
    least = gaps_s.index(min(gaps_s)) + 1
    return (*course[:least], *course[least + 1 :])


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
