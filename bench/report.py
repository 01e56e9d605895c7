#!/usr/bin/env python3
"""Tells what the benchmarks measured: tables, ratios, JSON, plots.

    report.py RESULTS.json [--programs DIR] [--json OUT] [--against BASE.json]
              [--plots DIR]

RESULTS.json is what maskpipe_bench wrote. DIR has pipe.json, latency.json and
aho-corasick.json as far as they were made. OUT holds all figures with their
spread, the ratios, and on what they were measured; it is the BASE of a later
run. Status 1: a benchmark reported an error, or the promise about runs of a
broke.
"""

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys

import plot

STRESSES = ("none", "rare", "dense")
WORST = ("near-misses", "base64", "everywhere")
COUNTS = ("1", "10", "100", "1000", "10000")
# On aaaa… with a needle of 4 KiB of a, against a random needle.
RUN_OF_A_PROMISE = 0.05
RUN_OF_A = "stream/4KiB-{}/run-of-a"
# No text may be slower, in GiB/s or as a part of memcpy.
FLOOR, FLOOR_OF_MEMCPY = 0.2, 0.02


def read(path):
    """Samples in GiB/s or, where there are none, CPU time in ms, by name."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    speeds = collections.defaultdict(list)
    times = collections.defaultdict(list)
    errors = []
    for run in data["benchmarks"]:
        if run.get("error_occurred"):
            errors.append(f"{run['name']}: {run.get('error_message')}")
        elif run["run_type"] == "iteration":
            name = run["run_name"]
            if "bytes_per_second" in run:
                speeds[name].append(run["bytes_per_second"] / 2**30)
            else:
                times[name].append(run["cpu_time"])
    return data["context"], speeds, times, errors


class Figures:
    """Samples by name, and what follows from them."""

    def __init__(self):
        self.samples = {}
        self.units = {}

    def add(self, name, unit, samples):
        samples = [s for s in samples if s]
        if samples:
            self.samples[name] = sorted(samples)
            self.units[name] = unit

    def median(self, name):
        samples = self.samples.get(name)
        return statistics.median(samples) if samples else None

    def spread(self, name):
        """The quartiles, or what there is."""
        samples = self.samples[name]
        if len(samples) < 4:
            return samples[0], samples[-1]
        low, _, high = statistics.quantiles(samples, n=4)
        return low, high

    def ratio(self, a, b):
        """The ratio of the medians with its spread, or None."""
        if a not in self.samples or b not in self.samples:
            return None
        (a_low, a_high), (b_low, b_high) = self.spread(a), self.spread(b)
        return {"ratio": self.median(a) / self.median(b),
                "low": a_low / b_high, "high": a_high / b_low}


def figure(value):
    """Three digits or so, whatever the size."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def with_spread(ratio):
    if ratio is None:
        return "–"
    return "%s (%s-%s)" % tuple(
        figure(ratio[k]) for k in ("ratio", "low", "high"))


def print_table(title, head, rows):
    """`rows` are lists of strings, the first of each a label."""
    rows = [row for row in rows if any(cell != "–" for cell in row[1:])]
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    print(f"\n{title}\n")
    for row in [head] + rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip())


def by_count(figures, subject, stress):
    suffix = f"/{stress}" if stress else ""
    return [f"{subject}/{n}-needles{suffix}" for n in COUNTS]


def print_subjects(figures, title, subjects, stress, pairs):
    """A column for each number of needles; `pairs` are the ratios below."""
    rows = [[s] + [figure(figures.median(name))
                   for name in by_count(figures, s, stress)] for s in subjects]
    for a, b in pairs:
        rows.append([f"{a} / {b}"] + [
            figure(r and r["ratio"]) for r in (
                figures.ratio(x, y) for x, y in zip(
                    by_count(figures, a, stress),
                    by_count(figures, b, stress)))])
    print_table(title, ["N"] + list(COUNTS), rows)


def revision():
    def git(*arguments):
        done = subprocess.run(["git", *arguments], capture_output=True,
                              text=True)
        return done.stdout.strip() if done.returncode == 0 else ""
    name = git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = git("status", "--porcelain", "--untracked-files=no")
    return name + (" and changes" if changed else "")


def context_of(context):
    return {"date": context["date"],
            "cpu": f"{context.get('cpu')} x {context['num_cpus']}",
            "system": context.get("kernel"),
            "compiler": context.get("compiler"),
            "maskpipe": os.environ.get("MASKPIPE_VERSION", "unknown"),
            "matching kernel": context.get("matching_kernel", "unknown"),
            "revision": revision(),
            "vectorscan": context.get("vectorscan", "not found"),
            "load": ", ".join(figure(l) for l in context["load_avg"]),
            "text": f"{context.get('text_mib')} MiB, one thread, CPU time"}


