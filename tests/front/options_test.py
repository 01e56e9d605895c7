"""The options of the command line, its messages and its reports."""

import hashlib
import hmac
import json
import os
import re

import maskpipe_cli
from maskpipe_cli import CliTest

SECRET = b"hunter2-secret"
MARKER = "Mrk-9f3a7c51"


def prometheus(text):
    """The exposition format: {metric: {label value or None: number}}.

    Refuses samples without HELP and TYPE, series that come twice and escapes
    that the format does not know.
    """
    helped, typed, samples = set(), set(), {}
    if not text.endswith("\n"):
        raise ValueError("no line feed at the end")
    for line in text.splitlines():
        words = line.split(" ")
        if words[:2] == ["#", "HELP"]:
            helped.add(words[2])
            continue
        if words[:2] == ["#", "TYPE"]:
            if words[3] not in ("counter", "gauge"):
                raise ValueError(line)
            typed.add(words[2])
            continue
        match = re.fullmatch(
            r'([a-z_]+)(?:\{([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"\})? (\d+)',
            line)
        if match is None:
            raise ValueError(line)
        metric, _, value, number = match.groups()
        if metric not in helped or metric not in typed:
            raise ValueError("no HELP or TYPE: " + line)
        series = samples.setdefault(metric, {})
        if value in series:
            raise ValueError("twice: " + line)
        series[value] = int(number)
    return samples


class Precedence(CliTest):

    def mask_with(self, flag=None, variable=None, ini=None):
        arguments, env = self.one(SECRET), {}
        if flag is not None:
            arguments += ["--mask", flag]
        if variable is not None:
            env["MASKPIPE_MASK"] = variable
        if ini is not None:
            arguments += ["--config", self.file("c.ini", "mask = %s\n" % ini)]
        return self.masked(SECRET, *arguments, env=env)

    def test_flags_before_variables_before_the_file_before_defaults(self):
        self.assertEqual(self.mask_with(), b"***")
        self.assertEqual(self.mask_with(ini="<ini>"), b"<ini>")
        self.assertEqual(self.mask_with(variable="<var>"), b"<var>")
        self.assertEqual(self.mask_with(flag="<flag>"), b"<flag>")
        self.assertEqual(self.mask_with(variable="<var>", ini="<ini>"),
                         b"<var>")
        self.assertEqual(self.mask_with("<flag>", "<var>", "<ini>"), b"<flag>")
        self.assertEqual(self.mask_with("<flag>", None, "<ini>"), b"<flag>")

    def test_an_empty_variable_counts_as_not_set(self):
        self.assertEqual(self.mask_with(variable=""), b"***")
        self.assertEqual(self.mask_with(variable="", ini="<ini>"), b"<ini>")

    def test_the_last_of_a_flag_given_twice_counts(self):
        self.assertEqual(
            self.masked(SECRET, *self.one(SECRET), "--mask", "a", "--mask=b"),
            b"b")

    def test_the_variable_of_the_config_file_is_read(self):
        config = self.file("c.ini", "mask = <ini>\n")
        self.assertEqual(
            self.masked(SECRET, *self.one(SECRET),
                        env={"MASKPIPE_CONFIG": config}), b"<ini>")

    def test_flags_of_yes_and_no_are_overruled_either_way(self):
        config = self.file("c.ini", "stats = true\n")
        run = self.mask(b"", *self.one(SECRET), "--config", config)
        self.assertIn(b"maskpipe_bytes_total", run.err)
        run = self.mask(b"", *self.one(SECRET), "--config", config,
                        env={"MASKPIPE_STATS": "false"})
        self.assertEqual(run.err, b"")
        run = self.mask(b"", *self.one(SECRET), "--stats",
                        env={"MASKPIPE_STATS": "0"})
        self.assertIn(b"maskpipe_bytes_total", run.err)

    def test_repeatable_options_add_up_and_each_rank_replaces_the_lower(self):
        a, b, c = ("file[format=value]:" + self.file(n, n + "-secret-value")
                   for n in "abc")
        text = b"a-secret-value b-secret-value c-secret-value"
        config = self.file("c.ini", "source = %s\nsource = %s\n" % (a, b))
        two = b"*** *** c-secret-value"
        only_c = b"a-secret-value b-secret-value ***"
        self.assertEqual(self.masked(text, "--source", a, "--source", b), two)
        self.assertEqual(self.masked(text, "--config", config), two)
        self.assertEqual(
            self.masked(text, env={"MASKPIPE_SOURCE": a + "\n" + b}), two)
        self.assertEqual(
            self.masked(text, "--config", config, env={"MASKPIPE_SOURCE": c}),
            only_c)
        self.assertEqual(
            self.masked(text, "--source", c, env={"MASKPIPE_SOURCE": a}),
            only_c)

    def test_a_number_sign_begins_a_comment_in_a_config_file(self):
        """Boost.Program_options reads it so, also within a value."""
        self.assertEqual(self.mask_with(ini="<ini> # why"), b"<ini>")
        self.assertEqual(self.mask_with(ini="a#b"), b"a")

    def test_every_option_of_the_help_has_its_variable(self):
        run = self.mask(b"", "--help")
        options = set(re.findall(r"--([a-z-]+)", run.out.decode()))
        options -= {"config", "help", "version", "add-fd"}
        env = {"MASKPIPE_" + o.upper().replace("-", "_"): "" for o in options}
        self.assertGreater(len(env), 15)
        run = self.mask(SECRET, *self.one(SECRET), env=env)
        self.assertEqual((run.status, run.out, run.err), (0, b"***", b""))

    def test_an_unknown_variable_is_warned_about_and_not_repeated(self):
        run = self.mask(b"x", *self.one(SECRET), env={"MASKPIPE_MSK": MARKER})
        self.assertEqual((run.status, run.out), (0, b"x"))
        self.assertIn(b"MASKPIPE_MSK", run.err)
        self.assertNotIn(MARKER.encode(), run.err)


