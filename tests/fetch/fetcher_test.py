"""maskpipe and its fetcher: how it is found, what it may say, how it may die.

Stands in for maskpipe-fetch with small programs that misbehave. Whatever is not
a clean closing record is a failed source: status 3 and not one byte of the log.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "front"))

from maskpipe_cli import (CliTest, SECONDS, binary, main,  # noqa: E402
                          skip_under_sanitizer)

MARKER = "Mrk-fetched-5f2c81"
SPEC = ["--source", "aws-secretsmanager:some/"]


def field(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<I", len(data)) + data


def secret(name, value, flags=b"\x01"):
    return b"S" + field(flags) + field(name) + field("") + field("") + \
        field(value)


def warning(text):
    return b"W" + field(text)


def end(count, code="ok", message=""):
    return b"E" + field(code) + field(message) + field(str(count))


GOOD = secret("db/password", MARKER) + end(1)


class FetcherCase(CliTest):
    def fetcher(self, body):
        """A program in sh that stands in for the fetcher; the environment."""
        path = self.file("fetch.sh", "#!/bin/sh\n" + body, 0o700)
        return {"MASKPIPE_FETCH": path}

    def saying(self, data, then=""):
        """One that writes these bytes."""
        return self.fetcher("cat '%s'\n%s" % (self.file("said", data), then))

    def assert_failed(self, env, *words, arguments=()):
        for level in ("debug", "error"):
            run = self.mask(b"line with " + MARKER.encode(), *SPEC, *arguments,
                            "--log-level", level, env=env)
            self.assert_refused(run, 3, "source aws-secretsmanager:some/",
                                *words, never=[MARKER])


class Answers(FetcherCase):
    def test_a_clean_answer_is_masked(self):
        out = self.masked(MARKER.encode(), *SPEC, env=self.saying(GOOD))
        self.assertEqual(out, b"***")

    def test_names_and_several_secrets_pass_the_pipe(self):
        answer = secret("a/b", "first-value") + secret("c", b"\xff\x00bin!!") \
            + end(2)
        out = self.masked(b"first-value \xff\x00bin!! first", *SPEC,
                          "--mask={name}", env=self.saying(answer))
        self.assertEqual(out, b"a/b c first")

    def test_a_large_answer_passes_the_pipe(self):
        values = ["value-%06d-%s" % (i, "x" * 100) for i in range(5000)]
        answer = b"".join(secret("n%d" % i, v) for i, v in enumerate(values))
        out = self.masked(values[4999].encode(), *SPEC,
                          env=self.saying(answer + end(5000)))
        self.assertEqual(out, b"***")

    def test_warnings_are_told(self):
        answer = secret("n", MARKER) + warning("two\nlines") + end(1)
        run = self.mask(b"", *SPEC, env=self.saying(answer))
        self.assertEqual(run.status, 0)
        self.assertIn(b"source aws-secretsmanager:some/: two?lines", run.err)

    def test_a_reported_failure_has_its_words_and_status(self):
        self.assert_failed(self.saying(secret("n", MARKER) + end(
            1, "source", "the list was denied")), "the list was denied")
        run = self.mask(b"", *SPEC, env=self.saying(
            end(0, "usage", "no such option")))
        self.assert_refused(run, 2, "no such option")

    def test_an_empty_answer_is_a_warning(self):
        run = self.mask(b"text", *SPEC, env=self.saying(end(0)))
        self.assertEqual((run.status, run.out), (0, b"text"))
        self.assertIn(b"holds no secret", run.err)
        self.assertEqual(self.mask(b"", *SPEC, "--require-secrets",
                                   env=self.saying(end(0))).status, 3)

    def test_every_cut_of_an_answer_fails(self):
        answer = secret("db/password", MARKER) + warning("w") + end(1)
        for size in range(len(answer)):
            run = self.mask(MARKER.encode(), *SPEC,
                            env=self.saying(answer[:size]))
            self.assert_refused(run, 3, "cut off", never=[MARKER])

    def test_garbled_answers_fail(self):
        huge = b"S" + struct.pack("<I", 0xffffffff) + b"x" * 100
        for answer in (
                GOOD + b"x", GOOD + GOOD, secret("n", MARKER) + end(2),
                secret("n", MARKER) + end(0), end(1), b"X" + GOOD, huge,
                secret("n", MARKER, b"") + end(1), MARKER.encode() * 3,
                secret("n", MARKER) + end("one"),
                secret("n", MARKER) + end(1, "fine"),
                secret("n", MARKER) + end(1, ""), b"\n" + GOOD):
            with self.subTest(answer=answer):
                self.assert_failed(self.saying(answer), "the fetcher's answer")

    def test_what_a_failing_source_gave_is_kept_where_the_user_says_so(self):
        answer = secret("n", MARKER) + end(1, "source", "one was denied")
        run = self.mask(MARKER.encode(), *SPEC, "--on-error=warn",
                        env=self.saying(answer))
        self.assertEqual((run.status, run.out), (0, b"***"))
        self.assertIn(b"one was denied", run.err)
        # But not what stands before a cut.
        run = self.mask(b"text", *SPEC, "--on-error=warn",
                        env=self.saying(answer[:-1]))
        self.assertEqual((run.status, run.out), (0, b"text"))
        self.assertIn(b"cut off", run.err)


class Deaths(FetcherCase):
    """A whole answer does not help who dies after it."""

    def test_crashes(self):
        for name in ("SEGV", "ABRT", "KILL", "TERM", "PIPE", "BUS"):
            with self.subTest(signal=name):
                number = getattr(signal, "SIG" + name)
                self.assert_failed(
                    self.saying(GOOD, "kill -%s $$" % name),
                    "was killed by signal %d" % number)

    def test_a_failing_exit(self):
        for status in (1, 2, 127):
            self.assert_failed(self.saying(GOOD, "exit %d" % status),
                               "ended with status %d" % status)

    def test_dies_before_it_says_anything(self):
        self.assert_failed(self.fetcher("exit 0"), "cut off")
        self.assert_failed(self.fetcher("kill -9 $$"), "signal 9")

    def test_hangs(self):
        for name, body in (
                ("before", "exec sleep 60"),
                ("half way", None),
                ("with the pipe closed", "exec sleep 60 >&-")):
            env = self.fetcher(body) if body else self.saying(
                GOOD[:20], "exec sleep 60")
            with self.subTest(hangs=name):
                begin = time.monotonic()
                run = self.mask(b"text", *SPEC, "--source-timeout=200ms",
                                env=env)
                self.assert_refused(run, 3, "within --source-timeout")
                self.assertLess(time.monotonic() - begin, SECONDS)

    def test_a_byte_now_and_then_is_no_answer_in_time(self):
        env = self.fetcher("while :; do printf S; sleep 0.05; done")
        begin = time.monotonic()
        run = self.mask(b"text", *SPEC, "--source-timeout=300ms", env=env)
        self.assert_refused(run, 3, "within --source-timeout")
        self.assertLess(time.monotonic() - begin, SECONDS)

    def test_a_child_that_keeps_the_pipe_open_ends_with_the_fetcher(self):
        pids = self.path("pid")
        env = self.saying(GOOD, "sleep 60 & echo $! > %s" % pids)
        begin = time.monotonic()
        run = self.mask(b"text", *SPEC, "--source-timeout=1s", env=env)
        self.assert_refused(run, 3, "within --source-timeout")
        self.assertLess(time.monotonic() - begin, SECONDS)
        with open(pids) as f:
            self.assert_gone(int(f.read()))

    def test_nothing_is_left_of_a_fetcher_that_hangs(self):
        pids = self.path("pid")
        env = self.fetcher("echo $$ > %s\nsleep 60" % pids)
        self.mask(b"", *SPEC, "--source-timeout=1s", env=env)
        with open(pids) as f:
            self.assert_gone(int(f.read()))

    def assert_gone(self, pid):
        end_of_wait = time.monotonic() + SECONDS
        while time.monotonic() < end_of_wait:
            try:
                with open("/proc/%d/stat" % pid) as f:
                    if f.read().rpartition(")")[2].split()[0] == "Z":
                        return
            except OSError:
                return
            time.sleep(0.01)
        self.fail("process %d is still there" % pid)

    def test_the_fetcher_ends_with_maskpipe(self):
        # The real one, at a server that takes connections and says nothing.
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            running = self.start(
                "--source", "aws-ssm[region=eu-west-1,endpoint_url="
                "http://127.0.0.1:%d]:/" % listener.getsockname()[1],
                env={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"})
            listener.settimeout(SECONDS)
            connection, _ = listener.accept()  # it is at work
            self.addCleanup(connection.close)
            children = "/proc/%d/task/%d/children" % (running.pid, running.pid)
            with open(children) as f:
                child = int(f.read().split()[0])
            running.process.kill()
            running.process.wait()
            self.assert_gone(child)


class World(FetcherCase):
    """What the fetcher gets from us, and what not."""

    def test_its_messages_are_not_ours(self):
        env = self.saying(GOOD, "echo %s >&2" % MARKER)
        run = self.mask(b"", *SPEC, "--log-level=debug", env=env)
        self.assertEqual(run.status, 0)
        self.assertNotIn(MARKER.encode(), run.err + run.out)

    def test_gets_the_spec_the_time_and_the_environment(self):
        seen = self.path("seen")
        env = self.saying(
            GOOD, 'printf "%%s|" "$@" "$SOME" > %s' % seen)
        env["SOME"] = "thing"
        self.masked(b"", "--source", "aws-ssm[region=x]:/a b'$c",
                    "--source-timeout=7s", env=env)
        self.assertEqual(self.text_of(seen),
                         b"7000|aws-ssm[region=x]:/a b'$c|thing|")

    def test_gets_no_descriptor_and_no_input_of_ours(self):
        seen = self.path("seen")
        env = self.saying(GOOD, "(ls -l /proc/$$/fd; wc -c) > %s" % seen)
        # One that we inherited, too.
        read, write = os.pipe()
        try:
            self.masked(b"the log", *SPEC, env=env, pass_fds=[write])
        finally:
            os.close(read)
            os.close(write)
        text = self.text_of(seen).decode()
        targets = [line.partition(" -> ")[2] for line in text.splitlines()
                   if " -> " in line]
        # Its own script is sh's descriptor 10 or 255.
        others = [t for t in targets if not t.startswith("/dev/null") and
                  "fetch.sh" not in t and "seen" not in t]
        self.assertEqual(len(others), 1, text)  # the pipe that it writes to
        self.assertTrue(others[0].startswith("pipe:"), text)
        self.assertEqual(text.split()[-1], "0")

    def test_starts_with_default_signals_in_a_group_of_its_own(self):
        seen = self.path("seen")
        # Built-ins only: a shell blocks its signals while it starts a program.
        env = self.saying(GOOD, "while IFS= read -r l; do echo \"$l\"; done "
                          "</proc/$$/status >%s; "
                          "cut -d' ' -f1,5 /proc/$$/stat >> %s" % (seen, seen))
        ignore = {s: signal.signal(s, signal.SIG_IGN)
                  for s in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)}
        try:
            self.masked(b"", *SPEC, env=env, restore_signals=False)
        finally:
            for number, handler in ignore.items():
                signal.signal(number, handler)
        text = self.text_of(seen).decode()
        fields = dict(line.split(":\t", 1) for line in text.splitlines()
                      if ":\t" in line)
        # 32 and 33 are the C library's own.
        self.assertEqual(int(fields["SigIgn"], 16) & 0x7fffffff, 0)
        self.assertEqual(int(fields["SigBlk"], 16), 0)
        pid, group = text.splitlines()[-1].split()
        self.assertEqual(pid, group)


class Several(FetcherCase):
    """More than one source at once."""

    SPECS = ["aws-ssm:/a", "aws-ssm:/b", "aws-ssm:/c"]

    def run_all(self, *arguments, env):
        specs = [w for spec in self.SPECS for w in ("--source", spec)]
        return self.mask(b"value-of-a value-of-b value-of-c", *specs,
                         *arguments, env=env)

    def meeting(self, then):
        """A fetcher that waits until one has been started for each source."""
        for name in "abc":
            self.file("said-" + name,
                      secret(name, "value-of-" + name) + end(1))
        return self.fetcher("""
