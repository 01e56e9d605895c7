"""How late a line written alone arrives, how long a start takes until the
first byte, and how much memory stays resident; beside cat.

usage: bench/latency.py --maskpipe BINARY --secrets FILE [--many FILE]
                        [--rounds N] [--json OUT]

FILE holds the secrets (1,000), --many more of them (10,000), as maskpipe_bench
--save=DIR writes them: needles.json. All are taken in turn; medians. Status 1:
a line came back changed.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

LINE = b"2026-11-24T23:25:17Z INFO worker-3 task finished in 231 ms, 18 rows\n"


class Filter:
    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def pass_line(self):
        """Microseconds until a line is back."""
        begin = time.perf_counter()
        os.write(self.process.stdin.fileno(), LINE)
        got = b""
        while len(got) < len(LINE):
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise SystemExit("%s: ended" % self.process.args[0])
            got += piece
        took = time.perf_counter() - begin
        if got != LINE:
            raise SystemExit("%s: a wrong answer" % self.process.args[0])
        return took * 1e6

    def memory(self, key):
        """MiB of what /proc tells."""
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1]) / 1024
        raise SystemExit("no %s" % key)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def first_byte(command):
    """Milliseconds from the start until a line is through."""
    begin = time.perf_counter()
    filter_ = Filter(command)
    filter_.pass_line()
    took = time.perf_counter() - begin
    filter_.close()
    return took * 1e3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--maskpipe", required=True)
    parser.add_argument("--secrets", required=True)
    parser.add_argument("--many")
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--json")
    options = parser.parse_args()

    def maskpipe(path):
        return [options.maskpipe, "--source", "file:" + path]

    commands = {"cat": ["cat"], "maskpipe": maskpipe(options.secrets)}
    live = {name: Filter(c) for name, c in commands.items()}
    lines = {name: [] for name in live}
    for filter_ in live.values():
        filter_.pass_line()
    for _ in range(options.rounds):
        for name, filter_ in live.items():
            lines[name].append(filter_.pass_line())
            time.sleep(0.0002)  # a line that is alone: all are asleep again
    starts = {name: [] for name in live}
    for _ in range(max(5, options.rounds // 100)):
        for name, command in commands.items():
            starts[name].append(first_byte(command))
    figures = {
        "line_us": {n: statistics.median(v) for n, v in lines.items()},
        "line_us_99": {n: statistics.quantiles(v, n=100)[98]
                       for n, v in lines.items()},
        "first_byte_ms": {n: statistics.median(v) for n, v in starts.items()},
        "resident_mib": {"maskpipe": live["maskpipe"].memory("VmRSS")}}
    for filter_ in live.values():
        filter_.close()
    if options.many:
        many = Filter(maskpipe(options.many))
        many.pass_line()
        figures["resident_mib"]["maskpipe, many"] = many.memory("VmRSS")
        figures["resident_mib"]["maskpipe, many, at most"] = many.memory(
            "VmHWM")
        many.close()
    print("\n%-26s %10s %10s" % ("one line alone", "median us", "99 % us"))
    for name in live:
        print("%-26s %10.1f %10.1f" % (name, figures["line_us"][name],
                                       figures["line_us_99"][name]))
    print("ratio of the medians: %.2f" % (
        figures["line_us"]["maskpipe"] / figures["line_us"]["cat"]))
    for name, ms in figures["first_byte_ms"].items():
        print("start to first byte, %-9s %8.1f ms" % (name, ms))
    for name, mib in figures["resident_mib"].items():
        print("resident, %-24s %6.1f MiB" % (name, mib))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
