"""The command line. By itself this says what is wrong with one, or prints the help."""

import argparse
from pathlib import Path

ABOUT = "Runs the benchmarks side by side, prints a table for each number of workers, and writes results.json and charts."
ROOT = Path(__file__).resolve().parent.parent.parent


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def counts(text: str) -> list[int]:
    return [count(name) for name in names(text)]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=ABOUT)
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
    parser.add_argument("--workers", type=counts, help="numbers of workers; default: 1, 2 and one per core")
    parser.add_argument("--repeats", type=count, help="rounds of all peers; default: by the form")
    parser.add_argument("--programs", type=Path, default=ROOT / "build/bench/bin", help="where the programs are")
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench", help="where results and charts go")
    parser.set_defaults(form="short")
    return parser.parse_args()


if __name__ == "__main__":
    parse()
