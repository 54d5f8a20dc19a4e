#!/usr/bin/python3
"""Counts instructions, atomics, allocations and system calls per task, and compares them with a table.

Each workload runs with N tasks and with 2 N after a warm-up; the difference, divided by the difference of the tasks,
is free of whatever happens once.
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tabulate import tabulate

import callgrind
import machine

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("counts.json")
METRICS = ("instructions", "atomics", "allocations", "syscalls")
# More than this share above the table fails; more than this below asks for a new table.
ROOM = 0.10
# What a count may differ by whatever its share is, so that 0.01 allocations are not infinitely more than none.
SLACK = 0.05


class PerTask:
    """Executions per task of each instruction, in one phase of a workload."""

    def __init__(self, smaller, larger):
        tasks = larger.tasks - smaller.tasks
        counts = Counter(larger.executed)
        counts.subtract(smaller.executed)
        self.executed = {at: count / tasks for at, count in counts.items() if count}
        self.places = {**smaller.places, **larger.places}

    def total(self, selected):
        """Executions of the instructions for which `selected(address)` holds."""
        return sum(count for at, count in self.executed.items() if selected(at))

    def metrics(self):
        return {
            "instructions": self.total(lambda at: True),
            "atomics": self.total(lambda at: at.offset in machine.atomics(at.object)),
            "allocations": self.total(lambda at: at.offset in machine.allocators(at.object)),
            "syscalls": self.total(lambda at: at.offset in machine.syscalls(at.object)),
        }


def measure(program, workload):
    """Phase to PerTask. The first round of phases is the warm-up."""
    phases = callgrind.record(program, workload)
    names = list(dict.fromkeys(phase.name for phase in phases))
    rounds = [[phase for phase in phases if phase.name == name] for name in names]
    return {name: PerTask(smaller, larger) for name, (_, smaller, larger) in zip(names, rounds)}


def workloads(program):
    return subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()


def measure_all(program, selected):
    """`workload.phase` to metrics."""
    found = {}
    for workload in selected:
        for phase, per_task in measure(program, workload).items():
            found[f"{workload}.{phase}"] = {name: round(value, 2) for name, value in per_task.metrics().items()}
    return found


def verdict(now, before):
    """"" if it is as before, else what is different."""
    if before is None:
        return "new"
    grown = [name for name in METRICS if now[name] > before[name] * (1 + ROOM) + SLACK]
    shrunk = [name for name in METRICS if now[name] < before[name] * (1 - ROOM) - SLACK]
    if grown:
        return "MORE " + ", ".join(grown)
    return "fewer " + ", ".join(shrunk) if shrunk else ""


def compare(found, known, gone):
    """Prints the table; the number of phases that got heavier, or are gone."""
    rows, heavier, lighter = [], 0, 0
    for name, now in found.items():
        before = known.get(name)
        word = verdict(now, before)
        heavier += word.startswith("MORE")
        lighter += word.startswith("fewer") or word == "new"
        old = before if before and word else now
        shown = [f"{now[metric]:g}" + (f" ({old[metric]:g})" if old[metric] != now[metric] else "") for metric in METRICS]
        rows.append([name, *shown, word])
    print(tabulate(rows, headers=["per task (table)", *METRICS, ""], disable_numparse=True,
                   colalign=["left", *["right"] * len(METRICS), "left"]))
    if heavier:
        print(f"{heavier} more than {ROOM:.0%} above {TABLE.name}.")
    if lighter:
        print(f"{lighter} more than {ROOM:.0%} below {TABLE.name}, or not in it: write it anew with --update.")
    if gone:
        print(f"Not measured any more: {', '.join(gone)}.")
    return heavier + len(gone)


def by(per_task, key):
    """(key, instructions, atomics) for each key(address), the heaviest first."""
    instructions, atomics = Counter(), Counter()
    for at, count in per_task.executed.items():
        instructions[key(at)] += count
        if at.offset in machine.atomics(at.object):
            atomics[key(at)] += count
    return [(name, count, atomics[name]) for name, count in instructions.most_common()]


def print_ranked(title, ranked, top, text_of=None):
    """One table; `text_of(name)` gives it one more column."""
    total = sum(count for _, count, _ in ranked)
    headers = ["per task", "share", "atomics", title] + ([""] if text_of else [])
    rows = [[f"{count:.2f}", f"{count / total:.1%}", f"{atomics:.2f}" if atomics >= 0.005 else "", name]
            + ([text_of(name)] if text_of else [])
            for name, count, atomics in ranked[:top] if count >= 0.005]
    print(tabulate(rows, headers=headers, disable_numparse=True,
                   colalign=["right", "right", "right", *["left"] * (len(headers) - 3)]) + "\n")


def source_text(line):
    """The text of `file:number`, if the file is at hand."""
    file, _, number = line.rpartition(":")
    try:
        return (ROOT / file).read_text().splitlines()[int(number) - 1].strip()[:100]
    except (OSError, IndexError, ValueError):
        return ""


def short(path):
    """A path without what its likes share."""
    return re.sub(r"^/rustc/\w+/|^.*/registry/src/[^/]*/", "", path.removeprefix(f"{ROOT}/"))


def own_frame(frames):
    """The innermost of the frames that is this project's: what the libraries' inlined code is there for."""
    own = (frame for frame in frames if frame[1].startswith(f"{ROOT}/"))
    function, line = next(own, frames[0] if frames else ("?", "?:0"))
    line = short(line)
    return f"{line.rpartition(':')[0]}  {function}", line


def print_functions(name, per_task, top):
    frames = {}
    for path in {at.object for at in per_task.executed}:
        offsets = [at.offset for at in per_task.executed if at.object == path]
        found = machine.inline_frames(path, offsets)
        frames.update({callgrind.Address(path, at): own_frame(found.get(at, [])) for at in offsets})
    metrics = ", ".join(f"{value:.2f} {metric}" for metric, value in per_task.metrics().items())
    print(f"=== {name}: {metrics} per task\n")
    print_ranked("symbol", by(per_task, lambda at: per_task.places[at].function), top)
    print_ranked("function of the source, also where it is inlined", by(per_task, lambda at: frames[at][0]), top)
    print_ranked("line", by(per_task, lambda at: frames[at][1]), 2 * top, source_text)


def print_code(per_task, symbol):
    """The instructions of the symbols whose names match, with their executions per task."""
    matches = [at for at, place in per_task.places.items() if re.search(symbol, place.function)]
    for at in sorted(matches):
        place = per_task.places[at]
        print(f"{per_task.executed.get(at, 0):9.2f}  {at.offset:8x}  {machine.disassembly(at.object).get(at.offset, '?'):60}"
              f"{short(place.file)}:{place.line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/counts/counts", help="built from counts.cpp")
    parser.add_argument("--update", action="store_true", help=f"write {TABLE.name}")
    parser.add_argument("--functions", action="store_true", help="where the instructions go: symbols, functions, lines")
    parser.add_argument("--code", metavar="REGEX", help="the machine code of the symbols that match, with executions per task")
    parser.add_argument("--top", type=int, default=25, help="how many functions to show, and twice as many lines")
    parser.add_argument("--phase", help="with --functions or --code: only this phase (spawn, run, ...)")
    parser.add_argument("workload", nargs="*", help="all if none is named")
    options = parser.parse_args()

    known = workloads(options.program)
    if unknown := set(options.workload) - set(known):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    selected = options.workload or known

    if options.functions or options.code:
        for workload in selected:
            for phase, per_task in measure(options.program, workload).items():
                if options.phase in (None, phase):
                    if options.functions:
                        print_functions(f"{workload}.{phase}", per_task, options.top)
                    if options.code:
                        print_code(per_task, options.code)
        return 0

    found = measure_all(options.program, selected)
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    others = {name: row for name, row in table.items() if name.partition(".")[0] not in selected}
    gone = [name for name in table if name not in found and (name not in others or not options.workload)]
    heavier = compare(found, table, gone)
    if options.update:
        kept = others if options.workload else {}
        TABLE.write_text(json.dumps(dict(sorted({**kept, **found}.items())), indent=2) + "\n")
        return 0
    return 1 if heavier else 0


if __name__ == "__main__":
    sys.exit(main())
