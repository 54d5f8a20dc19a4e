"""The efficiency of bodies of all lengths: a row of panels for each workload with such a curve, one for each number of
workers, and in it a line for each peer."""

import math
from itertools import groupby
from pathlib import Path
from statistics import median

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.lines import Line2D

from catalogue import Catalogue
from chart import colours
from rounds import Result

# Rounds do not measure quite the same lengths: what lies within a quarter of an octave is one point of a line.
POINTS_PER_OCTAVE = 4


def draw(results: list[Result], catalogue: Catalogue, caption: str, files: list[Path]) -> None:
    drawn = [result for result in results if result.curve and not result.failure]
    if not drawn:
        return
    counts = sorted({result.workers for result in drawn})
    workloads = list(dict.fromkeys(result.workload for result in drawn))
    size = (1 + 5 * len(counts), 1 + 3 * len(workloads))
    colour_of = colours(list(catalogue.peers))
    figure, panels = pyplot.subplots(len(workloads), len(counts), figsize=size, sharex=True, sharey=True, squeeze=False)
    for row, workload in zip(panels, workloads):
        for panel, workers in zip(row, counts):
            for result in drawn:
                if (result.workload, result.workers) == (workload, workers):
                    panel.plot(*line(result.curve), color=colour_of[result.peer], marker=".", linewidth=1)
            panel.axhline(0.5, color="dimgray", linewidth=0.8, linestyle="--")
            panel.set_xscale("log")
            panel.set_title(f"{workload}, {workers} worker{'s' * (workers > 1)}", fontsize="medium")
            panel.grid(alpha=0.3)
        row[0].set_ylabel("efficiency")
    for panel in panels[-1]:
        panel.set_xlabel("length of a task, µs")
    shown = dict.fromkeys(result.peer for result in drawn)
    handles = [Line2D([], [], color=colour_of[peer], marker=".", label=peer) for peer in shown]
    figure.legend(handles=handles, ncols=len(handles), fontsize="small", loc="upper left", frameon=False)
    figure.text(0.01, 0.005, caption, fontsize="x-small", color="dimgray")
    figure.tight_layout(rect=(0, 0.02, 1, 0.97))
    for file in files:
        figure.savefig(file, dpi=150)
    pyplot.close(figure)


def line(curve: list[dict[str, float]]) -> tuple[list[float], list[float]]:
    """Lengths and efficiencies: the medians of the points that lie close together."""

    def place(point: dict[str, float]) -> int:
        return round(math.log2(point["task_us"]) * POINTS_PER_OCTAVE)

    groups = [list(group) for _, group in groupby(sorted(curve, key=place), key=place)]
    return tuple([median(point[name] for point in group) for group in groups] for name in ("task_us", "efficiency"))