cd '%s'
name=${2##*/}
: > "here-$name"
until test -e here-a && test -e here-b && test -e here-c; do sleep 0.01; done
%s
cat "said-$name"
""" % (self.dir, then))

    def test_are_read_at_the_same_time(self):
        run = self.run_all("--mask={name}", env=self.meeting(""))
        self.assertEqual((run.status, run.out), (0, b"a b c"), run)

    def test_their_messages_stand_in_their_order(self):
        # The first one ends last, and all of them fail.
        env = self.meeting("""
case $name in
  a) until test -e gone-b; do sleep 0.01; done;;
  b) until test -e gone-c; do sleep 0.01; done;;
esac
: > "gone-$name"
exit 9
""")
        for _ in range(3):
            run = self.run_all(env=env)
            self.assertEqual((run.status, run.out), (3, b""), run)
            told = [line.partition(b"source ")[2].partition(b": ")[0]
                    for line in run.err.splitlines()]
            self.assertEqual(told, [b"aws-ssm:/a", b"aws-ssm:/b",
                                    b"aws-ssm:/c"])
            for name in "abc":
                os.remove(self.path("gone-" + name))

    def test_each_has_the_whole_time(self):
        # One after the other they would take three times as long; what hangs
        # does not take the others' time, nor their secrets where the user
        # wants to go on.
        env = self.meeting("test $name = b && exec sleep 60")
        run = self.run_all("--source-timeout=5s", "--on-error=warn", env=env)
        self.assertEqual((run.status, run.out),
                         (0, b"*** value-of-b ***"), run)
        self.assertIn(b"aws-ssm:/b", run.err)


class Places(FetcherCase):
    def copies(self, *places):
        """maskpipe in bin/, and a fetcher at each of the places."""
        os.makedirs(self.path("bin"), exist_ok=True)
        shutil.copy(binary(), self.path("bin/maskpipe"))
        said = self.file("said", GOOD)
        for place in places:
            self.file(place, "#!/bin/sh\ncat '%s'\n" % said, 0o700)

    def run_copy(self, env=None):
        done = subprocess.run(
            [self.path("bin/maskpipe"), *SPEC], input=MARKER.encode(),
            capture_output=True, timeout=SECONDS, env=self.environment(env))
        return done.returncode, done.stdout, done.stderr

    def test_beside_the_program(self):
        self.copies("bin/maskpipe-fetch")
        self.assertEqual(self.run_copy()[:2], (0, b"***"))

    def test_in_libexec(self):
        self.copies("libexec/maskpipe/maskpipe-fetch")
        self.assertEqual(self.run_copy()[:2], (0, b"***"))

    def test_the_one_beside_comes_first_and_the_variable_before_all(self):
        self.copies("bin/maskpipe-fetch")
        self.file("libexec/maskpipe/maskpipe-fetch", "#!/bin/sh\nexit 9", 0o700)
        self.assertEqual(self.run_copy()[0], 0)
        env = self.fetcher("exit 7")
        status, out, err = self.run_copy(env)
        self.assertEqual((status, out), (3, b""))
        self.assertIn(b"ended with status 7", err)

    def test_one_that_is_missing_is_named(self):
        self.copies()
        status, out, err = self.run_copy()
        self.assertEqual((status, out), (3, b""))
        self.assertIn(b"maskpipe-fetch", err)
        self.assertIn(b"is not installed", err)
        self.assertIn(self.path("bin/maskpipe").encode(), err)

    def test_the_variable_names_no_program(self):
        self.copies()
        for path in ("/no/such", self.file("plain", b"x", 0o600)):
            status, out, err = self.run_copy({"MASKPIPE_FETCH": path})
            self.assertEqual((status, out), (3, b""))
            self.assertIn(b"MASKPIPE_FETCH names no program", err)

    def test_a_file_that_cannot_be_run(self):
        path = self.file("fetch", b"\x7fELF and no more", 0o700)
        run = self.mask(b"", *SPEC, env={"MASKPIPE_FETCH": path})
        self.assertEqual((run.status, run.out), (3, b""))

    def test_the_file_sources_need_no_fetcher(self):
        self.copies()
        done = subprocess.run(
            [self.path("bin/maskpipe"), *self.one(MARKER)],
            input=MARKER.encode(), capture_output=True, timeout=SECONDS,
            env=self.environment())
        self.assertEqual((done.returncode, done.stdout), (0, b"***"))


class Itself(FetcherCase):
    """The real maskpipe-fetch, started by hand."""

    def fetch(self, *arguments, **popen):
        path = os.path.join(os.path.dirname(binary()), "maskpipe-fetch")
        popen.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([path, *arguments], stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=SECONDS,
                              env=self.environment({"HOME": self.dir}), **popen)

    def test_says_who_it_is_to_who_starts_it_wrongly(self):
        for arguments in ((), ("x",), ("0", "aws-ssm:/"), ("5x", "aws-ssm:/"),
                          ("-1", "aws-ssm:/"), ("", "aws-ssm:/"),
                          ("1", "a", "b")):
            done = self.fetch(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(b"started by maskpipe", done.stderr)

    def test_writes_nothing_to_a_terminal(self):
        leader, terminal = os.openpty()
        try:
            done = self.fetch("1000", "aws-ssm:/", stdout=terminal)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"started by maskpipe", done.stderr)
        finally:
            os.close(leader)
            os.close(terminal)

    def test_refuses_specs_in_a_record(self):
        done = self.fetch("1000", "nosuch:x")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"knows no source kind nosuch", done.stdout)
        done = self.fetch("1000", "aws-ssm[colour=red]:/x")
        self.assertIn(b"has no option colour", done.stdout)

    def test_cannot_be_dumped(self):
        skip_under_sanitizer(self)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            path = os.path.join(os.path.dirname(binary()), "maskpipe-fetch")
            process = subprocess.Popen(
                [path, "5000", "aws-ssm[region=eu-west-1,endpoint_url="
                 "http://127.0.0.1:%d]:/" % listener.getsockname()[1]],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=self.environment({"AWS_ACCESS_KEY_ID": "a",
                                      "AWS_SECRET_ACCESS_KEY": "b"}))
            try:
                listener.settimeout(SECONDS)
                listener.accept()[0].close()
                with open("/proc/%d/limits" % process.pid) as f:
                    core = [line for line in f if "core file" in line][0]
                self.assertEqual(core.split()[4:6], ["0", "0"])
            finally:
                process.kill()
                process.wait()


class Library(FetcherCase):
    """maskpipe_secrets_load starts the fetcher, too."""

    def load(self, env, before="", spec=b"aws-ssm:/x"):
        """Loads and masks in a python3 of its own; its output."""
        library = os.environ.get("MASKPIPE_LIBRARY", "")
        if not os.path.exists(library):
            self.skipTest("SKIPPED: no libmaskpipe")
        program = """
