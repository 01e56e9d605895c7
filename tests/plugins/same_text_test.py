"""The same 20,000 records give the same masked text whichever way they take into the library: the
filter, the C ABI, the C++ wrapper, spdlog's sink, Python, rsyslog and the Fluent Bit filter (in our
own host; fluentbit_test has a real one).

usage: same_text_test.py SAME_TEXT FLUENTBIT_HOST
"""
import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest
from urllib.parse import quote

import maskpipe
import rsyslog_test

SAME_TEXT = sys.argv.pop(1)
FLUENTBIT_HOST = sys.argv.pop(1)
CORPORA = pathlib.Path(__file__).resolve().parents[1] / "data" / "corpora"
SEED = 20260


def secrets(dice):
    """Values as people choose them: some share beginnings, lie in one another, hold symbols."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    found = {}
    for n in range(100):
        value = "".join(dice.choices(letters + "!#$&/+=-_%'\" ", k=dice.randint(6, 40))).strip()
        found[f"s{n}"] = value + dice.choice(letters)
    found.update(inner=found["s1"][1:-1], longer=found["s2"] + "-tail9", beginning=found["s3"][:5],
                 umlaut="pässwörd-1", url="postgresql://etl:Qp9%2Fzz-x@db/x", token="tok5")
    return found


def records(dice, values):
    lines = []
    for path in sorted(CORPORA.glob("*.log")):
        lines += path.read_text(errors="replace").splitlines()
    spellings = (str, lambda v: quote(v, safe=""), lambda v: json.dumps(v)[1:-1],
                 lambda v: base64.b64encode(v.encode()).decode(), repr, lambda v: v + v)
    made = []
    while len(made) < 20000:
        line = dice.choice(lines).strip().replace("\t", " ")
        line = "".join(c for c in line if c.isprintable() and c != "\ufffd")
        if dice.random() < 0.6:
            at = dice.randrange(len(line) + 1)
            line = line[:at] + dice.choice(spellings)(dice.choice(values)) + line[at:]
        made.append(f"{len(made)}: {line} .")  # no record ends within a secret
    return made


class SameText(rsyslog_test.Directory):
    def setUp(self):
        super().setUp()
        dice = random.Random(SEED)
        print("seed", SEED, file=sys.stderr)
        values = secrets(dice)
        self.secrets.write_text(json.dumps(values))
        self.spec = f"file:{self.secrets}"
        self.lines = records(dice, list(values.values()))
        self.text = "".join(line + "\n" for line in self.lines).encode()

    def run_program(self, *command):
        done = subprocess.run(command, input=self.text, stdout=subprocess.PIPE, timeout=120)
        self.assertEqual(0, done.returncode)
        return done.stdout.decode().splitlines()

    def test_every_way_gives_the_same(self):
        reference = self.run_program(os.environ["MASKPIPE"], "--log-level", "error", "--source",
                                     self.spec)
        self.assertEqual(20000, len(reference))
        changed = sum(a != b for a, b in zip(reference, self.lines))
        self.assertGreater(changed, 5000)
        ways = {way: self.run_program(SAME_TEXT, way, self.spec)
                for way in ("abi", "wrapper", "spdlog")}
        ways["fluentbit"] = self.run_program(FLUENTBIT_HOST, "--lines", self.spec)
        masker = maskpipe.Masker(self.spec)
        ways["python"] = [masker.mask(line) for line in self.lines]
        ways["rsyslog"] = self.through_rsyslog()
        for way, lines in ways.items():
            for n, line in enumerate(self.lines):
                self.assertEqual(reference[n], lines[n], (way, line))
            self.assertEqual(20000, len(lines), way)

    def through_rsyslog(self):
        """Under the real rsyslogd where it is there, else as it calls the helper."""
        rsyslogd = rsyslog_test.Rsyslogd()
        if getattr(rsyslog_test.Rsyslogd, "__unittest_skip__", False):
            raise unittest.SkipTest("SKIPPED: rsyslogd is missing (Debian package rsyslog)")
        rsyslogd.setUp()
        try:
            rsyslogd.config.write_text(f"source = {self.spec}\nlog-level = off\n")
            rsyslogd.start(change=lambda text: text.replace(
                'string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg:::sp-if-no-1st-sp'
                '%%msg%\\n"', 'string="%msg%\\n"'))
            rsyslogd.input.write_bytes(self.text)
            rsyslogd.wait_for(20000)
            rsyslogd.stop()
            self.assertEqual("", rsyslogd.read(rsyslogd.quarantine))
            return rsyslogd.read(rsyslogd.masked).splitlines()
        finally:
            rsyslogd.doCleanups()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "SameText"], verbosity=2)
