"""Runs the programs in rounds: each round runs every peer once, so what disturbs the machine disturbs all of them."""

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from catalogue import Catalogue, Workload


@dataclass
class Result:
    """All that is known of one peer at one workload with so many workers."""

    peer: str
    workload: str
    parameters: str
    workers: int
    headline: bool
    metric: str = ""
    tasks: int = 0
    samples: list[float | None] = field(default_factory=list)  # None: looked for, and not found
    curve: list[dict[str, float]] = field(default_factory=list)  # what a value was read off, all rounds together
    failure: str | None = None  # "hang", "crash", or "error" for a wrong result and all else that a program reports
    message: str = ""

    @property
    def found(self) -> list[float]:
        return [sample for sample in self.samples if sample is not None]

    @property
    def has_value(self) -> bool:
        """Whether most of the samples have been found, in a program that has not failed."""
        return self.failure is None and 2 * len(self.found) > len(self.samples)

    @property
    def median(self) -> float:
        return statistics.median(self.found)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.found) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.found, n=4, method="inclusive")
        return low, high

    def as_json(self) -> dict:
        values = asdict(self)
        if self.has_value:
            values["median"], values["quartiles"] = self.median, self.quartiles
        return values


def run(
    catalogue: Catalogue, workloads: list[Workload], peers: list[str], workers: list[int], rounds: int
) -> Iterator[list[Result]]:
    """The results of one workload with one number of workers after the other."""
    for count in workers:
        for workload in workloads:
            yield run_workload(catalogue, workload, peers, count, rounds)


def run_workload(catalogue: Catalogue, workload: Workload, peers: list[str], workers: int, rounds: int) -> list[Result]:
    is_oversubscribed = workers > len(os.sched_getaffinity(0))
    env = {**os.environ, **catalogue.environment(workload, is_oversubscribed)}
    arguments = ["--workers", str(workers), "--repeats", str(catalogue.form["repeats"]), *workload.parameters.split()]
    racers = {peer: [*command, *arguments] for peer in peers if (command := catalogue.command(workload, peer))}
    # By peer, metric and point, as a program may report several. A peer that fails before it reports any has the metric
    # "".
    results: dict[tuple[str, str, str], Result] = {}

    def result_of(peer: str, metric: str, point: str = "") -> Result:
        parameters = f"{workload.parameters} {point}".strip()
        blank = Result(peer, workload.name, parameters, workers, workload.headline, metric)
        return results.setdefault((peer, metric, point), blank)

    for number in range(rounds):
        progress(f"{workload.name}, {workers} workers: round {number + 1} of {rounds}")
        for peer in rotated(list(racers), number):
            failure, message, lines = execute(racers[peer], env, catalogue.form["timeout"])
            for line in lines:
                result = result_of(peer, line["metric"], line.get("point", ""))
                result.tasks = line.get("tasks", 0)
                result.samples.append(line["value"])
                result.curve += line.get("curve", [])
            if failure:
                print(f"{peer}: {workload.name}, {workers} workers: {failure}: {message}", file=sys.stderr)
                # What it measured before is kept, but counts no more; it is not run again.
                for result in [r for r in results.values() if r.peer == peer] or [result_of(peer, "")]:
                    result.failure, result.message = failure, message
                del racers[peer]
    progress("")
    return list(results.values())


def rotated(items: list, by: int) -> Iterator:
    """Who comes first changes from round to round."""
    return (items[(i + by) % len(items)] for i in range(len(items)))


def execute(command: list, env: dict[str, str], timeout: float) -> tuple[str | None, str, list[dict]]:
    """How it failed, if it did, what it said then, and the values it reported."""
    try:
        done = subprocess.run(command, env=env, timeout=timeout, capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return "hang", f"no end after {timeout} s", []
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode < 0:
        return "crash", signal.Signals(-done.returncode).name, lines
    if done.returncode > 0:
        return "error", done.stderr.strip(), lines
    return None, "", lines


def progress(text: str) -> None:
    """One line that is written over, for those who watch."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
