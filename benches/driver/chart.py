"""The headline workloads as a chart: medians, with the quartiles as whiskers, one panel for each number of workers. Who
is not raced is pale."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.patches import Patch

from catalogue import Catalogue
from rounds import Result


def colours(peers: list[str]) -> dict[str, tuple]:
    """Pairs of a strong and a pale colour: the strong ones first."""
    palette = matplotlib.colormaps["tab20"].colors
    return dict(zip(peers, [*palette[0::2], *palette[1::2]]))


def draw(results: list[Result], catalogue: Catalogue, peers: list[str], caption: str, files: list[Path]) -> None:
    drawn = [r for r in results if r.headline and r.has_value and r.metric == "ns_per_task"]
    if not drawn:
        return
    counts = sorted({result.workers for result in drawn})
    peers = [peer for peer in peers if any(result.peer == peer for result in drawn)]
    workloads = list(dict.fromkeys(result.workload for result in drawn))
    colour_of = colours(list(catalogue.peers))
    size = (11, 1 + 3.5 * len(counts))
    figure, panels = pyplot.subplots(len(counts), 1, figsize=size, sharex=True, sharey=True, squeeze=False)
    width = 0.85 / len(peers)
    least, most = min(result.quartiles[0] for result in drawn), max(result.quartiles[1] for result in drawn)
    for panel, workers in zip(panels.flat, counts):
        for at, peer in enumerate(peers):
            bars = [r for r in drawn if r.peer == peer and r.workers == workers]
            medians = [r.median for r in bars]
            below = [r.median - r.quartiles[0] for r in bars]
            above = [r.quartiles[1] - r.median for r in bars]
            places = [workloads.index(r.workload) + (at - (len(peers) - 1) / 2) * width for r in bars]
            drawn_bars = panel.bar(
                places, medians, width, yerr=(below, above), color=colour_of[peer], error_kw={"linewidth": 0.8}
            )
            for bar, result in zip(drawn_bars, bars):
                bar.set_alpha(1 if catalogue.is_raced(peer, result.workload, workers) else 0.35)
        panel.set_yscale("log")
        panel.set_ylim(0.7 * least, 1.5 * most)
        panel.set_ylabel("ns per task")
        panel.set_title(f"{workers} worker{'s' * (workers > 1)}", fontsize="medium")
        panel.grid(axis="y", alpha=0.3)
        panel.set_axisbelow(True)
    panels[-1, 0].set_xticks(range(len(workloads)), workloads)
    handles = [Patch(color=colour_of[peer], label=peer) for peer in peers]
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.1), "frameon": False}
    panels[0, 0].legend(handles=handles, ncols=len(peers), fontsize="small", **place)
    figure.text(0.01, 0.005, caption, fontsize="x-small", color="dimgray")
    figure.tight_layout(rect=(0, 0.02, 1, 1))
    for file in files:
        figure.savefig(file, dpi=150)
    pyplot.close(figure)