def print_worst(figures):
    """What is meant to hurt, beside the floor that none may go below."""
    names = [f"{s}/1000-needles/{w}" for w in WORST
             for s in ("match", "stream-plain", "stream", "vectorscan")]
    names += [f"{s}/{w}/run-of-a"
              for w in ("4KiB-needle-of-a", "31-a-and-b")
              for s in ("match", "stream-plain", "stream", "vectorscan")]
    rows = []
    for name in names:
        speed = figures.median(name)
        part = figures.ratio(name, "ceiling/memcpy")
        if speed is None:
            continue
        kept = speed >= FLOOR or part and part["ratio"] >= FLOOR_OF_MEMCPY
        ours = not name.startswith("vectorscan")
        rows.append([name, figure(speed), figure(part and part["ratio"]),
                     ("" if kept else "BELOW") if ours else ""])
    print_table(f"Worst cases: {FLOOR} GiB/s or {FLOOR_OF_MEMCPY} of memcpy "
                "at least", ["", "GiB/s", "of memcpy", ""], rows)


def print_one_among(figures):
    rows = []
    for subject in ("match", "stream", "vectorscan"):
        for odd in ("rare-one-short", "rare-one-of-symbols"):
            ratio = figures.ratio(f"{subject}/1000-needles/{odd}",
                                  f"{subject}/1000-needles/rare")
            rows.append([f"{subject}, {odd}", with_spread(ratio)])
    print_table("One odd secret among 1,000: speed with it / without",
                ["", "ratio"], rows)


def print_run_of_a(figures):
    """The promise about runs of a: told, not judged, since time is noisy."""
    ratio = figures.ratio(RUN_OF_A.format("needle-of-a"),
                          RUN_OF_A.format("random-needle"))
    if ratio is None:
        return
    kept = ratio["ratio"] >= RUN_OF_A_PROMISE
    print(f"\naaaa… through a stream: with a needle of 4 KiB of a against a "
          f"random one: {with_spread(ratio)},\n  promised {RUN_OF_A_PROMISE}: "
          f"{'kept' if kept else 'BROKEN'}")


def pairs(figures):
    """The ratios that the project is judged by, by name."""
    wanted = {}
    for n in COUNTS:
        for stress in STRESSES:
            world = f"{n}-needles/{stress}"
            wanted[f"match / vectorscan, {world}"] = (
                f"match/{world}", f"vectorscan/{world}")
            wanted[f"stream / stream-plain, {world}"] = (
                f"stream/{world}", f"stream-plain/{world}")
            wanted[f"stream / vectorscan, {world}"] = (
                f"stream/{world}", f"vectorscan/{world}")
            wanted[f"match / memcpy, {world}"] = (
                f"match/{world}", "ceiling/memcpy")
        wanted[f"compile / vectorscan, {n}-needles"] = (
            f"compile/{n}-needles", f"vectorscan-compile/{n}-needles")
        wanted[f"compile everything / vectorscan, {n}-needles"] = (
            f"compile-everything/{n}-needles",
            f"vectorscan-compile/{n}-needles")
    for world in WORST:
        wanted[f"stream / memcpy, 1000-needles/{world}"] = (
            f"stream/1000-needles/{world}", "ceiling/memcpy")
    for name in figures.samples:
        if name.startswith("pipe/") and name != "pipe/cat":
            wanted[f"{name} / cat"] = (name, "pipe/cat")
    wanted["line latency / cat"] = ("latency/maskpipe", "latency/cat")
    return {name: ratio for name, (a, b) in wanted.items()
            if (ratio := figures.ratio(a, b))}


def add_programs(figures, folder):
    """What the programs beside the benchmarks measured."""
    def load(name):
        path = os.path.join(folder or "", name)
        if not folder or not os.path.exists(path):
            return {}
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    for name, pipe in load("pipe.json").items():
        figures.add(f"pipe/{name}", "GiB/CPU s", pipe["samples"])
        figures.add(f"pipe-clock/{name}", "GiB/s", [pipe["gib_per_second"]])
    latency = load("latency.json")
    for key, unit, prefix in (("line_us", "us", "latency"),
                              ("first_byte_ms", "ms", "first-byte"),
                              ("resident_mib", "MiB", "resident")):
        for name, value in latency.get(key, {}).items():
            figures.add(f"{prefix}/{name}", unit, [value])
    for n, speed in load("aho-corasick.json").items():
        figures.add(f"aho-corasick/{n}-needles/rare", "GiB/s", [speed])


