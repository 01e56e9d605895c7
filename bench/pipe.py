"""The whole way through a pipe: `cat f | FILTER | cat > /dev/null`, maskpipe
beside cat and beside other filters, over the same bytes.

usage: bench/pipe.py --maskpipe BINARY --world DIR [--rivals DIR] [--json OUT]
                     [--mib SMALL,LARGE] [--rounds N] [--only NAME,...]

DIR holds what `maskpipe_bench --save=DIR` writes. Each output is compared with
the right answer by hash first. What is told is the time at LARGE less the time
at SMALL MiB, so that no start counts, taken in turn: CPU time of the filter
(wait4), the median, and time by the clock, the least. Slow filters get less
text, and only once. Status 1: an answer was wrong.
"""
import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20


def filters(options, world):
    """Name, command, and the MiB at most that it gets in a run; or why it
    cannot run."""
    needles = os.path.join(world, "needles.txt")
    maskpipe = [options.maskpipe, "--source",
                "file:" + os.path.join(world, "needles.json")]
    rivals = options.rivals or "/nonexistent"
    with open(needles) as file:
        values = file.read().splitlines()
    sed, perl = (os.path.join(world, n) for n in ("rival.sed", "rival.pl"))
    with open(sed, "w") as file:
        file.writelines("s/%s/***/g\n" % "".join(
            "\\" + c if c in r"\/.*[]^$" else c for c in v) for v in values)
    with open(perl, "w") as file:
        file.write("while (<STDIN>) { s/(?:%s)/***/g; print; }\n" % "|".join(
            "".join(c if c.isalnum() else "\\" + c for c in v)
            for v in values))

    def own(name, mib, *arguments):
        path = os.path.join(rivals, name)
        if not os.access(path, os.X_OK):
            return None, mib
        return [path, *arguments], mib

    def program(name, mib, *arguments):
        path = shutil.which(name)
        return ([path, *arguments] if path else None), mib

    all_ = {"cat": (["cat"], None), "maskpipe": (maskpipe, None)}
    text = subprocess.run([options.maskpipe, "--help"], capture_output=True,
                          text=True).stdout
    if "--forms" in text:
        all_["maskpipe --forms=plain"] = (maskpipe + ["--forms=plain"], None)
    all_.update({
        "vectorscan": own("vectorscan_filter", None, needles),
        "aho-corasick (Rust)": own("rival_rust", 64, "filter", needles),
        "strings.NewReplacer (Go)": own("rival_go", 64, needles),
        "ripgrep": program("rg", 64, "--passthru", "--no-line-number",
                           "--no-filename", "-a", "--fixed-strings", "--file",
                           needles, "--replace", "***"),
        "perl": program("perl", 16, perl),
        "sed": program("sed", 1, "-f", sed),
        "Python re (Airflow)": ([sys.executable, os.path.join(
            HERE, "rivals", "airflow_re.py"), needles], 0.25),
    })
    return all_


def run(command, path):
    """CPU seconds of the filter, and seconds by the clock."""
    begin = time.monotonic()
    first = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
    middle = subprocess.Popen(command, stdin=first.stdout,
                              stdout=subprocess.PIPE)
    last = subprocess.Popen(["cat"], stdin=middle.stdout,
                            stdout=subprocess.DEVNULL)
    first.stdout.close()
    middle.stdout.close()
    _, status, usage = os.wait4(middle.pid, 0)
    middle.returncode = os.waitstatus_to_exitcode(status)
    first.wait()
    last.wait()
    if middle.returncode != 0:
        raise SystemExit("%s: status %d" % (command[0], middle.returncode))
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begin


def answer(command, path):
    with open(path, "rb") as text:
        process = subprocess.Popen(command, stdin=text,
                                   stdout=subprocess.PIPE)
        digest = hashlib.sha256()
        while block := process.stdout.read(MIB):
            digest.update(block)
        process.wait()
    return digest.hexdigest()