class Forms(CliTest):
    TEXT = (b"p@ss/w0rd-1 p%40ss%2Fw0rd-1 cEBzcy93MHJkLTE= "
            b"70407373 2f773072642d31")

    def test_each_is_chosen_by_its_name(self):
        plain = (b"*** p%40ss%2Fw0rd-1 cEBzcy93MHJkLTE= "
                 b"70407373 2f773072642d31")
        for forms, out in (
                ("all", b"*** *** *** ***"), ("plain", plain),
                ("spellings",
                 b"*** *** cEBzcy93MHJkLTE= 70407373 2f773072642d31"),
                ("base64", b"*** p%40ss%2Fw0rd-1 *** 70407373 2f773072642d31"),
                ("hex,base64", b"*** p%40ss%2Fw0rd-1 *** ***")):
            with self.subTest(forms=forms):
                self.assertEqual(
                    self.masked(self.TEXT, *self.one(b"p@ss/w0rd-1"),
                                "--forms=" + forms), out)
        self.assertEqual(
            self.masked(self.TEXT, *self.one(b"p@ss/w0rd-1"),
                        env={"MASKPIPE_FORMS": "plain"}), plain)
        self.assertEqual(
            self.masked(self.TEXT, *self.one(b"p@ss/w0rd-1")),
            b"*** *** *** ***", "everything is on by default")

    def test_a_wrong_name_is_told_the_right_ones(self):
        for value in ("base46", "hex,", "plain,hex"):
            run = self.mask(b"x", *self.one(SECRET), "--forms=" + value)
            self.assert_refused(run, 2, "forms", "plain",
                                "base64,hex,spellings")


