"""Runs the benchmarks side by side, prints a table for each number of workers, and writes results.json and charts."""

import argparse
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

import chart
import curves
import machine
import rounds
import show
from catalogue import Catalogue

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def numbers(text: str) -> list[int]:
    return [int(name) for name in names(text)]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    form = parser.add_mutually_exclusive_group()
    forms = {
        "short": "small sizes, the main workloads (the default)",
        "full": "everything, at the full sizes",
        "smoke": "tiny sizes: does all work?",
    }
    for name, what in forms.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=what)
    parser.add_argument("--workloads", type=names, help="only these, separated by commas")
    parser.add_argument("--peers", type=names, help="only these, separated by commas")
    parser.add_argument("--workers", type=numbers, help="numbers of workers; default: 1, 2 and one per core")
    parser.add_argument("--repeats", type=int, help="rounds of all peers; default: by the form")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/bench/bin", help="where the programs are")
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench", help="where results and charts go")
    parser.set_defaults(form="short")
    return parser.parse_args()


def chosen(asked: list[str] | None, known: list[str], what: str) -> list[str]:
    unknown = set(asked or []) - set(known)
    if unknown:
        sys.exit(f"bench: no {what} {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [name for name in known if asked is None or name in asked]


def images(folder: Path, name: str) -> list[Path]:
    return [folder / f"{name}.{kind}" for kind in ("svg", "png")]


def main() -> int:
    options = arguments()
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
