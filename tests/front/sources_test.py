"""env:, file: and dir: as a process sees them: what is loaded, what is
refused, and what a value is opened to."""

import base64
import json
import os
import subprocess
import threading

import maskpipe_cli
from maskpipe_cli import CliTest

MARKER = "Mrk9f3a7c51Zq"  # in every broken file; must never be printed


class Loading(CliTest):

    def test_env_takes_variables_by_name_and_by_pattern(self):
        env = {"DB_PASSWORD": "pw-of-db", "DB_TOKEN": "token-of-db",
               "OTHER": "other-value"}
        text = b"pw-of-db token-of-db other-value"
        self.assertEqual(self.masked(text, "--source", "env:DB_*", env=env),
                         b"*** *** other-value")
        self.assertEqual(self.masked(text, "--source", "env:OTHER", env=env),
                         b"pw-of-db token-of-db ***")
        self.assertEqual(self.masked(text, "--source", "env:*", env=env),
                         b"*** *** ***")

    def test_env_star_does_not_mean_what_every_shell_sets(self):
        env = {"HOME": "/home/somebody", "LC_ALL": "en_US.UTF-8",
               "MASKPIPE_MASK": "<masked>", "A_SECRET": "secret-value"}
        text = b"/home/somebody en_US.UTF-8 masked secret-value"
        self.assertEqual(self.masked(text, "--source", "env:*", env=env),
                         b"/home/somebody en_US.UTF-8 masked <masked>")
        self.assertEqual(
            self.masked(text, "--source", "env:HOME", env=env),
            b"<masked> en_US.UTF-8 masked secret-value")

    def test_env_values_may_be_any_bytes(self):
        value = b"\xff\xfe-latin-\xe9 = x"
        self.assertEqual(
            self.masked(b"<" + value + b">", "--source", "env:V",
                        env={"V": os.fsdecode(value)}), b"<***>")

    FORMATS = {
        "json": '{"a": "first-value", "b": {"c": "second-value"}}',
        "yaml": "a: first-value\nb:\n  - c: 'second-value'\n",
        "yml": "a: first-value\nb: |\n  second-value\n",
        "env": "# comment\nA=first-value\nexport B='second-value'\n",
        "lines": "first-value\r\n\r\nsecond-value",
    }

    def test_file_tells_the_format_by_the_ending(self):
        for ending in ("json", "yaml", "yml", "env"):
            with self.subTest(ending=ending):
                path = self.file("s." + ending, self.FORMATS[ending])
                self.both(path)
        self.both(self.file(".env.production", self.FORMATS["env"]))

    def both(self, path, options=""):
        self.assertEqual(
            self.masked(b"first-value, second-value", "--source",
                        "file%s:%s" % (options, path)), b"***, ***")

    def test_file_tells_the_format_by_the_text_where_the_ending_is_unknown(
            self):
        for name in ("json", "env", "lines"):
            for ending in ("", ".txt", ".secrets", ".json.bak"):
                with self.subTest(text=name, ending=ending):
                    self.both(self.file("s" + ending, self.FORMATS[name]))

    def test_file_takes_the_format_that_is_given(self):
        for name, given in (("json", "json"), ("yaml", "yaml"),
                            ("yml", "yaml"), ("env", "dotenv"),
                            ("lines", "lines")):
            with self.subTest(format=given):
                self.both(self.file("s.txt", self.FORMATS[name]),
                          "[format=%s]" % given)

    def test_format_value_is_the_whole_file(self):
        path = self.file("s.json", "first line 1\nsecond line 2\n")
        self.assertEqual(
            self.masked(b"<first line 1\nsecond line 2>", "--source",
                        "file[format=value]:" + path), b"<***>")

    def test_a_json_list_and_a_single_json_string_are_loaded(self):
        self.both(self.file("s.json", '["first-value", ["second-value"]]'))
        path = self.file("t.json", '"first-value"')
        self.assertEqual(
            self.masked(b"first-value", "--source", "file:" + path), b"***")

    def test_json_escapes_are_resolved(self):
        path = self.file("s.json", r'{"a": "p\u00e4ss\n\"w\\ord\ud83d\ude00"}')
        self.assertEqual(
            self.masked('<päss\n"w\\ord😀>'.encode(), "--source",
                        "file:" + path), b"<***>")

    def test_dotenv_quotes_escapes_and_comments_are_read_as_readers_do(self):
        path = self.file("s.env", 'A="double\\"quoted-1"\n'
                                  "B='single$quoted-2' # comment\n"
                                  "C=bare-value-3 # comment\n"
                                  'D="line one 1\nline two 2"\n'
                                  "E = spaced-value-5\r\n")
        for value in (b'double"quoted-1', b"single$quoted-2", b"bare-value-3",
                      b"line one 1\nline two 2", b"spaced-value-5"):
            with self.subTest(value=value):
                self.assertEqual(self.masked(b"<" + value + b">", "--source",
                                             "file:" + path), b"<***>")
        # docker --env-file takes the comment as a part of the value.
        self.assertEqual(
            self.masked(b"<bare-value-3 # comment>", "--source",
                        "file:" + path), b"<***>")

    def test_a_fifo_and_a_descriptor_are_read(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo, 0o600)

        def write():
            with open(fifo, "wb") as f:
                f.write(b"first-value\nsecond-value\n")

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        self.both(fifo)
        thread.join(maskpipe_cli.SECONDS)
        reader, writer = os.pipe()
        os.write(writer, b'{"a": "first-value"}')
        os.close(writer)
        self.assertEqual(
            self.masked(b"first-value", "--source", "file:/dev/fd/%d" % reader,
                        pass_fds=[reader]), b"***")
        os.close(reader)

    def test_a_process_substitution_of_bash_is_read(self):
        done = subprocess.run(
            ["bash", "-c", 'echo "has first-value" | "$MASKPIPE" --source '
             'file:<(printf "first-value\\n") --source '
             '"file[format=json]":<(printf "[\\"other-value\\"]")'],
            env=self.environment({"MASKPIPE": maskpipe_cli.binary()}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        # The variable MASKPIPE itself is no option and nothing to warn about.
        self.assertEqual((done.stdout, done.stderr), (b"has ***\n", b""))

    def test_a_source_that_says_nothing_ends_with_the_timeout(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo, 0o600)
        run = self.mask(b"text", "--source", "file:" + fifo,
                        "--source-timeout=200ms")
        self.assert_refused(run, 3, fifo, "source-timeout")

    def test_several_sources_add_up(self):
        a = self.file("a.json", '{"a": "first-value"}')
        b = self.file("b.txt", "second-value\n")
        self.assertEqual(
            self.masked(b"first-value second-value env-value-3", "--source",
                        "file:" + a, "--source", "file:" + b, "--source",
                        "env:E", env={"E": "env-value-3"}), b"*** *** ***")

    def test_a_source_without_secrets_is_a_warning_or_a_failure(self):
        run = self.mask(b"text", "--source", "env:NO_SUCH_*")
        self.assertEqual((run.status, run.out), (0, b"text"))
        self.assertIn(b"env:NO_SUCH_*", run.err)
        run = self.mask(b"text", "--source", "env:NO_SUCH_*",
                        "--require-secrets")
        self.assert_refused(run, 3, "env:NO_SUCH_*")


class Guessing(CliTest):
    """Files whose names do not say what they are."""

    def test_padded_tokens_are_no_dotenv_and_are_not_named(self):
        token = b"c2VjcmV0dG9rZW5BQUFB="
        for text in (token + b"\nZm9vYmFyYmF6cXV4eHg=\n", token + b"\n",
                     token + b"\n" + token + b"\n"):
            run = self.mask(b"a " + token + b" b", "--source",
                            "file:" + self.file("t.txt", text))
            self.assertEqual(run.out, b"a *** b")
            self.assertNotIn(b"c2Vjcm", run.err)

    def test_a_mapping_without_an_ending_is_read_as_yaml_too(self):
        path = self.file("plain", b"password: hunter2-abc\nother:\n  - deep-1\n")
        self.assertEqual(
            self.masked(b"hunter2-abc deep-1", "--source", "file:" + path,
                        "--log-level=error"), b"*** ***")

    def test_what_only_looks_like_a_name_is_not_printed_nor_harmless(self):
        for text in (b"host: half-of-it\nuser: t0ken\n",
                     b"HOST=half-of-it\nUSER=t0ken\n"):
            run = self.mask(b"half-of-it t0ken", "--source",
                            "file:" + self.file("plain", text), "--stats",
                            "--mask=[{name}]")
            self.assertNotIn(b"half-of-it", run.out)
            self.assertNotIn(b"t0ken", run.out)
            self.assertNotIn(b"user", (run.out + run.err).lower())

    def test_a_byte_order_mark_hides_nothing(self):
        path = self.file("b.env", b"\xef\xbb\xbfA_KEY=supersecret1\n")
        self.assertEqual(self.masked(b"supersecret1", "--source",
                                     "file:" + path), b"***")

    def test_a_name_that_holds_the_value_is_hidden(self):
        for name, value in (("x:p@ssw0rd!x", "p@ssw0rd!x"),
                            ("a" * 40 + "0123456789-abcdefgh-0123456",
                             "0123456789-abcdefgh-0123456")):
            run = self.mask(value.encode(), *self.named({name: value}),
                            "--mask=[{name}]", "--stats")
            self.assertEqual(run.out, b"[***]")
            self.assertNotIn(b"ssw0rd", run.err)
            self.assertNotIn(b"456789", run.err)


class Directories(CliTest):

    def kubernetes(self):
        """A mounted Secret: links over ..data to a dated folder."""
        root = self.path("mount")
        data = "..2024_01_01_00_00_00.123456789"
        self.file("mount/%s/password" % data, "pw-of-the-pod")
        self.file("mount/%s/ca.pem" % data, "cert-line-of-pod\n")
        os.symlink(data, os.path.join(root, "..data"))
        for name in ("password", "ca.pem"):
            os.symlink("..data/" + name, os.path.join(root, name))
        return root

    def test_a_kubernetes_mount_is_read_through_its_links(self):
        run = self.mask(b"pw-of-the-pod cert-line-of-pod", "--source",
                        "dir:" + self.kubernetes(), "--mask={name}", "--stats")
        self.assertEqual((run.status, run.out), (0, b"password ca.pem"))
        self.assertEqual(
            list(json.loads(run.err)["maskpipe_secrets"].values()), [2])

    def test_dot_files_and_folders_are_left_out(self):
        root = self.kubernetes()
        self.file("mount/.hidden", "hidden-value")
        self.file("mount/sub/deep", "deep-value")
        self.assertEqual(
            self.masked(b"hidden-value deep-value pw-of-the-pod", "--source",
                        "dir:" + root), b"hidden-value deep-value ***")

    def test_a_last_newline_and_white_space_are_no_part_of_the_value(self):
        source = self.folder({"a": " \tfirst-value\r\n\n"})
        self.assertEqual(self.masked(b"<first-value>", *source), b"<***>")

    def test_an_empty_file_among_others_is_a_warning(self):
        source = self.folder({"a": "first-value", "empty": ""})
        run = self.mask(b"first-value", *source)
        self.assertEqual((run.status, run.out), (0, b"***"))
        self.assertIn(b"empty", run.err)

    def test_one_file_that_cannot_be_read_fails_the_source(self):
        source = self.folder({"a": "first-value"})
        os.symlink("/no/such", self.path("secrets.d/dangling"))
        self.assert_refused(self.mask(b"text", *source), 3, "dangling")

    def test_a_missing_folder_or_a_file_in_its_place_fails(self):
        for path in ("/no/such/folder", self.file("plain", "x")):
            run = self.mask(b"text", "--source", "dir:" + path)
            self.assert_refused(run, 3, path)

    def test_an_empty_folder_is_a_warning(self):
        os.mkdir(self.path("empty"))
        run = self.mask(b"text", "--source", "dir:" + self.path("empty"))
        self.assertEqual((run.status, run.out), (0, b"text"))
        self.assertIn(b"no secret", run.err)


class Broken(CliTest):
    """Exit 3, the file and its line named, nothing of it and no input shown."""

    def refused(self, name, content, line=None, mode=0o600, source="file",
                **more):
        path = self.file(name, content, mode)
        for level in ("debug", "warn"):
            run = self.mask(b"some input\n", "--source",
                            "%s:%s" % (source, path), "--log-level", level,
                            **more)
            self.assert_refused(run, 3, path, never=[MARKER])
            if line is not None:
                self.assertRegex(run.err.decode(), r"line %d\b" % line)
        return run

    def test_truncated_json(self):
        self.refused("s.json", '{\n"a": "%s",\n"b": "%s' % (MARKER, MARKER), 3)
        self.refused("t.json", '{"a": "%s"' % MARKER, 1)
        self.refused("u.json", '{"a": "%s"}\n{"b": 1}' % MARKER, 2)
        self.refused("v.json", '{\n"a": %s}' % MARKER, 2)
        self.refused("w.json", " \n", None)

    def test_duplicate_keys_in_json(self):
        self.refused("s.json", '{\n"a": "%s",\n"b": 1,\n"a": "x%s"}' % (
            MARKER, MARKER), 4)

    def test_duplicate_keys_in_yaml(self):
        self.refused("s.yaml", "a: %s\nb: 1\na: x%s\n" % (MARKER, MARKER), 3)
        self.refused("t.yaml", "t:\n  a: %s\n  a: x%s\n" % (MARKER, MARKER), 3)

    def test_duplicate_names_in_dotenv(self):
        self.refused("s.env", "A=%s\n# c\nA=x%s\n" % (MARKER, MARKER), 3)

    def test_broken_yaml(self):
        self.refused("s.yaml", "a: %s\nb: [%s\nc: x\n" % (MARKER, MARKER))
        self.refused("t.yaml", "a: '%s\n" % MARKER)
        self.refused("u.yaml", "a: 1\nb:\t%s\n\t- %s\n" % (MARKER, MARKER), 3)
        self.refused("v.yaml", "a: !<%s" % MARKER)

    def test_broken_dotenv(self):
        self.refused("s.env", "A=1\n%s\n" % MARKER, 2)
        self.refused("t.env", "A=1\n\nB='%s\n" % MARKER, 3)

    def test_a_yaml_alias_bomb_is_refused_before_it_expands(self):
        bomb = "a: &a [%s,%s]\n" % (MARKER, MARKER)
        for this, last in zip("bcdefghijklmnopqrstuvwxyz",
                              "abcdefghijklmnopqrstuvwxy"):
            bomb += "%s: &%s [%s]\n" % (this, this,
                                        ",".join(["*" + last] * 9))
        self.refused("s.yaml", bomb, 2)

    def test_json_nested_100000_deep(self):
        self.refused("s.json", '{"a":"%s","b":%s' % (
            MARKER, "[" * 100000 + "]" * 100000 + "}"), 1)
        self.refused("t.json", '{"a":' * 100000, 1)

    def test_yaml_nested_100000_deep(self):
        self.refused("s.yaml", "a: %s\nb: %s" % (
            MARKER, "[" * 100000 + "]" * 100000))

    def test_0_bytes(self):
        for name in ("s.json", "s.yaml", "s.env", "s"):
            self.refused(name, "")

    def test_a_directory(self):
        run = self.mask(b"input", "--source", "file:" + self.dir)
        self.assert_refused(run, 3, self.dir, "directory")

    def test_a_missing_file_and_a_device(self):
        for path in ("/no/such.json", "/dev/zero", "/dev/null"):
            run = self.mask(b"input", "--source", "file:" + path)
            self.assert_refused(run, 3, path)

    def test_100_mib(self):
        path = self.file("s.json", '{"a":"%s"' % MARKER)
        os.truncate(path, 100 << 20)
        run = self.mask(b"input", "--source", "file:" + path)
        self.assert_refused(run, 3, path, "16 MiB", never=[MARKER])

    def test_an_endless_fifo(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo, 0o600)

        def write():
            try:
                with open(fifo, "wb") as f:
                    for _ in range(20):
                        f.write(b"x" * (1 << 20))
            except BrokenPipeError:
                pass

        threading.Thread(target=write, daemon=True).start()
        run = self.mask(b"input", "--source", "file:" + fifo)
        self.assert_refused(run, 3, fifo, "16 MiB")

    def test_no_permission(self):
        path = self.file("s.json", '{"a":"%s"}' % MARKER, 0)
        run = self.start("--source", "file:" + path, **self.as_nobody()).end()
        self.assert_refused(run, 3, path, "Permission", never=[MARKER])

    def test_writable_by_others_is_refused(self):
        for mode in (0o620, 0o602, 0o666):
            run = self.refused("s.json", '{"a":"%s"}' % MARKER, mode=mode)
            self.assertIn(b"chmod", run.err)
        path = self.folder({"a": MARKER})
        os.chmod(self.path("secrets.d/a"), 0o620)
        self.assert_refused(self.mask(b"input", *path), 3, "secrets.d/a",
                            never=[MARKER])

    def test_readable_by_everybody_is_warned_about(self):
        path = self.file("s.json", '{"a":"%s"}' % MARKER, 0o644)
        run = self.mask(MARKER.encode(), "--source", "file:" + path)
        self.assertEqual((run.status, run.out), (0, b"***"))
        self.assertIn(path.encode(), run.err)
        path = self.file("t.json", '{"a":"%s"}' % MARKER, 0o640)
        run = self.mask(MARKER.encode(), "--source", "file:" + path)
        self.assertEqual(run.err, b"")

    def test_json_that_is_no_utf8_is_masked_as_it_stands(self):
        path = self.file("s.json", b'{"a": "caf\xe9-%s"}' % MARKER.encode())
        self.assertEqual(
            self.masked(b"<caf\xe9-%s>" % MARKER.encode(), "--source",
                        "file:" + path), b"<***>")

    def test_all_failures_are_told_and_the_good_source_does_not_help(self):
        good = self.one("good-value-1")
        run = self.mask(b"input", *good, "--source", "file:/no/such-1",
                        "--source", "dir:/no/such-2")
        self.assert_refused(run, 3, "/no/such-1", "/no/such-2")


class Specs(CliTest):

    def test_a_spec_with_a_credential_is_refused_and_not_repeated(self):
        for spec in ("file:https://user:%s@host/x" % MARKER,
                     "metastore:postgresql://u:%s@h/db" % MARKER,
                     "vault[token=%s]:secret/x" % MARKER,
                     "file[password=%s]:/x" % MARKER,
                     "file[secret-key=%s]:/x" % MARKER,
                     "file[format=json,api_key=%s]:/x" % MARKER,
                     "file[PASSWORD=%s]:/x" % MARKER):
            with self.subTest(spec=spec):
                run = self.mask(b"input", "--source", spec)
                self.assert_refused(run, 2, "source", never=[MARKER])
                run = self.mask(b"input", env={"MASKPIPE_SOURCE": spec})
                self.assert_refused(run, 2, "source", never=[MARKER])
                run = self.mask(b"", "check", "--source", spec)
                self.assert_refused(run, 2, "source", never=[MARKER])

    def test_a_spec_that_is_none_is_refused(self):
        for spec in ("", "file", "file:", "env:", "dir:", "nosuch:x",
                     "file[format=json:/x", "file[format]:/x", ":x",
                     "file[nosuch=1]:/x", "env[format=json]:X",
                     "file[format=nosuch]:/x", "FILE:/x", "/etc/passwd"):
            with self.subTest(spec=spec):
                run = self.mask(b"input", "--source", spec)
                self.assert_refused(run, 2)
                self.assertTrue(run.err)

    def test_a_bad_option_value_is_not_repeated(self):
        run = self.mask(b"input", "--source", "file[format=%s]:/x" % MARKER)
        self.assert_refused(run, 2, "format", never=[MARKER])

    def test_the_argument_is_taken_verbatim(self):
        for name in ("a b]:c,d=e", "$HOME", "~", "%2f", "a:b", "[x]"):
            with self.subTest(name=name):
                self.assertEqual(
                    self.masked(b"a-value-1", *self.one("a-value-1", name)),
                    b"***")


class Opening(CliTest):

    def opens(self, value, hidden=(), shown=(), *arguments, name="secret_x"):
        """`hidden` parts are masked beside other text, `shown` are not."""
        source = self.named({name: value})
        for part in hidden:
            with self.subTest(hidden=part):
                self.assertEqual(
                    self.masked(("<%s>" % part).encode(), *source, *arguments,
                                "--log-level=off"), b"<***>")
        for part in shown:
            with self.subTest(shown=part):
                self.assertEqual(
                    self.masked(("<%s>" % part).encode(), *source, *arguments,
                                "--log-level=off"), ("<%s>" % part).encode())

    def test_the_password_of_a_uri_raw_and_decoded(self):
        uri = "postgres://etl_user:p%40ss%2Fw0rd@db.example.com:5432/warehouse"
        self.opens(uri, ["p%40ss%2Fw0rd", "p@ss/w0rd", uri],
                   ["etl_user", "db.example.com", "warehouse", "5432"])

    def test_the_user_of_a_uri_where_there_is_no_password(self):
        self.opens("https://tok_12345abc@api.example.com/x", ["tok_12345abc"],
                   ["api.example.com"])
        self.opens("https://tok_12345abc:@api.example.com/x",
                   ["tok_12345abc"])

    def test_a_password_may_hold_raw_delimiters(self):
        self.opens("pg://etl_user:pa@ss/wo?rd#x@host/db", ["pa@ss/wo?rd#x"],
                   ["etl_user"])

    def test_query_values_path_tokens_and_the_fragment_of_a_uri(self):
        self.opens(
            "https://hooks.example.com/services/T0aB1cD2e/plainword/"
            "0123456789abcdef?sig=sig-value-1&region=eu-west-1&q=a+b%2Bcde"
            "#frag-value-9",
            ["T0aB1cD2e", "0123456789abcdef", "sig-value-1", "frag-value-9",
             "a+b%2Bcde", "a b+cde", "a+b+cde"],
            ["plainword", "services", "hooks.example.com", "eu-west-1"])

    def test_json_is_opened_to_every_depth(self):
        value = json.dumps({"a": [{"b": {"c": ["deep-value-1"]}}],
                            "k": "top-value-2"})
        self.opens(value, ["deep-value-1", "top-value-2", value])

    def test_numbers_are_masked_by_their_raw_text(self):
        self.opens('{"a": 1234567.50, "b": 12345678901234567890123, '
                   '"c": 1.50E+07, "d": -9876543}',
                   ["1234567.50", "12345678901234567890123", "1.50E+07",
                    "-9876543"], ["1234567", "999999"])

    def test_every_one_of_duplicate_keys_is_masked(self):
        self.opens('{"a": "first-value", "a": "second-value"}',
                   ["first-value", "second-value"])

    def test_json_in_a_string_in_json_is_opened(self):
        inner = json.dumps({"password": "inner-value-1"})
        middle = json.dumps({"extra": inner})
        self.opens(json.dumps({"extra": middle}), ["inner-value-1"])

    def test_a_uri_in_json_and_json_in_a_uri_are_opened(self):
        self.opens(json.dumps({"url": "pg://usr1:pw-in-uri@h1/db"}),
                   ["pw-in-uri"], ["usr1"])
        self.opens("aws://@/?__extra__=%7B%22secret_key%22%3A%22pw-in-json%22"
                   "%7D", ["pw-in-json"])

    def test_parts_that_are_harmless_by_key_are_shown(self):
        keys = ["host", "Hostname", "SERVER", "remote-host", "endpoint",
                "port", "engine", "dialect", "driver", "type", "conn-type",
                "region", "Region_Name", "database", "dbname", "schema",
                "login", "user", "username", "user-name", "account", "tenant",
                "role_arn", "project", "project-id", "client_email", "bucket",
                "description"]
        value = {k: "harmless-%d-by-key" % i for i, k in enumerate(keys)}
        value["host_key"] = "not-the-whole-key"
        self.opens(json.dumps(value), ["not-the-whole-key"],
                   ["harmless-%d-by-key" % i for i in (0, 3, 12, 27)])
        text = "\n".join(v for k, v in value.items() if k != "host_key")
        self.assertEqual(self.masked(text.encode(), *self.named(
            {"conn": json.dumps(value)})), text.encode())

    def test_parts_that_are_harmless_by_value_are_shown(self):
        values = ["true", "False", "null", "999999", "2024-02-29",
                  "2024-02-29T12:00:00Z", "eu-west-1", "us-gov-east-1",
                  "airflow", "localhost"]
        self.opens(json.dumps(values + ["a-real-secret"]), ["a-real-secret"],
                   values, name="conn")

    def test_values_just_beyond_harmless_are_masked(self):
        values = ["1000000", "2024-02-291", "eu-west-1x", "truely", "0x12345"]
        self.opens(json.dumps(values), values, name="conn")

    def test_the_whole_stays_a_secret_unless_all_of_it_is_harmless(self):
        harmless = '{"host": "db.example.com", "port": 5432}'
        self.opens(harmless, [], [harmless, "db.example.com"], name="conn")
        mixed = '{"host": "db.example.com", "password": "pw-value-1"}'
        self.opens(mixed, [mixed, "pw-value-1"], ["db.example.com"],
                   name="conn")

    def test_a_sensitive_name_makes_the_whole_a_secret(self):
        for name in ("db_password", "API_TOKEN", "my-secret", "private_key"):
            self.opens("1234567", ["1234567"], name=name)
            self.opens("123456", ["123456"], name=name)
            self.opens("eu-west-1", ["eu-west-1"], name=name)
        self.opens("123456", [], ["123456"], name="retries")

    def test_a_key_that_names_a_credential_makes_its_value_a_secret(self):
        self.opens('{"db_password": 123456, "retries": 654321}',
                   ["123456"], ["654321"], name="conn")

    def test_dotenv_text_in_a_value_is_opened(self):
        self.opens("USER=somebody\nPASSWORD='pw value 1'\nTOKEN=tok-value-2\n",
                   ["pw value 1", "tok-value-2"], ["somebody"], name="conn")

    def test_base64_with_padding_is_no_dotenv(self):
        value = base64.b64encode(b"some bytes here!").decode()
        self.opens(value, [value])

    def test_quotes_around_a_value_are_taken_off(self):
        self.opens("'pa$$word-1'", ["pa$$word-1"])
        self.opens('"pa$$word-1', ['"pa$$word-1'], ["pa$$word-1"])
        self.assertEqual(
            self.masked(b"x 'pa$$word-1' y",
                        *self.named({"q": "'pa$$word-1'"})), b"x *** y")

    def test_quotes_do_not_make_a_harmless_value_a_secret(self):
        for value in ("'airflow'", "'localhost'", "'eu-west-1'",
                      '"localhost"'):
            self.opens(value, [], [value[1:-1]], name="conn")
        self.opens(json.dumps({"host": "'db.example.com'", "x": "secret-1"}),
                   ["secret-1"], ["db.example.com"], name="conn")

    def test_mask_all_knows_no_harmless_parts(self):
        self.opens('{"host": "db.example.com", "port": 54321, "r": '
                   '"eu-west-1"}',
                   ["db.example.com", "54321", "eu-west-1"], [], "--mask-all",
                   name="conn")

    def test_white_space_at_the_ends_is_no_part(self):
        self.opens(" \t\n value-one \r\n", ["value-one"])


class Lines(CliTest):

    BODY = ["MIIEpAIBAAKCAQEA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL",
            "q8Zk2mWv7N4dXbYcRtFgHjKlPoIuYtReWqAsDfGhJkLmNbVcXz1234567890+/AB",
            "shorterLastLine+/0=="]
    PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *BODY,
                     "-----END RSA PRIVATE KEY-----", ""])

    def test_a_pem_key_is_masked_whole(self):
        source = self.named({"key": self.PEM})
        for text in (self.PEM, self.PEM.replace("\n", "\r\n"),
                     self.PEM.strip().replace("\n", " ")):
            self.assertEqual(
                self.masked(("<" + text.strip() + ">").encode(), *source),
                b"<***>")

    def test_a_pem_key_is_masked_behind_logger_prefixes(self):
        for pem in (self.PEM, self.PEM.replace("\n", "\r\n")):
            source = self.named({"key": pem})
            log = "".join("[2024-01-01] INFO - %s\n" % line
                          for line in self.PEM.splitlines())
            out = self.masked(log.encode(), *source).decode()
            for line in self.BODY:
                self.assertNotIn(line, out)
            self.assertEqual(out.count("[2024-01-01] INFO - ***\n"), 3)
            self.assertIn("-----BEGIN RSA PRIVATE KEY-----", out)

    def test_lines_that_code_is_full_of_are_no_secrets(self):
        value = ("if (x) {\n  call_me(1234)\n}\nelse\n{\nreturn\n-----\n"
                 "token = abc\n")
        source = self.named({"script": value})
        text = b"{ else return } ----- if"
        self.assertEqual(self.masked(text, *source), text)
        self.assertEqual(
            self.masked(b"x call_me(1234) y", *source), b"x *** y")

    def test_anywhere_takes_every_line_of_min_length(self):
        source = self.named({"script": "first 1\nreturn\nelse\n"})
        self.assertEqual(
            self.masked(b"return else", *source, "--short-secrets=anywhere"),
            b"*** else")

    def test_lines_are_trimmed(self):
        source = self.named({"x": "   first-line-1  \n\tsecond-line-2\t\n"})
        self.assertEqual(
            self.masked(b"<first-line-1>\n<second-line-2>", *source),
            b"<***>\n<***>")