class Refusals(CliTest):

    def test_unknown_options_are_refused_by_name_without_their_value(self):
        for argument, name in (
                ("--pasword=" + MARKER, "--pasword"), ("-p" + MARKER, "-p"),
                ("--Mask=" + MARKER, "--Mask"),
                ("--mas", "--mas"), ("--log", "--log"), ("-z", "-z")):
            with self.subTest(argument=argument):
                run = self.mask(b"text", *self.one(SECRET), argument)
                self.assert_refused(run, 2, name, never=[MARKER])

    def test_bad_values_are_refused_by_the_option_and_not_repeated(self):
        for option in ("min-length", "short-secrets", "forms", "truncated", "hold",
                       "on-error", "source-timeout", "add-fd", "log-level",
                       "log-format", "format"):
            for value in (MARKER, "-1", "5x", "99999999999999999999", "1.5"):
                with self.subTest(option=option, value=value):
                    run = self.mask(b"text", *self.one(SECRET),
                                    "--%s=%s" % (option, value))
                    self.assert_refused(run, 2, option, never=[MARKER])
                    name = "MASKPIPE_" + option.upper().replace("-", "_")
                    if option == "add-fd":
                        continue  # the variable is the one run's child gets
                    run = self.mask(b"text", *self.one(SECRET),
                                    env={name: value})
                    self.assert_refused(run, 2, name, never=[MARKER])
                if value == MARKER:
                    config = self.file("c.ini", "%s=%s\n" % (option, value))
                    run = self.mask(b"text", *self.one(SECRET), "--config",
                                    config)
                    self.assert_refused(run, 2, option, config,
                                        never=[MARKER])

    def test_flags_take_no_value_and_others_need_one(self):
        run = self.mask(b"text", *self.one(SECRET), "--stats=" + MARKER)
        self.assert_refused(run, 2, "stats", never=[MARKER])
        for option in ("--mask", "--min-length", "--source", "--config"):
            run = self.mask(b"text", option)
            self.assert_refused(run, 2, option)

    def test_a_config_file_that_cannot_be_used_is_refused(self):
        for content, words in (("nosuch = %s\n" % MARKER, ["nosuch"]),
                               ("just %s\n" % MARKER, []),
                               ("min-length = %s\n" % MARKER,
                                ["min-length"])):
            with self.subTest(content=content):
                config = self.file("c.ini", content)
                run = self.mask(b"text", *self.one(SECRET), "--config", config)
                self.assert_refused(run, 2, config, *words, never=[MARKER])
        for config in ("/no/such.ini", self.dir):
            with self.subTest(config=config):
                run = self.mask(b"text", *self.one(SECRET), "--config", config)
                self.assert_refused(run, 2, config)

    def test_a_mask_that_cannot_be_used_is_refused(self):
        for mask in ("", "a\nb", "a\rb", "\n"):
            with self.subTest(mask=mask):
                run = self.mask(b"text", *self.one(SECRET), "--mask", mask)
                self.assert_refused(run, 2, "mask")

    def test_a_mask_that_holds_a_secret_is_refused_and_not_repeated(self):
        run = self.mask(b"text", *self.one(MARKER),
                        "--mask", "<%s>" % MARKER)
        self.assert_refused(run, 2, "mask", never=[MARKER])

    def test_a_file_option_that_cannot_be_read_is_refused(self):
        for option in ("allow", "hash-key-file", "log-file"):
            run = self.mask(b"text", *self.one(SECRET),
                            "--%s=/no/such/file" % option)
            self.assert_refused(run, 2, option)

    def test_min_length_below_3_needs_anywhere(self):
        for length in ("1", "2"):
            run = self.mask(b"text", *self.one(SECRET), "--min-length", length)
            self.assert_refused(run, 2, "min-length", "anywhere")
            self.masked(b"text", *self.one(SECRET), "--min-length", length,
                        "--short-secrets=anywhere")
        for length in ("3", "1024"):
            self.masked(b"text", *self.one(SECRET), "--min-length", length)
        for length in ("0", "1025"):
            run = self.mask(b"text", *self.one(SECRET), "--min-length", length,
                            "--short-secrets=anywhere")
            self.assert_refused(run, 2, "min-length")

    def test_min_length_decides_what_is_short(self):
        source = self.one(b"sevenxx")
        self.assertEqual(self.masked(b"1sevenxx2", *source), b"1***2")
        run = self.mask(b"1sevenxx2 sevenxx", *source, "--min-length=8")
        self.assertEqual(run.out, b"1sevenxx2 ***")
        self.assertIn(b"s.txt", run.err)
        self.assertEqual(run.err.count(b"s.txt"), 1, "reported once")

    def test_each_short_secret_is_reported_once_by_name(self):
        run = self.mask(b"abc abc xyz\n" * 50,
                        *self.named({"first": "abc", "second": "xyz"}))
        self.assertEqual(run.err.count(b"first"), 1)
        self.assertEqual(run.err.count(b"second"), 1)


