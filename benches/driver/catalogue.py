"""benches.toml as values: which programs there are, with which parameters, and what to know about their results."""

import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Workload:
    program: str
    name: str
    parameters: str
    headline: bool


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
        self._environment = entries["environment"]
        self._oversubscribed = entries["environment-oversubscribed"]
        self.workloads = [
            Workload(entry["program"], entry["name"], entry[form], entry.get("headline", False))
            for entry in entries["workloads"]
            if form in entry
        ]
        self._offers: dict[Path, set[str]] = {}

    def program(self, workload: Workload, peer: str) -> Path | None:
        """The program of a peer for a workload; None if it does not offer it."""
        if "{peer}" not in workload.program and peer != self.subject:
            return None
        path = self.programs / workload.program.format(peer=peer)
        return path if workload.name in self._offered_by(path) else None

    def environment(self, is_oversubscribed: bool) -> dict[str, str]:
        """What programs get on top of the caller's environment."""
        extra = self._oversubscribed if is_oversubscribed else {}
        values = {**self._environment, **extra}
        return {name: value.format(build=self.programs.parent) for name, value in values.items()}

    def is_raced(self, peer: str, workload: str, workers: int) -> bool:
        return all(mark.raced for mark in self.marks_of(peer, workload, workers))

    def marks_of(self, peer: str, workload: str, workers: int) -> list[Mark]:
        return [mark for mark in self.marks if mark.covers(peer, workload, workers)]

    def _offered_by(self, path: Path) -> set[str]:
        if path not in self._offers:
            listed = ""
            if path.exists():
                listed = subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout
            self._offers[path] = set(listed.split())
        return self._offers[path]
