"""Runs the benchmarks side by side, prints a table for each number of workers, and writes results.json and charts."""

import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

import chart
import curves
import machine
import options as command_line
import rounds
import show
from catalogue import Catalogue
from options import ROOT

HERE = Path(__file__).resolve().parent


def chosen(asked: list[str] | None, known: list[str], what: str) -> list[str]:
    unknown = set(asked or []) - set(known)
    if unknown:
        sys.exit(f"bench: no {what} {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [name for name in known if asked is None or name in asked]


def images(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}.{kind}" for kind in ("svg", "png")]


def main() -> int:
    options = command_line.parse()
    catalogue = Catalogue(HERE / "benches.toml", options.programs, options.form)
    peers = chosen(options.peers, list(catalogue.peers), "peer")
    wanted = chosen(options.workloads, [workload.name for workload in catalogue.workloads], "workload")
    workloads = [workload for workload in catalogue.workloads if workload.name in wanted]
    cores = len(os.sched_getaffinity(0))
    workers = options.workers or sorted({1, min(2, cores), cores})

    described = machine.describe(ROOT, catalogue.peers)
    caption = f"{described['cpu']}, {cores} cores, Linux {described['kernel']}; {options.form} form"
    print(f"{caption}; load {described['load_at_start']:.2f}\n")
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    options.out.mkdir(parents=True, exist_ok=True)
    results: list[rounds.Result] = []
    for measured in rounds.run(catalogue, workloads, peers, workers, options.repeats or catalogue.form["rounds"]):
        results += measured
        # After each workload, so that a run that is broken off has not been for nothing.
        document = {"started": started, "form": options.form, "machine": described}
        document["results"] = [result.as_json() for result in results]
        (options.out / "results.json").write_text(json.dumps(document, indent=1) + "\n")

    text = "\n".join([*show.tables(results, catalogue, peers), show.idioms(results, catalogue, described["versions"])])
    print(text)
    (options.out / "table.txt").write_text(f"{caption}\n\n{text}")
    chart.draw(results, catalogue, peers, caption, images(options.out, "chart"))
    curves.draw(results, catalogue, caption, images(options.out, "efficiency"))
    # Peers may fail, which the table shows; the subject may not.
    return int(any(result.failure for result in results if result.peer == catalogue.subject))


if __name__ == "__main__":
    sys.exit(main())
