"""Real printers: whatever they make of a secret, it is masked, the text around it stays as it is,
and no cut changes the output.

    printers_test.py CUTS [unittest arguments]
"""
import base64
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "front"))

from maskpipe_cli import CliTest, binary, main  # noqa: E402
from printers import FRAMES, PRINTERS  # noqa: E402

PROGRAMS = ("node", "jq", "bash", "perl", "openssl", "xxd", "base64", "curl", "fold", "od",
            "sed", "grep")
KEY = base64.b64encode(bytes((i * i * 7 + i * 31 + 5) % 256 for i in range(180))).decode()
SECRETS = {
    "password": "Vx7!\"£$%^&*()'~#;<>?,|`\\end",
    "url": "https://etl:s3cr%2Ft@db.internal:8443/a b?q=1&r=2+3#frag",
    "json": '{"user": "etl", "pass": "q\'7\\\\z\\n", "n": [1, 2.50]}',
    "pem": "-----BEGIN PRIVATE KEY-----\n" + "\n".join(
        KEY[i:i + 64] for i in range(0, len(KEY), 64)) + "\n-----END PRIVATE KEY-----",
    "utf8": "naïve-Größe-パスワード-🔑-ключ",
    "names": "k€y–“Ωmega”→9…† α",
    "controls": "tab\there\ttoo 7\t'q\t+",
    "short": "q7#Wz",
    "jwt": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJldGwiLCJuIjo0Mn0.c2ln-bmF0_dXJlLW9mLXNvcnRz",
    "aws": "wJbK7/M0+DNGqPxRfiC/YzEXAMPL3k3yLm9/Qs+T",
    "lines": "host: db1\n  token: 9f-Abc/77\n\tnote: \"two words\"\n  last=1",
    "digits": "4095518820374416",
    "quotes": "it's 'quoted' and \"so\" is '' this",
    "windows": "D:\\new\\table\\x0f\\$HOME",
    "shell": "$(rm -rf /);`id` ${IFS}&& !1 ~ [a-z]*",
    "percent": "50%+20%=70%25!",
}
# A line that was broken so early shows up to seven characters of the secret.
EARLY = {("fold_json", "password"), ("fold_json", "utf8"), ("fold_json", "names"),
         ("sed_list", "names")} | {
    ("od_hex_behind", secret) for secret in SECRETS}
# What is not masked as a whole, and why; everything else is.
LEFT_OUT = {
    # Fewer than eight bytes follow the break.
    ("od_hex_behind", "short"),
}
BEFORE, BEHIND = b"2026-11-24 10:11:12 INFO conn=<", b"> attempt 2\n"
MASK = b"***"


def shown(case):
    printer, secret = case
    return case, PRINTERS[printer](SECRETS[secret])


class Printers(CliTest):
    @classmethod
    def setUpClass(cls):
        lacking = [p for p in PROGRAMS if not shutil.which(p)]
        if not lacking and subprocess.run(["perl", "-MNet::LDAP::Util", "-e1"],
                                          stderr=subprocess.DEVNULL).returncode != 0:
            lacking = ["Net::LDAP of perl (Debian package libnet-ldap-perl)"]
        if lacking:
            print("SKIPPED: there is no " + ", ".join(lacking))
            sys.exit(77)
        cases = [(p, s) for p in PRINTERS for s in SECRETS]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            cls.lines = {case: BEFORE + text + BEHIND
                         for case, text in pool.map(shown, cases) if text is not None}

    def test_each_printed_secret_is_masked_and_what_is_around_it_stays(self):
        wrong = []
        source = "file:" + self.file("secrets.json", json.dumps(SECRETS))
        marks = [b"@@%d@@\n" % i for i in range(len(self.lines) + 1)]
        text = b"".join(m + line for m, line in zip(marks, self.lines.values())) + marks[-1]
        out = self.masked(text, "--source", source, "--mask-all", "--log-level=error")
        for i, (case, line) in enumerate(self.lines.items()):
            begin = out.index(marks[i]) + len(marks[i])
            masked = out[begin:out.index(marks[i + 1])]
            frame = masked[len(BEFORE):-len(BEHIND)].decode(errors="replace")
            rest = frame.replace(MASK.decode(), "")
            early = line[len(BEFORE):line.index(b"\n") + 1].decode(errors="replace")
            if case in EARLY and rest.startswith(early):
                rest = rest[len(early):]
            fine = (masked.startswith(BEFORE) and masked.endswith(BEHIND) and
                    MASK in masked and set(rest) <= set(FRAMES[case[0]]) and len(rest) <= 120)
            if fine == (case in LEFT_OUT):
                wrong.append("%s of %s:\n  %s\n  %s" % (*case, line, masked))
        self.assertFalse(wrong, "\n%d of %d\n%s" % (len(wrong), len(self.lines),
                                                    "\n".join(wrong)))

    def test_no_cut_changes_the_output(self):
        path = self.file("secrets.json", json.dumps(SECRETS))
        records = b"".join(b"%d\n" % len(line) + line for line in self.lines.values())
        done = subprocess.run([CUTS, path], input=records, stdout=subprocess.PIPE, timeout=500)
        self.assertEqual(0, done.returncode)
        answers = done.stdout.decode(errors="replace").split("\n")[:-1]
        self.assertEqual(len(self.lines), len(answers))
        wrong = ["%s of %s, cut before %s" % (*case, answer)
                 for case, answer in zip(self.lines, answers) if answer != "same"]
        self.assertFalse(wrong, "\n".join(wrong))


if __name__ == "__main__":
    CUTS = sys.argv.pop(1)
    main()
