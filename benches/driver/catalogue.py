"""benches.toml as values: which programs there are, with which parameters, and what to know about their results."""

import shlex
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Workload:
    program: str
    name: str
    parameters: str
    headline: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """Something to know about the results of some peers."""

    peers: list[str]
    sign: str
    note: str
    raced: bool
    workloads: list[str] | None = None
    workers: int | None = None
    apart_from: list[str] = field(default_factory=list)

    def covers(self, peer: str, workload: str, workers: int) -> bool:
        fits = workload not in self.apart_from and (self.workloads is None or workload in self.workloads)
        return peer in self.peers and fits and self.workers in (None, workers)


class Catalogue:
    def __init__(self, file: Path, programs: Path, form: str):
        entries = tomllib.loads(file.read_text())
        self.programs = programs
        self.form = entries["forms"][form]
        self.subject = entries["subject"]["peer"]
        self.peers = entries["peers"]
        self.marks = [Mark(**mark) for mark in entries["marks"]]
        self.missing = Mark(peers=list(self.peers), raced=False, **entries["missing"])
        self._environment = entries["environment"]
        self._oversubscribed = entries["environment-oversubscribed"]
        self.workloads = [workload_of(entry, form) for entry in entries["workloads"] if form in entry]
        self._offers: dict[str, set[str]] = {}

    def command(self, workload: Workload, peer: str) -> list | None:
        """What runs a peer at a workload, up to its sizes; None if the peer does not offer it."""
        if "{peer}" not in workload.program and peer != self.subject:
            return None
        text = self.peers[peer].get("commands", {}).get(workload.program, workload.program.format(peer=peer))
        name, *arguments = shlex.split(text)
        command = [self.programs / name, *arguments]
        return [*command, workload.name] if workload.name in self._offered_by(command) else None

    def environment(self, workload: Workload, is_oversubscribed: bool) -> dict[str, str]:
        """What a program gets on top of the caller's environment."""
        extra = self._oversubscribed if is_oversubscribed else {}
        values = {**self._environment, **extra, **workload.environment}
        return {name: value.format(build=self.programs.parent) for name, value in values.items()}

    def is_raced(self, peer: str, workload: str, workers: int) -> bool:
        return all(mark.raced for mark in self.marks_of(peer, workload, workers))

    def marks_of(self, peer: str, workload: str, workers: int) -> list[Mark]:
        return [mark for mark in self.marks if mark.covers(peer, workload, workers)]

    def _offered_by(self, command: list) -> set[str]:
        key = shlex.join(map(str, command))
        if key not in self._offers:
            listed = ""
            if command[0].exists():
                listed = subprocess.run([*command, "--list"], capture_output=True, text=True, check=True).stdout
            self._offers[key] = set(listed.split())
        return self._offers[key]


def workload_of(entry: dict, form: str) -> Workload:
    optional = {name: entry[name] for name in ("headline", "environment") if name in entry}
    return Workload(entry["program"], entry["name"], entry[form], **optional)
