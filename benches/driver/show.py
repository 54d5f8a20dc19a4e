"""The tables: a row for each workload, a column for each peer, and how the subject stands to the best of the others."""

from collections.abc import Iterator
from itertools import groupby

from tabulate import tabulate

from catalogue import Catalogue, Mark
from rounds import Result

MORE_IS_BETTER = {"gflops"}


def tables(results: list[Result], catalogue: Catalogue, peers: list[str]) -> Iterator[str]:
    """One table for each metric and number of workers."""
    measured = sorted({(result.metric, result.workers) for result in results if result.metric})
    for metric, workers in measured:
        # What failed before it measured anything has no metric, and stands beside the others of its workload.
        names = {result.workload for result in results if result.metric == metric}
        rows = [r for r in results if r.workers == workers and r.workload in names and r.metric in (metric, "")]
        yield table(rows, catalogue, [peer for peer in peers if any(r.peer == peer for r in rows)], metric, workers)


def table(results: list[Result], catalogue: Catalogue, peers: list[str], metric: str, workers: int) -> str:
    notes: dict[str, str] = {}
    rows = []
    for (name, parameters), group in groupby(results, key=lambda r: (r.workload, r.parameters)):
        of_peer = {result.peer: result for result in group}
        row = [name, parameters.replace("--", "")]
        for peer in peers:
            marks = catalogue.marks_of(peer, name, workers) if peer in of_peer else []
            notes.update({mark.sign: mark.note for mark in marks})
            row.append(cell(of_peer.get(peer), marks))
        rows.append([*row, ratio(of_peer, catalogue, metric)])
    title = f"{metric.replace('_', ' ')}, {workers} worker{'s' * (workers > 1)}: median [quartiles]"
    head = ["workload", "size", *peers, f"{catalogue.subject} : best peer"]
    signs = [f"({sign}) {note}" for sign, note in sorted(notes.items())]
    return "\n".join([title, tabulate(rows, head, disable_numparse=True), *signs, ""])


def cell(result: Result | None, marks: list[Mark]) -> str:
    if result is None:
        return "-"
    if result.failure:
        return result.failure.upper()
    low, high = result.quartiles
    signs = "".join(f" ({mark.sign})" for mark in marks)
    return f"{number(result.median)} [{number(low)}-{number(high)}]{signs}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def best_peer(of_peer: dict[str, Result], catalogue: Catalogue, metric: str) -> Result | None:
    racers = [
        result
        for peer, result in of_peer.items()
        if peer != catalogue.subject
        and not result.failure
        and catalogue.is_raced(peer, result.workload, result.workers)
    ]
    choose = max if metric in MORE_IS_BETTER else min
    return choose(racers, key=lambda result: result.median, default=None)


def ratio(of_peer: dict[str, Result], catalogue: Catalogue, metric: str) -> str:
    subject = of_peer.get(catalogue.subject)
    best = best_peer(of_peer, catalogue, metric)
    if subject is None or subject.failure or best is None:
        return "-"
    return f"{subject.median / best.median:.2f} ({best.peer})"