class Text:
    """The world's text and answer in other sizes: repeated, or its beginning
    up to a line's end."""

    def __init__(self, world, folder):
        self.folder = folder
        self.lines = []
        self.logs = {}
        for kind in ("text", "masked"):
            with open(os.path.join(world, kind + ".log"), "rb") as file:
                self.logs[kind] = file.read()
        self.paths = {}

    def path(self, mib, kind="text"):
        if (mib, kind) not in self.paths:
            log = self.logs[kind]
            # Both have the same lines, and a mask is short.
            text = self.logs["text"]
            wanted = int(mib * MIB)
            if wanted >= len(text):
                log = log * round(wanted / len(text))
            else:
                lines = text.count(b"\n", 0, wanted)
                log = b"\n".join(log.split(b"\n", lines)[:lines]) + b"\n"
            path = os.path.join(self.folder, "%s-%s.log" % (kind, mib))
            with open(path, "wb") as file:
                file.write(log)
            self.paths[mib, kind] = path
        return self.paths[mib, kind]

    def bytes_of(self, mib):
        return os.path.getsize(self.path(mib))

    def hash_of(self, mib, kind):
        with open(self.path(mib, kind), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def measure(name, command, text, small, large, samples):
    cpu, clock = {}, {}
    for mib in (small, large):
        cpu[mib], clock[mib] = run(command, text.path(mib))
    samples[name]["cpu"].append(cpu[large] - cpu[small])
    samples[name]["small"].append(clock[small])
    samples[name]["large"].append(clock[large])
    samples[name]["bytes"] = text.bytes_of(large) - text.bytes_of(small)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--maskpipe", required=True)
    parser.add_argument("--world", required=True)
    parser.add_argument("--rivals")
    parser.add_argument("--json")
    parser.add_argument("--mib", default="256,1024")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only")
    options = parser.parse_args()
    small, large = (float(m) for m in options.mib.split(","))
    with tempfile.TemporaryDirectory() as folder:
        text = Text(options.world, folder)
        wrong, fast, slow = [], [], []
        samples = {}
        for name, (command, most) in filters(options, options.world).items():
            if options.only and name not in options.only.split(","):
                continue
            if command is None:
                print("%s: not installed" % name)
                continue
            limited = most is not None and most < large
            sizes = (min(small, most / 4), most) if limited else (small, large)
            kind = "text" if name == "cat" else "masked"
            if answer(command, text.path(sizes[0])) != text.hash_of(
                    sizes[0], kind):
                print("%s: a wrong answer" % name)
                wrong.append(name)
                # Of a rival it is worth a word; of ours the end.
                continue
            samples[name] = {"cpu": [], "small": [], "large": []}
            (slow if limited else fast).append((name, command, *sizes))
        for _ in range(options.rounds):
            for name, command, *sizes in fast:
                measure(name, command, text, *sizes, samples)
        for name, command, *sizes in slow:
            measure(name, command, text, *sizes, samples)
    report(samples, options.json)
    return int("maskpipe" in wrong or "maskpipe --forms=plain" in wrong)


def report(samples, path):
    figures = {}
    for name, s in samples.items():
        gib = s["bytes"] / 2**30
        cpu = statistics.median(s["cpu"])
        clock = min(s["large"]) - min(s["small"])
        figures[name] = {
            "gib_per_cpu_second": gib / cpu if cpu > 0 else None,
            "gib_per_second": gib / clock if clock > 0 else None,
            "samples": [gib / c for c in s["cpu"] if c > 0]}
    cat = figures.get("cat")
    print("\n%-26s %12s %8s %10s %8s" % ("whole pipe", "GiB/CPU s", "of cat",
                                        "GiB/s", "of cat"))
    for name, f in figures.items():
        cells = []
        for key in ("gib_per_cpu_second", "gib_per_second"):
            ours, cats = f[key], cat and cat[key]
            cells.append("%.3g" % ours if ours else "-")
            cells.append("%.2g" % (ours / cats) if ours and cats else "-")
        print("%-26s %12s %8s %10s %8s" % (name, *cells))
    if path:
        with open(path, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
