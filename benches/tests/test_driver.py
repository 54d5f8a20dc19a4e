"""The driver: who is run, what becomes of failures, and who is compared with whom."""

import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

import chart
import curves
import rounds
import show
from catalogue import Catalogue

BENCHES = """
workloads = [
  { program = "peer-{peer}", name = "flat", short = "--tasks 5", headline = true, environment = { WHY = "flat" } },
  { program = "alone", name = "idle", full = "" },
]
[forms.short]
rounds = 3
repeats = 1
timeout = 1
[forms.full]
rounds = 3
repeats = 1
timeout = 1
[subject]
peer = "us"
[peers]
us = { idiom = "ours" }
fast = { idiom = "theirs" }
slow = { idiom = "theirs, slowly", commands = { "peer-{peer}" = "peer-slow --slowly" } }
[[marks]]
peers = ["fast"]
workers = 1
raced = false
sign = "i"
note = "inline"
[missing]
sign = "n"
note = "never"
[environment]
WHERE = "{build}/x"
HOW = "pinned"
[environment-oversubscribed]
HOW = "free"
"""


class Driver(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = Path(folder.name)
        self.programs = self.build / "bin"
        self.programs.mkdir()
        self.log = self.build / "log"
        (self.build / "benches.toml").write_text(BENCHES)

    def program(self, name: str, value: float | None, then: str = "", workload: str = "flat", more: str = ""):
        """A program that notes its call, reports one value, and then does as told."""
        line = f'{{"metric":"ns_per_task","value":{json.dumps(value)},"tasks":5{more}}}'
        path = self.programs / name
        path.write_text(
            f'#!/bin/sh\ncase "$*" in *--list) echo {workload}; exit;; esac\n'
            f"echo {name} \"$@\" $HOW $WHERE $WHY >>{self.log}\necho '{line}'\n{then}\n"
        )
        path.chmod(0o755)

    def catalogue(self, form: str = "short") -> Catalogue:
        return Catalogue(self.build / "benches.toml", self.programs, form)

    def results(self, workers: int = 1) -> dict[str, rounds.Result]:
        catalogue = self.catalogue()
        found = rounds.run(catalogue, catalogue.workloads, ["us", "fast", "slow"], [workers], 3)
        return {result.peer: result for results in found for result in results}

    def test_peers_take_turns(self):
        self.program("peer-us", 4)
        self.program("peer-slow", 8)
        results = self.results()
        self.assertEqual([line.split()[0] for line in self.log.read_text().splitlines()],
                         ["peer-us", "peer-slow", "peer-slow", "peer-us", "peer-us", "peer-slow"])
        self.assertEqual(results["us"].samples, [4, 4, 4])
        self.assertNotIn("fast", results)

    def test_programs_get_their_arguments_and_environment(self):
        self.program("peer-us", 4)
        self.results()
        self.results(workers=1000)
        first, *_, last = self.log.read_text().splitlines()
        self.assertEqual(first, f"peer-us flat --workers 1 --repeats 1 --tasks 5 pinned {self.build}/x flat")
        self.assertIn("--workers 1000", last)
        self.assertIn(" free ", last)

    def test_failures_are_named_and_the_others_go_on(self):
        self.program("peer-us", 4)
        self.program("peer-fast", 1, then="kill -SEGV $$")
        self.program("peer-slow", 8, then="exec sleep 5")
        results = self.results()
        self.assertEqual((results["fast"].failure, results["fast"].message), ("crash", "SIGSEGV"))
        self.assertEqual(results["slow"].failure, "hang")
        self.assertEqual(results["us"].samples, [4, 4, 4])
        [text] = show.tables(list(results.values()), self.catalogue(), ["us", "fast", "slow"])
        self.assertIn("CRASH", text)
        self.assertIn("HANG", text)

    def test_a_wrong_result_is_named(self):
        self.program("peer-us", 4, then="echo the result is wrong >&2; exit 1")
        result = self.results()["us"]
        self.assertEqual((result.failure, result.message), ("error", "the result is wrong"))

    def test_a_program_may_report_several_metrics(self):
        self.program("peer-us", 4, then="""echo '{"metric":"us","value":7,"tasks":5}'""")
        catalogue = self.catalogue()
        [results] = [found for found in rounds.run(catalogue, catalogue.workloads, ["us"], [1], 2) if found]
        self.assertEqual({r.metric: r.samples for r in results}, {"ns_per_task": [4, 4], "us": [7, 7]})
        [text] = show.tables(results, catalogue, ["us"])
        self.assertEqual([row.split()[:3] for row in text.splitlines() if row.startswith("flat")],
                         [["flat", "ns", "per"], ["flat", "us", "tasks"]])

    def test_the_best_peer_is_one_that_is_raced(self):
        self.program("peer-us", 4)
        self.program("peer-fast", 1)
        self.program("peer-slow", 8)
        [inline] = show.tables(list(self.results().values()), self.catalogue(), ["us", "fast", "slow"])
        self.assertIn("0.50 (slow)", inline)
        self.assertIn("(i) inline", inline)
        [deferred] = show.tables(list(self.results(2).values()), self.catalogue(), ["us", "fast", "slow"])
        self.assertIn("4.00 (fast)", deferred)
        self.assertNotIn("inline", deferred)

    def test_a_program_without_peers_is_the_subjects(self):
        self.program("alone", 4, workload="idle")
        catalogue = self.catalogue("full")
        idle = next(workload for workload in catalogue.workloads if workload.name == "idle")
        self.assertEqual(catalogue.command(idle, "us"), [self.programs / "alone", "idle"])
        self.assertIsNone(catalogue.command(idle, "fast"))
        self.assertNotIn("idle", [workload.name for workload in self.catalogue("short").workloads])

    def test_a_peer_may_be_a_program_with_arguments(self):
        self.program("peer-slow", 8)
        self.results()
        self.assertIn("peer-slow --slowly flat --workers 1", self.log.read_text())

    def test_what_is_not_found_is_neither_shown_nor_raced(self):
        self.program("peer-us", 4)
        self.program("peer-fast", None)
        self.program("peer-slow", 8)
        results = self.results(workers=2)
        [text] = show.tables(list(results.values()), self.catalogue(), ["us", "fast", "slow"])
        self.assertIn("- (n)", text)
        self.assertIn("(n) never", text)
        self.assertIn("0.50 (slow)", text)
        self.assertEqual(results["fast"].as_json()["samples"], [None] * 3)

    def test_curves_are_kept_and_drawn(self):
        self.program("peer-us", 4, more=',"curve":[{"task_us":2,"efficiency":0.9},{"task_us":1,"efficiency":0.5}]')
        results = self.results()
        self.assertEqual(curves.line(results["us"].curve), ([1, 2], [0.5, 0.9]))
        files = [self.build / "efficiency.svg"]
        curves.draw(list(results.values()), self.catalogue(), "a machine", files)
        self.assertGreater(files[0].stat().st_size, 1000)

    def test_idioms_are_told(self):
        self.program("peer-us", 4)
        text = show.idioms(list(self.results().values()), self.catalogue(), {"us": "1.0"})
        self.assertEqual(text.splitlines()[-1].split(), ["us", "1.0", "ours"])

    def test_a_chart_is_drawn(self):
        self.program("peer-us", 4)
        files = [self.build / "chart.svg", self.build / "chart.png"]
        chart.draw(list(self.results().values()), self.catalogue(), ["us"], "a machine", files)
        self.assertTrue(all(file.stat().st_size > 1000 for file in files))


if __name__ == "__main__":
    unittest.main()
