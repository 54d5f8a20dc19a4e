"""What the figures depend on besides the code: the machine, and the versions of all that runs on it."""

import os
import platform
import subprocess
import tomllib
from pathlib import Path


def describe(root: Path, peers: dict) -> dict:
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "hypervisor": "hypervisor" in cpu_field("flags").split(),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "load_at_start": os.getloadavg()[0],
        "compilers": {name: first_line(name, "--version") for name in ("g++", "clang++", "rustc")},
        "versions": {peer: version(root, entry["version"]) for peer, entry in peers.items()},
    }


def cpu_field(name: str) -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return ""


def cpu_model() -> str:
    return cpu_field("model name") or platform.machine()


def version(root: Path, source: str) -> str:
    kind, _, name = source.partition(":")
    if kind == "deb":
        return first_line("dpkg-query", "-W", "-f", "${Version}", name)
    if kind == "crate":
        lock = tomllib.loads((root / "benches/peers/rust/Cargo.lock").read_text())
        return next(package["version"] for package in lock["package"] if package["name"] == name)
    return first_line("git", "-C", str(root), "describe", "--always", "--dirty")


def first_line(*command: str) -> str:
    """What a command says of itself; "unknown" if it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.partition("\n")[0]