def print_against(ratios, figures, base_path, context):
    with open(base_path, encoding="utf-8") as file:
        base = json.load(file)
    print(f"\nAgainst {base_path}")
    for key in ("date", "cpu", "matching kernel", "revision"):
        print(f"  {key:<16} {context[key]}  (then: {base['context'][key]})")
    rows = []
    for name, now in ratios.items():
        then = base["ratios"].get(name)
        if then:
            rows.append([name, with_spread(now), with_spread(then),
                         figure(now["ratio"] / then["ratio"])])
    print_table("Ratios (quartiles), now and then",
                ["", "now", "then", "now / then"], rows)
    rows = []
    for name in figures.samples:
        then = base["figures"].get(name)
        if then:
            rows.append([name, figure(figures.median(name)),
                         figure(then["median"]), figures.units[name],
                         figure(figures.median(name) / then["median"])])
    print_table("Figures, now and then: of one machine only",
                ["", "now", "then", "", "now / then"], rows)


def write_plots(folder, figures, context):
    os.makedirs(folder, exist_ok=True)
    note = f"{context['date'][:10]}, {context['cpu']}, {context['revision']}"
    counts = [int(n) for n in COUNTS]

    def column(subject, stress):
        return [figures.median(n) for n in by_count(figures, subject, stress)]

    def save(name, svg):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(svg)

    copy = figures.median("ceiling/memcpy")
    save("throughput.svg", plot.lines(
        "Throughput against the number of secrets, one core", note,
        "secrets; one hit per 1,000 lines", "GiB/s", counts,
        {"maskpipe, plain": column("match", "rare"),
         "maskpipe, everything": column("stream", "rare"),
         "vectorscan": column("vectorscan", "rare"),
         "RE2::Set, lines": column("re2-set-lines", "rare"),
         "aho-corasick (Rust)": column("aho-corasick", "rare")},
        ("memcpy", copy) if copy else None))
    save("compile.svg", plot.lines(
        "Time to compile a set of secrets", note, "secrets", "ms", counts,
        {"maskpipe, plain": column("compile", ""),
         "maskpipe, everything": column("compile-everything", ""),
         "vectorscan": column("vectorscan-compile", "")}))
    pipes = {n[len("pipe/"):]: r["ratio"] for n in figures.samples
             if n.startswith("pipe/") and (r := figures.ratio(n, "pipe/cat"))}
    if pipes:
        save("pipe.svg", plot.bars(
            "cat f | FILTER | cat >/dev/null, 1,000 secrets: CPU time "
            "against cat's", note, "of cat", pipes, logarithmic=True))
    times = {}
    for kind, unit, scale in (("latency", "a line alone", 1),
                              ("first-byte", "first byte", 1000)):
        for name in ("cat", "maskpipe"):
            value = figures.median(f"{kind}/{name}")
            if value:
                times[f"{name}, {unit}"] = value * scale
    if times:
        save("latency.svg", plot.bars(
            "Latency with 1,000 secrets", note, "us", times, logarithmic=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--programs")
    parser.add_argument("--json")
    parser.add_argument("--against")
    parser.add_argument("--plots")
    options = parser.parse_args()

    raw, speeds, times, errors = read(options.results)
    figures = Figures()
    for name, samples in speeds.items():
        figures.add(name, "GiB/s", samples)
    for name, samples in times.items():
        figures.add(name, "ms", samples)
    add_programs(figures, options.programs)
    context = context_of(raw)
    print("maskpipe benchmarks; medians; on a shared machine trust the ratios "
          "only")
    for key, value in context.items():
        print(f"  {key:<16} {value}")

    print_table("Ceilings", ["", "GiB/s"], [
        [n, figure(figures.median(n))]
        for n in ("ceiling/memcpy", "ceiling/read")])
    for stress in STRESSES:
        print_subjects(
            figures, f"Matching plain needles, {stress}, GiB/s",
            ("match", "vectorscan", "re2-set-lines", "aho-corasick"), stress,
            (("match", "vectorscan"),))
        print_subjects(
            figures, f"The whole stream, everything on, {stress}, GiB/s",
            ("stream", "stream-plain", "stream-lines"), stress,
            (("stream", "stream-plain"), ("stream", "vectorscan")))
    print_subjects(figures, "Records of 200 bytes, everything on, GiB/s",
                   ("records-200B", "vectorscan-records-200B"), "rare",
                   (("records-200B", "vectorscan-records-200B"),))
    print_subjects(figures, "Compiling, ms",
                   ("compile", "compile-everything", "vectorscan-compile"), "",
                   (("compile", "vectorscan-compile"),
                    ("compile-everything", "vectorscan-compile")))
    print_worst(figures)
    print_one_among(figures)
    print_run_of_a(figures)

    ratios = pairs(figures)
    if options.against:
        print_against(ratios, figures, options.against, context)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"context": context, "ratios": ratios, "figures": {
                name: {"unit": figures.units[name],
                       "median": figures.median(name),
                       "low": figures.spread(name)[0],
                       "high": figures.spread(name)[1],
                       "samples": len(samples)}
                for name, samples in figures.samples.items()}}, file, indent=1)
            file.write("\n")
    if options.plots:
        write_plots(options.plots, figures, context)
    for error in errors:
        print(f"ERROR {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
