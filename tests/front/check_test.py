"""maskpipe check: what would be masked, and what needs mending."""

import json
import os
import re

import maskpipe_cli
from maskpipe_cli import CliTest

GOOD = {"alpha": "first-good-value", "beta": "second-good-value"}


class Statuses(CliTest):

    def check(self, *arguments, **more):
        return self.mask(b"", "check", *arguments, **more)

    def test_0_when_all_is_well(self):
        run = self.check(*self.named(GOOD))
        self.assertEqual((run.status, run.err), (0, b""), run)

    def test_1_when_a_secret_needs_mending(self):
        for value, word in (("abc", b"alone"), ("ab", b"too short"),
                            ("----------", b"one symbol"), (" ", b"empty")):
            with self.subTest(value=value):
                run = self.check(*self.named({"weak": value, **GOOD}))
                self.assertEqual(run.status, 1, run)
                self.assertRegex(run.out, rb"(?m)^weak .*" + word)

    def test_1_when_a_source_is_warned_about(self):
        path = self.file("open.json", json.dumps(GOOD), 0o644)
        run = self.check("--source", "file:" + path)
        self.assertEqual(run.status, 1, run)
        self.assertRegex(run.out, rb"(?m)^readable-by-all +\S*open.json: ")
        self.assertIn(b"chmod", run.out)
        self.assertEqual(run.err, b"")

    def test_1_when_a_source_holds_nothing_and_3_when_it_must(self):
        source = ["--source", "env:NO_SUCH_VARIABLE_*"]
        self.assertEqual(self.check(*source).status, 1)
        self.assertEqual(self.check(*source, "--require-secrets").status, 3)

    def test_2_for_usage(self):
        for arguments in ([], ["--nosuch"],
                          [*self.named(GOOD), "--format=xml"],
                          [*self.named(GOOD), "--against=/no/such"],
                          [*self.named(GOOD), "--against", self.dir]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.check(*arguments).status, 2)

    def test_3_when_a_source_fails(self):
        run = self.check("--source", "file:/no/such.json")
        self.assertEqual(run.status, 3, run)
        self.assertIn(b"/no/such.json", run.err)
        self.assertRegex(run.out, rb"(?m)^source-failed +/no/such.json: ")
        run = self.check("--source", "file:/no/such.json", "--format=json")
        found = json.loads(run.out)
        self.assertEqual([f["code"] for f in found["findings"]],
                         ["source-failed"])
        self.assertEqual(found["secrets"], [])

    def test_all_failing_sources_are_told_at_once(self):
        run = self.check("--source", "file:/no/such-1", "--source",
                         "file:/no/such-2", *self.named(GOOD))
        self.assertEqual(run.status, 3, run)
        for said in (run.out, run.err):
            self.assertIn(b"/no/such-1", said)
            self.assertIn(b"/no/such-2", said)
        self.assertNotIn(b"good-value", run.out + run.err)

    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            run = self.check(*self.named(GOOD), stdout=full)
        self.assertEqual(run.status, 1)
        self.assertIn(b"standard output", run.err)


class Tables(CliTest):

    CONNECTION = json.dumps({"host": "db.example.com", "port": 5432,
                             "login": "etl", "password": "pw-of-the-db",
                             "extra": {"api_key": "key-of-the-api"}})
    SECRETS = {"conn": CONNECTION, "weak": "abc", "hopeless": "q7",
               "level": "true", "uri": "pg://u:pw-in-the-uri@host/db"}

    def test_the_table_names_everything_and_shows_no_value(self):
        run = self.mask(b"", "check", *self.named(self.SECRETS))
        table = run.out.decode()
        for row in (r"^conn +file:\S+ +value +1 +masked",
                    r"^conn/password +file:\S+ +part +1 +masked",
                    r"^conn/extra/api_key +file:\S+ +part +1 +masked",
                    r"^conn/host +file:\S+ +part +1 +harmless",
                    r"^uri/password +file:\S+ +part +1 +masked",
                    r"^weak +file:\S+ +value +1 +masked where alone",
                    r"^hopeless +file:\S+ +value +1 +too short",
                    r"^level +file:\S+ +value +1 +(allowed|harmless)"):
            self.assertRegex(table, re.compile(row, re.MULTILINE))
        self.no_values(run)

    def no_values(self, run):
        for value in (b"pw-of-the-db", b"key-of-the-api", b"pw-in-the-uri",
                      b"abc", b"q7", b"db.example.com", b"5432"):
            # Names of temporary folders are random, so words are compared.
            self.assertIsNone(
                re.search(rb"(?<![\w-])" + value + rb"(?![\w-])",
                          run.out + run.err), value)

    def test_the_table_tells_the_protected_memory(self):
        out = self.masked(b"", "check", *self.named(GOOD)).decode()
        match = re.search(r"(\d+) secrets? from (\d+) sources?; (\d+) KiB of "
                          r"protected memory, (\d+) KiB of it locked", out)
        self.assertIsNotNone(match, out)
        self.assertEqual(match.group(1, 2), ("2", "1"))
        self.assertLessEqual(int(match.group(4)), int(match.group(3)))

    def test_secrets_are_counted_and_not_their_parts(self):
        run = self.mask(b"", "check", *self.named(self.SECRETS))
        self.assertIn(b"\n%d secrets from 1 source" % len(self.SECRETS),
                      run.out)

    def test_json_says_the_same(self):
        run = self.mask(b"", "check", *self.named(self.SECRETS), "--format",
                        "json")
        self.assertEqual(run.status, 1)
        table = json.loads(run.out)
        states = {(r["name"], r["kind"]): r["state"] for r in table["secrets"]}
        self.assertEqual(states["conn", "value"], "masked")
        self.assertEqual(states["conn/password", "part"], "masked")
        self.assertEqual(states["conn/port", "part"], "harmless")
        self.assertEqual(states["weak", "value"], "masked where alone")
        self.assertEqual(states["hopeless", "value"], "too short")
        self.assertTrue(any("weak" in c for c in table["concerns"]))
        self.assertGreaterEqual(table["memory"]["bytes"],
                                table["memory"]["locked"])
        self.assertNotIn("masks", table["secrets"][0])
        self.no_values(run)

    def test_json_stays_json_with_odd_names_and_paths(self):
        path = self.file('q"u\\o\nte\u00e9.json', json.dumps(
            {'na"me\\\n\u00e9': "first-good-value"}))
        run = self.mask(b"", "check", "--source", "file:" + path,
                        "--format=json")
        self.assertEqual(run.status, 0, run)
        self.assertEqual(len(json.loads(run.out)["secrets"]), 1)