import ctypes, os, signal, subprocess
%s
m = ctypes.CDLL(%r)
m.maskpipe_secrets_new.restype = ctypes.c_void_p
m.maskpipe_masker_new.restype = ctypes.c_void_p
m.maskpipe_masker_new.argtypes = [ctypes.c_void_p] * 3
secrets = ctypes.c_void_p(m.maskpipe_secrets_new())
error = ctypes.c_char_p()
status = m.maskpipe_secrets_load(secrets, %r, None,
                                 ctypes.byref(error))
print(status, error.value)
masker = ctypes.c_void_p(m.maskpipe_masker_new(secrets, None, None))
out, size = ctypes.c_void_p(), ctypes.c_size_t()
text = %r
print(m.maskpipe_mask(masker, text, ctypes.c_size_t(len(text)),
                      ctypes.byref(out), ctypes.byref(size)),
      ctypes.string_at(out, size.value))
""" % (before, library, spec, MARKER.encode())
        done = subprocess.run(
            ["/usr/bin/python3", "-c", program], capture_output=True,
            timeout=SECONDS, env=self.environment(env))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().splitlines()

    def test_loads(self):
        skip_under_sanitizer(self)
        self.assertEqual(self.load(self.saying(GOOD)),
                         ["0 None", "1 b'***'"])

    def test_loads_airflow_unasked_where_there_is_one(self):
        skip_under_sanitizer(self)
        seen = self.path("seen")
        env = self.saying(GOOD, 'printf %%s "$2" > %s' % seen)
        self.assertEqual(self.load({**env, "AIRFLOW_HOME": self.dir},
                                   spec=None), ["0 None", "1 b'***'"])
        self.assertEqual(self.text_of(seen), b"airflow:")
        os.remove(seen)
        lines = self.load({**env, "HOME": self.path("nowhere")}, spec=None)
        self.assertIn("no Airflow environment", lines[0])
        self.assertFalse(os.path.exists(seen))

    def test_fails_as_a_whole(self):
        skip_under_sanitizer(self)
        lines = self.load(self.saying(GOOD[:-1]))
        self.assertIn("cut off", lines[0])
        self.assertEqual(lines[1], "0 b''")

    def test_works_in_a_host_that_ignores_its_children(self):
        skip_under_sanitizer(self)
        self.assertEqual(
            self.load(self.saying(GOOD),
                      "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"),
            ["0 None", "1 b'***'"])

    def test_leaves_the_children_of_its_host_alone(self):
        skip_under_sanitizer(self)
        before = "child = subprocess.Popen(['sh', '-c', 'exit 5'])\n" \
            "import atexit\n" \
            "atexit.register(lambda: print('child', child.wait()))"
        self.assertEqual(self.load(self.saying(GOOD), before)[2], "child 5")


if __name__ == "__main__":
    main()
