"""bench/report.py says what was measured: medians, ratios with their spread,
what is below the floor, what has changed since; and draws it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
import plot  # noqa: E402: the path is set above

GIB = 2**30
CONTEXT = {"date": "2026-11-24T10:00:00", "num_cpus": 2, "cpu": "Zen",
           "matching_kernel": "avx2", "load_avg": [0.5, 0.5, 0.5],
           "text_mib": "1"}


def speed(name, *gib):
    return [{"name": name, "run_name": name, "run_type": "iteration",
             "cpu_time": 1.0, "bytes_per_second": g * GIB} for g in gib]


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def report(self, runs, *arguments, status=0):
        results = self.folder / "results.json"
        results.write_text(json.dumps(
            {"context": CONTEXT, "benchmarks": runs}))
        done = subprocess.run(
            [sys.executable, BENCH / "report.py", results,
             *map(str, arguments)], capture_output=True, text=True,
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1",
                     MASKPIPE_VERSION="maskpipe 9"))
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def kept(self, runs, *arguments):
        out = self.folder / "out.json"
        self.report(runs, "--json", out, *arguments)
        return json.loads(out.read_text())

    def test_a_ratio_is_of_the_medians_and_its_spread_of_the_quartiles(self):
        kept = self.kept(
            speed("match/10-needles/rare", 1, 2, 3, 4, 100) +
            speed("vectorscan/10-needles/rare", 1, 1, 2, 2, 4))
        ratio = kept["ratios"]["match / vectorscan, 10-needles/rare"]
        self.assertEqual(ratio, {"ratio": 1.5, "low": 0.5, "high": 52})
        figure = kept["figures"]["match/10-needles/rare"]
        self.assertEqual((figure["median"], figure["samples"]), (3, 5))

    def test_what_was_measured_on_is_kept(self):
        context = self.kept(speed("ceiling/memcpy", 9))["context"]
        self.assertEqual(
            (context["cpu"], context["matching kernel"], context["maskpipe"]),
            ("Zen x 2", "avx2", "maskpipe 9"))
        self.assertTrue(context["revision"])

    def test_two_runs_are_compared(self):
        before = self.folder / "before.json"
        self.report(speed("ceiling/memcpy", 10) +
                    speed("match/1-needles/none", 2), "--json", before)
        out = self.report(speed("ceiling/memcpy", 10) +
                          speed("match/1-needles/none", 3), "--against",
                          before)
        line = next(l for l in out.splitlines()
                    if "match / memcpy, 1-needles/none" in l)
        self.assertEqual(line.split()[-5:],
                         ["0.3", "(0.3-0.3)", "0.2", "(0.2-0.2)", "1.5"])

    def test_only_what_is_below_both_floors_is_told(self):
        def flagged(ours, copy):
            out = self.report(speed("ceiling/memcpy", copy) + speed(
                "stream/1000-needles/near-misses", ours))
            return "BELOW" in out
        self.assertFalse(flagged(0.25, 20))   # 0.2 GiB/s
        self.assertFalse(flagged(0.15, 5))    # 0.02 of memcpy
        self.assertTrue(flagged(0.15, 20))

    def test_an_error_of_a_benchmark_is_one_of_the_run(self):
        out = self.report([{"name": "match/x", "run_name": "match/x",
                            "run_type": "iteration", "error_occurred": True,
                            "error_message": "wrong answer"}], status=1)
        self.assertIn("ERROR match/x: wrong answer", out)

    def test_plots_are_drawn_with_date_and_processor(self):
        (self.folder / "pipe.json").write_text(json.dumps({
            name: {"samples": [value], "gib_per_second": value}
            for name, value in (("cat", 4.0), ("maskpipe", 3.0))}))
        (self.folder / "latency.json").write_text(json.dumps({
            "line_us": {"cat": 10, "maskpipe": 15},
            "first_byte_ms": {"cat": 1, "maskpipe": 30}}))
        plots = self.folder / "plots"
        self.report(speed("match/1-needles/rare", 9) +
                    speed("match/10000-needles/rare", 3) +
                    [{"name": "compile/1-needles", "cpu_time": 1.0,
                      "run_name": "compile/1-needles",
                      "run_type": "iteration"}],
                    "--programs", self.folder, "--plots", plots)
        for name, words in (
                ("throughput", ["maskpipe, plain", "GiB/s"]),
                ("compile", ["maskpipe, plain", "ms"]),
                ("pipe", ["maskpipe", "0.75 of cat"]),
                ("latency", ["maskpipe, a line alone", "15 us",
                             "30,000 us"])):
            with self.subTest(name=name):
                svg = xml.etree.ElementTree.parse(plots / (name + ".svg"))
                texts = [t.text for t in svg.iter() if t.text]
                for word in words + ["2026-11-24, Zen x 2"]:
                    self.assertTrue(any(word in t for t in texts),
                                    (word, texts))


class Plot(unittest.TestCase):
    def test_numbers_have_two_digits_and_no_exponent(self):
        for value, text in ((10000, "10,000"), (100, "100"), (12.3, "12"),
                            (1.52, "1.5"), (1, "1"), (0.1, "0.1"),
                            (0.051, "0.051"), (0.00012, "0.00012")):
            self.assertEqual(plot.short(value), text)

    def test_names_do_not_stand_on_each_other(self):
        svg = plot.lines("t", "n", "x", "y", [1, 10], {
            "line %d" % i: [1, 1] for i in range(5)})
        places = sorted(
            float(t.get("y")) for t in
            xml.etree.ElementTree.fromstring(svg).iter()
            if t.text and t.text.startswith("line "))
        self.assertEqual(len(places), 5)
        for above, below in zip(places, places[1:]):
            self.assertGreaterEqual(below - above, 15)

    def test_a_value_that_is_missing_leaves_a_gap(self):
        svg = plot.lines("t", "n", "x", "y", [1, 10, 100],
                         {"a": [1, None, 2], "never": [None] * 3})
        lines = [e for e in xml.etree.ElementTree.fromstring(svg).iter()
                 if e.tag.endswith("polyline") and e.get("stroke-width") ==
                 "2"]
        self.assertEqual([len(l.get("points").split()) for l in lines], [2])
        self.assertNotIn("never", svg)


if __name__ == "__main__":
    unittest.main()