class Allowing(CliTest):

    SECRETS = {"db/level": "info-level", "db/pw": "pw-value-1",
               "odd": "name:odd-value"}

    def allowed(self, allow, text, *arguments):
        return self.masked(
            text, *self.named(self.SECRETS), "--allow",
            self.file("allow", allow), "--log-level=off", *arguments)

    def test_a_value_and_a_name_are_allowed(self):
        text = b"info-level pw-value-1"
        for allow, out in (
                (b"info-level\n", b"info-level ***"),
                (b"# pw-value-1\n\n  info-level  \r\n", b"info-level ***"),
                (b"name:db/level\n", b"info-level ***"),
                (b"name:db/*\n", text), (b"name:*\n", b"*** ***"),
                (b"name:db/l?v[e]l", b"info-level ***"),
                (b"name:DB/*\n", b"*** ***"), (b"info\n", b"*** ***"),
                (b"value:info-level\n", b"info-level ***")):
            with self.subTest(allow=allow):
                self.assertEqual(self.allowed(allow, text), out)

    def test_a_value_that_looks_like_a_name_is_written_with_value(self):
        self.assertEqual(self.allowed(b"value:name:odd-value\n",
                                      b"name:odd-value"), b"name:odd-value")

    def test_mask_all_does_not_overrule_the_allow_list(self):
        self.assertEqual(self.allowed(b"info-level\n", b"info-level",
                                      "--mask-all"), b"info-level")

    def test_several_allow_files_add_up(self):
        more = self.file("more", "pw-value-1\n")
        self.assertEqual(self.allowed(b"info-level\n",
                                      b"info-level pw-value-1", "--allow",
                                      more), b"info-level pw-value-1")

    def test_what_is_allowed_is_reported_by_name(self):
        run = self.mask(b"", *self.named(self.SECRETS), "--allow",
                        self.file("allow", "info-level\n"))
        self.assertIn(b"db/level", run.err)
        self.assertNotIn(b"info-level", run.err)

    def test_parts_and_lines_are_allowed_too(self):
        source = self.named({"conn": '{"a": "part-value-1", "b": "x-value-2"}',
                             "text": "line-value-3\nline-value-4\n"})
        allow = self.file("allow", "name:conn/a\nline-value-3\n")
        self.assertEqual(
            self.masked(b"part-value-1 x-value-2 line-value-4 line-value-3.",
                        *source, "--allow", allow, "--log-level=off"),
            b"part-value-1 *** *** line-value-3.")

    def test_a_quoted_value_is_allowed_with_its_name(self):
        source = self.named({"q": "'quoted-value-1'"})
        allow = self.file("allow", "name:q\n")
        text = b"quoted-value-1 'quoted-value-1'"
        self.assertEqual(self.masked(text, *source, "--allow", allow,
                                     "--log-level=off"), text)


if __name__ == "__main__":
    maskpipe_cli.main()
