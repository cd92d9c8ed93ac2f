"""Watch of an event loop: how long something held it, so that nothing else could go on meanwhile."""

import asyncio
import gc
import sys
import time
from dataclasses import dataclass
from typing import Any

import structlog

from malapert_core.metric_names import EVENT_LOOP_HOLD_S

log = structlog.get_logger(__name__)

MOST_HELD_S = 0.05
"""Hold of an event loop beyond which it is written into the log, seconds: no input may bring about a longer one."""
SWITCH_INTERVAL_S = 0.0005
"""Longest time for which a thread that computes keeps the interpreter to itself while an event loop waits for it."""
_OLDEST = 2
_MANY_MODULES = 20


def spare_what_is_loaded() -> None:
    """Take what a process has loaded when it begins to serve out of what the garbage collector looks through.

    Code, models and schemas live as long as their process: a full collection over them took 0.14 s of CPU in the
    planner and 0.2 s in the gateway, in which nothing else went on.
    What is loaded later, at the first use of something, is taken out before the collector would look through it.
    """
    gc.collect()
    gc.freeze()
    spare = next((each for each in gc.callbacks if isinstance(each, _SpareLoadedLater)), None)
    if spare is None:
        gc.callbacks.append(_SpareLoadedLater(len(sys.modules)))
    else:
        spare.known_modules = len(sys.modules)


def let_loop_in() -> None:
    """Have threads that compute hand over the interpreter soon once the event loop has something to do.

    A call wakes a loop and the threads of its database some twenty times, and of Python's usual 5 ms each wake may
    cost the whole: a tenth of a second a call while another's requests are checked.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)


@dataclass(slots=True)
class _SpareLoadedLater:
    """Takes out what there is before a full collection where many modules were loaded since the last time.

    Garbage that is taken out with it is never freed, so it is done for modules alone, of which there is an end.
    """

    known_modules: int

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        is_due = phase == "start" and info["generation"] == _OLDEST
        if is_due and len(sys.modules) >= self.known_modules + _MANY_MODULES:
            self.known_modules = len(sys.modules)
            gc.freeze()


@dataclass(slots=True)
class _Collections:
    """CPU time that full collections took, seconds, in whatever thread: no other Python goes on meanwhile."""

    took_s: float = 0.0
    began_s: float = 0.0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] != _OLDEST:
            return
        if phase == "start":
            self.began_s = time.thread_time()
        else:
            self.took_s += time.thread_time() - self.began_s


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold of an event loop: how long it lasted, and the CPU time of its thread and of its process meanwhile.

    A machine that is busy with other programs makes a hold longer, but gives it no CPU time. ``collecting_s`` is the
    CPU time of full collections of garbage in it.
    """

    duration_s: float = 0.0
    thread_cpu_s: float = 0.0
    process_cpu_s: float = 0.0
    collecting_s: float = 0.0


class LoopWatch:
    """Measures holds by a beat: a beat that comes late was kept waiting.

    Parameters
    ----------
    service_name : str
        Name under which holds are counted.
    interval_s : float
        Time between beats, seconds: a hold is told by at most so much too short.
    """

    def __init__(self, service_name: str, *, interval_s: float = 0.02) -> None:
        self._service_name = service_name
        self._interval_s = interval_s
        self._collections = _Collections()
        self.longest = Hold()
        self.longest_by_cpu = Hold()

    def forget(self) -> None:
        """Begin anew, as before a measurement."""
        self.longest = self.longest_by_cpu = Hold()

    async def run(self) -> None:
        """Watch the running loop until cancelled."""
        metric = EVENT_LOOP_HOLD_S.labels(self._service_name)
        gc.callbacks.append(self._collections)
        try:
            while True:
                began = self._times()
                await asyncio.sleep(self._interval_s)
                wall_s, *cpu_s = (now - then for now, then in zip(self._times(), began, strict=True))
                hold = Hold(max(wall_s - self._interval_s, 0.0), *cpu_s)
                metric.observe(hold.duration_s)
                self._note(hold)
        finally:
            gc.callbacks.remove(self._collections)

    def _times(self) -> tuple[float, float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time(), self._collections.took_s

    def _note(self, hold: Hold) -> None:
        self.longest = max(self.longest, hold, key=lambda each: each.duration_s)
        self.longest_by_cpu = max(self.longest_by_cpu, hold, key=lambda each: min(each.duration_s, each.thread_cpu_s))
        # Without CPU time of the process it was the machine that was busy with others.
        if hold.duration_s > MOST_HELD_S and hold.process_cpu_s > MOST_HELD_S / 2:
            log.warning(
                "the event loop was held",
                duration_s=round(hold.duration_s, 4),
                thread_cpu_s=round(hold.thread_cpu_s, 4),
                process_cpu_s=round(hold.process_cpu_s, 4),
                collecting_s=round(hold.collecting_s, 4),
            )
