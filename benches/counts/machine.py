"""What the instructions of an object file are: read off its disassembly and its debug information."""

import re
import subprocess
from functools import lru_cache
from pathlib import Path

# Functions that get memory from the C library or the system; realloc may.
ALLOCATING = frozenset(["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "mmap", "mmap64"])

# An exchange with memory locks the bus without saying so; one of two registers is a way to do nothing.
_ATOMIC = re.compile(r"\block |\bxchg .*\(|\bmfence\b")
_SYSCALL = re.compile(r"\bsyscall\b")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\t(.*)")


def _output(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _is_file(path):
    return Path(path).is_file()


@lru_cache(maxsize=None)
def disassembly(path):
    """Address to text, in order."""
    if not _is_file(path):
        return {}
    found = (_INSTRUCTION.match(line) for line in _output("objdump", "-d", "--no-show-raw-insn", path).splitlines())
    return {int(one.group(1), 16): one.group(2).strip() for one in found if one}


@lru_cache(maxsize=None)
def atomics(path):
    """Addresses of atomic read-modify-writes and full fences."""
    return frozenset(at for at, text in disassembly(path).items() if _ATOMIC.search(text))


@lru_cache(maxsize=None)
def syscalls(path):
    """Addresses of calls of the system."""
    return frozenset(at for at, text in disassembly(path).items() if _SYSCALL.search(text))


@lru_cache(maxsize=None)
def allocators(path):
    """Entry addresses of the functions that allocate."""
    if not _is_file(path):
        return frozenset()
    symbols = (line.split() for line in _output("nm", "-D", "--defined-only", path).splitlines())
    return frozenset(int(at, 16) for at, _, name in symbols if re.split("@", name)[0] in ALLOCATING)


def inline_frames(path, addresses):
    """Address to the functions it belongs to, innermost first, as (function, "file:line")."""
    if not _is_file(path):
        return {}
    text = "\n".join(hex(at) for at in addresses)
    frames, address = {}, None
    lines = iter(_output("addr2line", "-a", "-i", "-f", "-C", "-e", path, text=text).splitlines())
    for line in lines:
        if _ADDRESS.fullmatch(line):
            address = int(line, 16)
            frames[address] = []
        else:
            frames[address].append((line, next(lines).partition(" (discriminator")[0]))
    return frames