class MaskText(CliTest):

    LONG = b"a-value-of-12"

    def test_name_is_the_secrets_printable_name(self):
        for name, printed in (("db/password", b"db/password"),
                              ("a b\u00e9%{x}", b"a_b____x_"),
                              ("x" * 100, b"x" * 64)):
            with self.subTest(name=name):
                self.assertEqual(
                    self.masked(self.LONG, *self.named(
                        {name: self.LONG.decode()}), "--mask", "<{name}>"),
                    b"<" + printed + b">")

    def test_a_name_in_which_a_secret_occurs_is_masked_itself(self):
        source = self.named({"is-" + SECRET.decode(): self.LONG.decode(),
                             "other": SECRET.decode()})
        out = self.masked(self.LONG, *source, "--mask", "<{name}>")
        self.assertNotIn(SECRET, out)
        run = self.mask(b"", "check", *source)
        self.assertNotIn(SECRET, run.out + run.err)

    def test_hash_is_hmac_sha256_under_the_key_file(self):
        key = bytes(range(1, 200))
        path = self.file("key", key)
        want = hmac.new(key, self.LONG, hashlib.sha256).hexdigest()[:8]
        for _ in range(2):
            self.assertEqual(
                self.masked(b"v=" + self.LONG, *self.one(self.LONG), "--mask",
                            "<{hash}>", "--hash-key-file", path).decode(),
                "v=<%s>" % want)

    def test_hash_without_a_key_file_is_of_this_process(self):
        outs = {self.masked(self.LONG, *self.one(self.LONG), "--mask",
                            "{hash}") for _ in range(4)}
        self.assertGreater(len(outs), 1)
        for out in outs:
            self.assertRegex(out, rb"^[0-9a-f]{8}$")

    def test_one_value_has_one_hash_and_another_another(self):
        source = self.named({"a": "first-long-value", "b": "second-long-one"})
        out = self.masked(b"first-long-value second-long-one first-long-value",
                          *source, "--mask", "{hash}").split()
        self.assertEqual(out[0], out[2])
        self.assertNotEqual(out[0], out[1])

    def test_values_under_12_characters_are_not_hashed(self):
        for value, hashed in ((b"elevenchars", False), (b"twelve_chars", True),
                              ("é".encode() * 11, False),
                              ("é".encode() * 12, True)):
            with self.subTest(value=value):
                out = self.masked(value, *self.one(value), "--mask", "{hash}")
                if hashed:
                    self.assertRegex(out, rb"^[0-9a-f]{8}$")
                else:
                    self.assertEqual(out, b"********")


class Usage(CliTest):

    def test_help_goes_to_standard_output(self):
        for arguments in (["--help"], ["-h"], ["check", "--help"]):
            run = self.mask(b"", *arguments)
            self.assertEqual((run.status, run.err), (0, b""))
            for word in (b"--source", b"--mask", b"maskpipe check",
                         b"[***]"):
                self.assertIn(word, run.out)
            for line in run.out.splitlines():
                self.assertLessEqual(len(line), 110)

    def test_version_is_one_line(self):
        for flag in ("--version", "-V"):
            run = self.mask(b"", flag)
            self.assertEqual((run.status, run.err), (0, b""))
            self.assertRegex(run.out, rb"^maskpipe \d+\.\d+\.\d+ [^\n]*\n$")

    def test_the_kernel_is_the_one_that_was_asked_for(self):
        asked = {"MASKPIPE_KERNEL": "portable"}
        source = self.one(SECRET)
        self.assertIn(b"kernel portable", self.mask(b"", "--version", env=asked).out)
        self.assertIn(b"kernel portable", self.mask(b"", "check", *source, env=asked).out)
        self.assertEqual(b"***", self.mask(SECRET, *source, env=asked).out)
        run = self.mask(SECRET, *source, env={"MASKPIPE_KERNEL": "fastest"})
        self.assertEqual((run.status, run.out), (2, b""))
        self.assertIn(b"portable", run.err)

    def test_a_subcommand_is_the_first_argument_exactly(self):
        self.file("check", b"has " + SECRET)
        source = self.one(SECRET)
        self.assertIn(b"s.txt", self.masked(b"", "check", *source,
                                            cwd=self.dir))
        for arguments in (["./check", *source], [*source, "check"],
                          ["--", "check"]):
            with self.subTest(arguments=arguments):
                env = {"MASKPIPE_SOURCE": source[1]}
                self.assertEqual(self.masked(b"", *arguments, cwd=self.dir,
                                             env=env), b"has ***")


