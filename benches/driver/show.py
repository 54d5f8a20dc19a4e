"""The tables: a row for each workload, a column for each peer, and how the subject stands to the best of the others."""

from collections.abc import Iterator
from itertools import groupby

from tabulate import tabulate

from catalogue import Catalogue, Mark
from rounds import Result

MORE_IS_BETTER = {"gflops"}


def tables(results: list[Result], catalogue: Catalogue, peers: list[str]) -> Iterator[str]:
    """For each number of workers the headline workloads, the others that peers have too, and the subject's own."""
    has_peers = {result.workload for result in results if result.peer != catalogue.subject}
    sections = {
        "main workloads": lambda r: r.headline,
        "more workloads": lambda r: not r.headline and r.workload in has_peers,
        f"only {catalogue.subject}": lambda r: not r.headline and r.workload not in has_peers,
    }
    for workers in sorted({result.workers for result in results}):
        for section, belongs in sections.items():
            rows = [result for result in results if result.workers == workers and belongs(result)]
            if rows:
                yield table(f"{section}, {workers} worker{'s' * (workers > 1)}", rows, catalogue, peers)


def idioms(results: list[Result], catalogue: Catalogue, versions: dict[str, str]) -> str:
    """What each peer of the tables is, and how it is used."""
    shown = {result.peer for result in results}
    rows = [[peer, versions[peer], entry["idiom"]] for peer, entry in catalogue.peers.items() if peer in shown]
    return tabulate(rows, ["peer", "version", "idiom"], disable_numparse=True) + "\n"


def table(title: str, results: list[Result], catalogue: Catalogue, peers: list[str]) -> str:
    shown = [peer for peer in peers if any(result.peer == peer for result in results)]
    is_compared = shown != [catalogue.subject]
    notes: dict[str, str] = {}
    rows = []
    for name, metric, parameters, of_peer in grouped(results):
        row = [name, unit(metric), parameters.replace("--", "")]
        for peer in shown:
            marks = marks_of(of_peer[peer], catalogue) if peer in of_peer else []
            notes.update({mark.sign: mark.note for mark in marks})
            row.append(cell(of_peer.get(peer), marks))
        rows.append([*row, ratio(of_peer, catalogue, metric)] if is_compared else row)
    last = [f"{catalogue.subject} : best peer"] if is_compared else []
    head = ["workload", "unit", "size", *shown, *last]
    signs = [f"({sign}) {note}" for sign, note in sorted(notes.items())]
    body = tabulate(rows, head, disable_numparse=True)
    return "\n".join([f"{title}: median ± half of the quartiles' distance", body, *signs, ""])


def grouped(results: list[Result]) -> Iterator[tuple[str, str, str, dict[str, Result]]]:
    """Workload, metric, size, and the result of each peer."""
    for name, group in groupby(results, key=lambda result: result.workload):
        of_workload = list(group)
        measured = dict.fromkeys((r.metric, r.parameters) for r in of_workload if r.metric)
        for metric, parameters in measured or {("", of_workload[0].parameters): None}:
            # What failed before it measured anything has no metric, and stands beside the others of its workload.
            of_row = [r for r in of_workload if (r.metric, r.parameters) == (metric, parameters) or not r.metric]
            yield name, metric, parameters, {result.peer: result for result in of_row}


def marks_of(result: Result, catalogue: Catalogue) -> list[Mark]:
    marks = catalogue.marks_of(result.peer, result.workload, result.workers)
    return marks if result.has_value or result.failure else [*marks, catalogue.missing]


def unit(metric: str) -> str:
    return metric.replace("_", " ")


def cell(result: Result | None, marks: list[Mark]) -> str:
    signs = f" ({', '.join(mark.sign for mark in marks)})" if marks else ""
    if result is None:
        return ""
    if result.failure:
        return result.failure.upper()
    if not result.has_value:
        return f"-{signs}"
    low, high = result.quartiles
    spread = f" ±{(high - low) / 2 / result.median:.0%}" if result.median and len(result.found) > 1 else ""
    return f"{number(result.median)}{spread}{signs}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def best_peer(of_peer: dict[str, Result], catalogue: Catalogue, metric: str) -> Result | None:
    racers = [
        result
        for peer, result in of_peer.items()
        if peer != catalogue.subject and result.has_value and catalogue.is_raced(peer, result.workload, result.workers)
    ]
    choose = max if metric in MORE_IS_BETTER else min
    return choose(racers, key=lambda result: result.median, default=None)


def ratio(of_peer: dict[str, Result], catalogue: Catalogue, metric: str) -> str:
    subject = of_peer.get(catalogue.subject)
    best = best_peer(of_peer, catalogue, metric)
    if subject is None or not subject.has_value or best is None:
        return ""
    return f"{subject.median / best.median:.2f} ({best.peer})"
