#!/usr/bin/env python3
"""Prints what maskpipe_bench wrote as JSON: ours beside the rivals.

    table.py RESULTS.json

Status 1: a benchmark reported an error, or the promise about runs of a broke.
"""

import collections
import json
import statistics
import sys

STRESSES = ("none", "rare", "dense", "near-misses")
COUNTS = ("1", "10", "100", "1000", "10000")
# On aaaa… with a needle of 4 KiB of a, against a random needle (issue 2).
RUN_OF_A_PROMISE = 0.05
RUN_OF_A = "stream-256KiB-writes/4KiB-{}/run-of-a"


def read(path):
    """Median speed in GiB/s or, where there is none, CPU time in ms, by name."""
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
            times[name].append(run["cpu_time"])
            if "bytes_per_second" in run:
                speeds[name].append(run["bytes_per_second"] / 2**30)

    def medians(lists):
        return {name: statistics.median(l) for name, l in lists.items()}

    return data["context"], medians(speeds), medians(times), errors


def figure(value):
    """Three digits or so, whatever the size."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def divided(ours, theirs):
    return None if ours is None or not theirs else ours / theirs


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


def print_ratio(title, values, ours, rivals, stress, invert=False):
    """A column for each number of needles; the ratio is to the first rival."""
    suffix = f"/{stress}" if stress else ""
    rows = {subject: [values.get(f"{subject}/{n}-needles{suffix}")
                      for n in COUNTS] for subject in (ours,) + rivals}
    pairs = zip(rows[ours], rows[rivals[0]])
    ratio = [divided(b, a) if invert else divided(a, b) for a, b in pairs]
    table = [[name] + [figure(v) for v in row] for name, row in rows.items()]
    table.insert(2, [f"ratio to {rivals[0]}"] + [figure(v) for v in ratio])
    print_table(title, ["N"] + list(COUNTS), table)


def print_speeds(title, speeds, names):
    print_table(title, ["", "GiB/s"], [[n, figure(speeds.get(n))] for n in names])


def print_context(context):
    print(f"maskpipe benchmarks, {context['date']}")
    print(f"  CPU       {context.get('cpu')} x {context['num_cpus']}")
    print(f"  kernel    {context.get('kernel')}")
    print(f"  compiler  {context.get('compiler')}")
    print(f"  rival     vectorscan {context.get('vectorscan', 'not found')}")
    print(f"  load      {', '.join(figure(l) for l in context['load_avg'])}")
    print(f"  text      {context.get('text_mib')} MiB, one thread, CPU time,")
    print("            medians; on a shared machine trust the ratios only")


def print_run_of_a(speeds):
    """The promise about runs of a: told, not judged, since time is noisy."""
    of_a = speeds.get(RUN_OF_A.format("needle-of-a"))
    random = speeds.get(RUN_OF_A.format("random-needle"))
    ratio = divided(of_a, random)
    if ratio is None:
        return
    kept = ratio >= RUN_OF_A_PROMISE
    print(f"\naaaa… through a stream: {figure(of_a)} GiB/s with a needle of "
          f"4 KiB of a,\n  {figure(random)} GiB/s with a random one; ratio "
          f"{ratio:.3f}, promised {RUN_OF_A_PROMISE}: "
          f"{'kept' if kept else 'BROKEN'}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    context, speeds, times, errors = read(sys.argv[1])
    print_context(context)
    print_speeds("Ceilings", speeds, ("ceiling/memcpy", "ceiling/read"))
    for stress in STRESSES:
        print_ratio(f"Matching alone, {stress}, GiB/s", speeds,
                    "match", ("vectorscan", "re2-set-lines"), stress)
    print_ratio("Records of 200 bytes, rare, GiB/s", speeds,
                "records-200B", ("vectorscan-records-200B",), "rare")
    for stress in STRESSES:
        print_ratio(f"The whole stream, {stress}, GiB/s", speeds,
                    "stream-256KiB-writes", ("stream-line-writes",), stress)
    print_ratio("Compiling, ms (ratio: how much faster we are)", times,
                "compile", ("vectorscan-compile",), "", invert=True)
    print_run_of_a(speeds)
    for error in errors:
        print(f"ERROR {error}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