class Reports(CliTest):

    def test_log_format_json_is_one_object_a_line(self):
        run = self.mask(b"", *self.named({"sh\"o\\rt": "abc", "b": "x"}),
                        "--log-format=json", "/no/such\nfi\"le\x01\u00e9")
        self.assertEqual(run.status, 1)
        lines = run.err.decode("ascii").splitlines()
        self.assertGreaterEqual(len(lines), 3)
        for line in lines:
            entry = json.loads(line)
            self.assertEqual(entry["program"], "maskpipe")
            self.assertIn(entry["level"], ("warning", "error", "info"))
            self.assertRegex(entry["time"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertTrue(entry["message"])

    def test_log_file_takes_the_messages_and_is_appended_to(self):
        log = self.path("log")
        for _ in range(2):
            run = self.mask(b"", *self.one(b"abc"), "--log-file", log)
            self.assertEqual((run.status, run.err), (0, b""))
        lines = self.text_of(log).splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(b"s.txt", lines[0])
        self.assertEqual(os.stat(log).st_mode & 0o777, 0o600)

    def test_log_levels_filter_messages(self):
        source = self.one(b"abc")  # short: a warning
        for level, warned in (("debug", True), ("warn", True),
                              ("error", False), ("off", False)):
            run = self.mask(b"", *source, "--log-level", level)
            self.assertEqual(bool(run.err), warned, level)
        run = self.mask(b"", *self.one(SECRET), "--log-level=off", "/no/such")
        self.assertEqual((run.status, run.err), (1, b""))

    def stats(self, text, *arguments):
        run = self.mask(text, *arguments, "--stats")
        self.assertEqual(run.status, 0, run)
        lines = run.err.splitlines()
        self.assertEqual(len(lines), 1, run.err)
        return run, json.loads(lines[0])

    def test_stats_are_one_line_of_json_with_the_right_numbers(self):
        first = self.named({"one": "first-value", "two": "second-value"})
        second = self.one(b"third-value")
        text = b"first-value second-value first-value third-value hunt\n"
        run, stats = self.stats(text, *first, *second)
        self.assertEqual(stats["maskpipe_bytes_total"],
                         {"in": len(text), "out": len(run.out)})
        self.assertEqual(stats["maskpipe_masks_total"], 4)
        self.assertEqual(stats["maskpipe_masks_by_source"],
                         {first[1]: 3, second[1]: 1})
        self.assertEqual(stats["maskpipe_masks_by_name"],
                         {"one": 2, "two": 1, "s.txt": 1})
        self.assertEqual(stats["maskpipe_secrets"],
                         {first[1]: 2, second[1]: 1})
        self.assertEqual(set(stats["maskpipe_errors_total"].values()), {0})
        self.assertEqual(stats["maskpipe_held_bytes_max"], 0)

    def test_stats_count_one_mask_where_occurrences_merge(self):
        _, stats = self.stats(b"abcdefgh", *self.named(
            {"a": "abcdef", "b": "defgh"}))
        self.assertEqual(stats["maskpipe_masks_total"], 1)
        self.assertEqual(stats["maskpipe_masks_by_name"], {"a": 1})

    def test_stats_tell_how_much_was_held(self):
        running = self.start(*self.one(SECRET), "--stats")
        running.write(b"x hunter2-")
        self.assertEqual(running.read(2), b"x ")
        running.write(b"!")
        self.assertEqual(running.read(9), b"hunter2-!")
        stats = json.loads(running.end().err)
        self.assertEqual(stats["maskpipe_held_bytes_max"], 8)

    def test_stats_count_errors_by_kind(self):
        run = self.mask(b"x", *self.one(SECRET), "--stats", "/no/such")
        self.assertEqual(run.status, 1)
        errors = json.loads(run.err.splitlines()[-1])["maskpipe_errors_total"]
        self.assertEqual(errors["io"], 1)
        run = self.mask(b"x", *self.one(SECRET), "--source", "file:/no/such",
                        "--on-error=warn", "--stats")
        errors = json.loads(run.err.splitlines()[-1])["maskpipe_errors_total"]
        self.assertEqual((errors["io"], errors["source"]), (0, 1))

    def test_metrics_are_prometheus_text_with_the_numbers_of_stats(self):
        path = self.path("metrics/maskpipe.prom")
        os.mkdir(os.path.dirname(path))
        source = self.named({"one": "first-value", "two": "second-value"})
        text = b"first-value second-value first-value\n" * 100
        run, stats = self.stats(text, *source, "--metrics", path)
        metrics = prometheus(self.text_of(path).decode())
        self.assertEqual(metrics["maskpipe_bytes_total"],
                         {"in": len(text), "out": len(run.out)})
        self.assertEqual(metrics["maskpipe_masks_total"], {source[1]: 300})
        self.assertEqual(metrics["maskpipe_secrets"], {source[1]: 2})
        self.assertEqual(metrics["maskpipe_held_bytes_max"],
                         {None: stats["maskpipe_held_bytes_max"]})
        self.assertEqual(set(metrics["maskpipe_errors_total"].values()), {0})
        self.assertNotIn("maskpipe_masks_by_name_total", metrics)
        self.assertEqual(os.listdir(os.path.dirname(path)), ["maskpipe.prom"])
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o644)

    def test_metrics_names_add_counts_by_name(self):
        path = self.path("m.prom")
        self.masked(b"first-value second-value first-value", *self.named(
            {"one": "first-value", "two": "second-value"}),
            "--metrics", path, "--metrics-names")
        metrics = prometheus(self.text_of(path).decode())
        self.assertEqual(metrics["maskpipe_masks_by_name_total"],
                         {"one": 2, "two": 1})

    def test_metrics_replace_the_file_in_one_step(self):
        """A reader that has the old file open keeps reading the old one."""
        path = self.file("m.prom", b"old")
        with open(path, "rb") as old:
            self.masked(b"x", *self.one(SECRET), "--metrics", path)
            self.assertEqual(old.read(), b"old")
        prometheus(self.text_of(path).decode())

    def test_metrics_label_values_are_escaped_as_prometheus_wants(self):
        path = self.path("m.prom")
        for name in ('quo"te', "back\\slash", "line\nbreak", "\u00e9", "tab\t"):
            with self.subTest(name=name):
                self.masked(b"x", *self.one(SECRET, name), "--metrics", path)
                prometheus(self.text_of(path).decode())

    def test_metrics_that_cannot_be_written_make_the_status(self):
        for path in ("/no/such/m.prom", self.dir):
            with self.subTest(path=path):
                run = self.mask(SECRET, *self.one(SECRET), "--metrics", path)
                self.assertEqual((run.status, run.out), (1, b"***"))
                self.assertIn(b"metrics", run.err)
        left = [f for f in os.listdir(os.path.dirname(self.dir))
                if f.startswith(os.path.basename(self.dir) + ".")]
        self.assertEqual(left, [], "a temporary file is left")

    def test_added_secrets_are_counted_as_a_source_of_their_own(self):
        reader, writer = os.pipe()
        os.write(writer, b"token-one\0")
        os.close(writer)
        path = self.path("m.prom")
        self.masked(b"token-one token-one", *self.one(SECRET), "--add-fd",
                    str(reader), "--metrics", path, pass_fds=[reader])
        os.close(reader)
        metrics = prometheus(self.text_of(path).decode())
        self.assertEqual(metrics["maskpipe_masks_total"]["add-fd"], 2)


if __name__ == "__main__":
    maskpipe_cli.main()
