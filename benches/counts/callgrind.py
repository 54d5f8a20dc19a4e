"""Runs a program under callgrind and reads how often each machine instruction was executed, phase by phase."""

import re
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Address(NamedTuple):
    """Where a machine instruction lies: an object file, and the address that the file itself gives it."""

    object: str
    offset: int


class Place(NamedTuple):
    """What the debug information says of an instruction. The function is the symbol, into which others may be inlined."""

    function: str
    file: str
    line: int


@dataclass
class Phase:
    """What was executed between two client requests of the program."""

    name: str = ""
    tasks: int = 0
    executed: Counter = field(default_factory=Counter)
    places: dict = field(default_factory=dict)


def record(program, workload):
    """Every phase of the workload, in order."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--dump-instr=yes", "--instr-atstart=no", "--quiet",
                   f"--callgrind-out-file={folder}/out", str(program), workload]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        parts = sorted(Path(folder).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        # A name is written out once and is a number from then on, also in the parts that follow.
        names = {}
        return [_read(part, names) for part in parts]


_NAMED = re.compile(r"(c?ob|c?fl|fi|fe|cfi|c?fn)=\((\d+)\)(?: (.*))?")
_TRIGGER = re.compile(r"desc: Trigger: Client Request: (\S+) (\d+)")
_CALLS = "calls="
_TOTALS = "totals:"


def _read(path, names):
    """One file in callgrind's format: see 'Callgrind Format Specification' in valgrind's manual."""
    phase = Phase()
    current = {"ob": "?", "fl": "?", "fn": "?"}
    address = line_number = totals = 0
    costs_of_callee = False
    for line in path.read_text().splitlines():
        if named := _NAMED.fullmatch(line):
            key, number, name = named.groups()
            # Files and functions are numbered on their own; a "c" is about who is called.
            kind = "fl" if key in ("fl", "fi", "fe", "cfi", "cfl") else key[-2:]
            if name is not None:
                names[kind, number] = name
            if not key.startswith("c"):
                current[kind] = names[kind, number]
        elif line.startswith(_CALLS):
            costs_of_callee = True
        elif line[:1] in "0123456789+-*" and line:
            parts = line.split()
            address = _position(parts[0], address)
            line_number = _position(parts[1], line_number)
            if costs_of_callee:
                costs_of_callee = False
                continue
            where = Address(current["ob"], address)
            phase.executed[where] += int(parts[2])
            phase.places[where] = Place(current["fn"], current["fl"], line_number)
        elif trigger := _TRIGGER.fullmatch(line):
            phase.name, phase.tasks = trigger.group(1), int(trigger.group(2))
        elif line.startswith(_TOTALS):
            totals = int(line.removeprefix(_TOTALS))
    if phase.executed.total() != totals:
        raise RuntimeError(f"{path}: {phase.executed.total()} instructions were read, and {totals} counted")
    return phase


def _position(text, before):
    """A position, absolute or relative to the one before."""
    if text == "*":
        return before
    if text[0] in "+-":
        return before + int(text)
    return int(text, 0)