class Against(CliTest):

    def sample(self):
        lines = ["line %d is harmless" % i for i in range(1000)]
        for i in range(0, 1000, 20):
            lines[i] += " info"  # 50 of 1000: more than one of a hundred
        for i in range(0, 9):
            lines[i] += " first-good-value"
        return self.file("sample.log", "\n".join(lines) + "\n")

    def against(self, secrets, *arguments):
        return self.mask(b"", "check", *self.named(secrets), "--against",
                         self.sample(), *arguments)

    def test_masks_are_counted_by_name(self):
        run = self.against({**GOOD, "level": "info-"})
        self.assertEqual(run.status, 0, run)
        self.assertRegex(run.out, rb"(?m)^alpha .* 9$")
        self.assertRegex(run.out, rb"(?m)^beta .* 0$")
        self.assertNotIn(b"name:", run.out)

    def test_json_counts_too(self):
        table = json.loads(self.against(GOOD, "--format=json").out)
        masks = {r["name"]: r["masks"] for r in table["secrets"]}
        self.assertEqual(masks, {"alpha": 9, "beta": 0})

    def test_an_over_masked_log_needs_mending(self):
        run = self.against({"level": "info", **GOOD})
        self.assertEqual(run.status, 1)
        self.assertEqual(
            [l for l in run.out.decode().splitlines()
             if l.startswith("name:")], ["name:level"])

    def test_the_printed_lines_calm_the_log_when_allowed(self):
        for name in ("level", "db level", "le*[vel]?", "folder/l\u00e9vel",
                     "back\\slash", "x" * 63, " level "):
            with self.subTest(name=name):
                secrets = {name: "info", **GOOD}
                lines = [l for l in self.against(secrets).out.splitlines()
                         if l.startswith(b"name:")]
                self.assertEqual(len(lines), 1)
                allow = self.file("allow", b"\n".join(lines) + b"\n")
                self.assertEqual(
                    self.masked(b"an info first-good-value",
                                *self.named(secrets), "--allow", allow,
                                "--log-level=error"), b"an info ***")
                again = self.against(secrets, "--allow", allow)
                self.assertNotIn(b"\nname:", again.out)

    def test_a_name_that_is_printed_cut_off_allows_no_other(self):
        host, password = "c" * 70 + "/host", "c" * 70 + "/password"
        secrets = {host: "info", password: "s3cret-value"}
        run = self.against(secrets)
        self.assertNotIn(b"\nname:", run.out)
        self.assertIn(b"allow it by its value", run.out)
        allow = self.file("allow", b"name:" + b"c" * 64 + b"\n")
        self.assertEqual(
            self.masked(b"an s3cret-value", *self.named(secrets), "--allow",
                        allow, "--log-level=error"), b"an ***")

    def test_a_sample_may_be_standard_input_or_a_descriptor(self):
        reader, writer = os.pipe()
        os.write(writer, b"first-good-value\n" * 3)
        os.close(writer)
        run = self.mask(b"", "check", *self.named(GOOD), "--against",
                        "/dev/fd/%d" % reader, pass_fds=[reader])
        os.close(reader)
        self.assertRegex(run.out, rb"(?m)^alpha .* 3$")

    def test_nothing_of_the_sample_is_printed(self):
        run = self.against({"level": "info", **GOOD})
        self.assertNotIn(b"harmless\n", run.out + run.err)
        self.assertNotIn(b"first-good-value", run.out + run.err)


if __name__ == "__main__":
    maskpipe_cli.main()
