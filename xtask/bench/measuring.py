"""Wall time, CPU time and peak memory of a piece of work in this process."""

import time
from pathlib import Path


def memory(field):
    """A line of the process' status in bytes, or None where there is none."""
    try:
        with open("/proc/self/status", encoding="ascii") as lines:
            found = [line for line in lines if line.startswith(field)]
        return int(found[0].split()[1]) * 1024
    except (OSError, IndexError):
        return None


def forget_peak():
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass


class Meter:
    """Wall time, CPU time and peak memory between `with` and its end."""

    def __enter__(self):
        forget_peak()
        self.before = memory("VmRSS:")
        self.cpu, self.start = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.start
        self.cost = {
            "cpu_seconds": time.process_time() - self.cpu,
            "before_bytes": self.before,
            "peak_bytes": memory("VmHWM:"),
        }


def measure_once(work):
    with Meter() as meter:
        result = work()
    return result, {"seconds": [meter.seconds], **meter.cost}


def measure_repeatedly(work, repeats):
    """Does `work` once to warm up, and then `repeats` times; gives the last result."""
    start = time.perf_counter()
    result = work()
    first = time.perf_counter() - start
    seconds = []
    with Meter() as meter:
        for _ in range(repeats):
            del result
            start = time.perf_counter()
            result = work()
            seconds.append(time.perf_counter() - start)
    return result, {"first_seconds": first, "seconds": seconds, **meter.cost}


def measure_each(work, inputs):
    """Does `work` for each of `inputs`, each timed alone."""
    seconds = []
    with Meter() as meter:
        for value in inputs:
            start = time.perf_counter()
            work(value)
            seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, **meter.cost}
