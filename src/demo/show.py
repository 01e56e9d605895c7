"""Shows what maskpipe made of the task's log, checks it, and says how much and how fast.

  show.py view DIR               task.log and masked.log side by side
  show.py check DIR              exits 1 if a secret is left, or if anything else has changed
  show.py counts DIR             what --stats has counted
  show.py speed DIR COMMAND...   times `cat big.log | COMMAND` against `cat big.log | cat`
"""
import difflib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

PREFIX = re.compile(rb"\[\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+\+0000\] \{[\w.]+:\d+\} [A-Z]+ - ")
ARMOUR = re.compile(rb"-----(BEGIN|END) [A-Z ]+-----")
PIECE = 8  # so many characters of a secret in a row count as a leak


def read_lines(path):
    return path.read_bytes().split(b"\n")


def records(lines):
    """Splits before each line with a prefix. A masked key of many lines is one line, so lines alone do not pair up."""
    groups = []
    for line in lines:
        if PREFIX.match(line) or not groups:
            groups.append([])
        groups[-1].append(line)
    return groups


def pairs(before, after):
    """Each line with what became of it; None where there is none."""
    for old, new in itertools.zip_longest(records(before), records(after), fillvalue=[]):
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for _, i1, i2, j1, j2 in matcher.get_opcodes():
            yield from itertools.zip_longest(old[i1:i2], new[j1:j2])


def printable(line):
    """Without the long prefix, of which only the time is kept, and without bytes that would move the cursor."""
    text = PREFIX.sub(rb"[\1] ", line or b"").decode("utf-8", "backslashreplace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", lambda c: f"\\x{ord(c[0]):02x}", text)


def fit(text, start, width):
    if start:
        text = "…" + text[start + 1:]
    return text if len(text) <= width else text[:width - 1] + "…"


def fit_pair(old, new, width):
    """Both cut alike; where the first difference would be out of sight, the beginning is cut as well."""
    same = len(os.path.commonprefix([old, new]))
    start = same - width // 4 if new and same > width * 3 // 4 and old != new else 0
    return fit(old, start, width), fit(new, start, width)


def side_by_side(old, new, changed, width, red, green, plain):
    left, right = fit_pair(old, new, (width - 3) // 2)
    left = left.ljust((width - 3) // 2)
    return f"{red}{left}{plain} ≠ {green}{right}{plain}" if changed else f"{left} │ {right}"


def one_below_the_other(old, new, changed, width, red, green, plain):
    left, right = fit_pair(old, new, width - 2)
    return f"{red}- {left}{plain}\n{green}+ {right}{plain}" if changed else f"  {left}"


def view(folder):
    width = shutil.get_terminal_size((160, 24)).columns
    layout = side_by_side if width >= 120 else one_below_the_other
    colours = ("\x1b[31m", "\x1b[32m", "\x1b[0m") if sys.stdout.isatty() else ("", "", "")
    before, after = read_lines(folder / "task.log"), read_lines(folder / "masked.log")
    print("(date, file and level of each line are left out here, to save room)")
    print(layout("BEFORE", "AFTER", layout is one_below_the_other, width, *colours))
    changes = 0
    for old, new in pairs(before, after):
        changes += old != new
        print(layout(printable(old), printable(new), old != new, width, *colours).rstrip(" "))
    print(f"{len(before)} lines, {changes} of them changed")


def prefixes(lines):
    return [match[0] for match in map(PREFIX.match, lines) if match]


def is_left(value, text):
    return any(value[i:i + PIECE] in text for i in range(len(value) - PIECE + 1))


def check(folder):
    """Names what is wrong; never prints a value."""
    expected = json.loads((folder / "values.json").read_text())
    parts, wholes = ({name: value.encode() for name, value in expected[kind].items()} for kind in ("parts", "wholes"))
    before, after = read_lines(folder / "task.log"), read_lines(folder / "masked.log")
    original = b"\n".join(before)
    outputs = {"the masked log": b"\n".join(after), "standard error": (folder / "stderr").read_bytes()}
    # PEM armour is no secret, but goes with a key that is printed in one piece.
    harmless = [line for line in before
                if not ARMOUR.search(line) and not any(part in line for part in parts.values())]
    rest = iter(after)

    wrong = [f"never stood in the log: {name}" for name, value in (parts | wholes).items() if value not in original]
    for place, text in outputs.items():
        wrong += [f"left in {place}: {name}" for name, value in parts.items() if is_left(value, text)]
        wrong += [f"left in {place}: {name}" for name, value in wholes.items() if value in text]
    # "in" moves on past the line it finds: all must be there, in this order.
    wrong += [f"changed without need: line {before.index(line) + 1}" for line in harmless if line not in rest][:1]
    if prefixes(before) != prefixes(after):
        wrong.append("a line has lost its prefix")
    if wrong:
        sys.exit("\n".join(["FAILED", *wrong]))
    print(f"{len(parts)} secrets and lines of secrets: none is left, nor are {PIECE} characters of one in a row")
    print(f"{len(wholes)} values that hold them (connections, keys of many lines): none is left")
    print(f"{len(harmless)} lines without a secret: byte for byte as they were")


def counts(folder):
    lines = (folder / "stderr").read_text(errors="replace").splitlines()
    found = [line for line in lines if line.startswith('{"maskpipe_')]
    if not found:
        sys.exit("FAILED: no line of --stats on standard error")
    stats = json.loads(found[-1])
    size, masks = stats.get("maskpipe_bytes_total", {}), stats.get("maskpipe_masks_total", "?")
    print(f"bytes in {size.get('in', '?')}, bytes out {size.get('out', '?')}, masks {masks}:")
    by_name = stats.get("maskpipe_masks_by_name", {})
    for name, count in sorted(by_name.items(), key=lambda item: (-item[1], item[0])):
        print(f"{count:6}  {name}")


def seconds(path, command):
    """The best of three runs of `cat path | command > /dev/null`."""
    best = float("inf")
    for _ in range(3):
        begin = time.monotonic()
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
            done = subprocess.run(command, stdin=cat.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        best = min(best, time.monotonic() - begin)
        if done.returncode or cat.returncode:
            sys.exit(f"FAILED: status {done.returncode} of {command[0]}: {done.stderr.decode(errors='replace')}")
    return best


def speed(folder, *command):
    path = folder / "big.log"
    mib = path.stat().st_size / 2**20
    plain, masked = seconds(path, ["cat"]), seconds(path, command)
    print(f"a log of {mib:.0f} MiB, one line of 20 with a secret, best of 3:")
    print(f"  cat log | cat       {mib / plain:7.0f} MiB/s")
    print(f"  cat log | maskpipe  {mib / masked:7.0f} MiB/s, {plain / masked:.2f} of cat")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    name, directory, *rest = sys.argv[1:]
    {"view": view, "check": check, "counts": counts, "speed": speed}[name](pathlib.Path(directory), *rest)
