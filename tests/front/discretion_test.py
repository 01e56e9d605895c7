"""Promise P6: what the process writes, shows in /proc or leaves in a core
file holds no value of a secret."""

import json
import os
import random
import shutil
import signal
import string
import subprocess
import time

import maskpipe_cli
from maskpipe_cli import CliTest, SECONDS

LETTERS = string.ascii_letters + string.digits
MARKER = "Mrk9f3a7c51Zq-8d2e"


def pieces(marker, size=12):
    """Runs of `size` bytes: freed memory lacks its first bytes.

    All of them of a short value, about 200 of a long one.
    """
    marker = marker.encode()
    step = max(1, len(marker) // 200)
    return [marker[i:i + size]
            for i in range(0, len(marker) - size + 1, step)]


class Writing(CliTest):
    """Every failing path, at every log level, in both formats."""

    def outputs(self, arguments, env=None, text=b"some input\n", **popen):
        """All that runs with these arguments wrote, by where."""
        for level in ("debug", "info", "warn", "error", "off"):
            for form in ("text", "json"):
                log, metrics = self.path("log"), self.path("metrics")
                for path in (log, metrics):
                    if os.path.exists(path):
                        os.remove(path)
                reports = ["--log-level", level, "--log-format", form,
                           "--stats", "--metrics", metrics, "--metrics-names"]
                for to_file in (False, True):
                    run = self.mask(
                        text, *arguments, *reports,
                        *(["--log-file", log] if to_file else []), env=env,
                        **popen)
                    yield run
                    for path in (log, metrics):
                        if os.path.exists(path):
                            run.err += self.text_of(path)

    def silent(self, *arguments, status=None, env=None, **more):
        for run in self.outputs(arguments, env, **more):
            if status is not None:
                self.assertEqual(run.status, status, run)
            self.assertNotIn(MARKER.encode(), run.out + run.err)
            self.assertNotIn(MARKER[:12].encode(), run.out + run.err)

    def test_broken_files_are_not_shown(self):
        m = MARKER
        for name, content in (
                ("a.json", '{"a": "%s", "b": "%s' % (m, m)),
                ("b.json", '{"a": "%s", "a": "x%s"}' % (m, m)),
                ("c.json", '{"a": %s}' % m),
                ("d.json", m),
                ("e.json", '{"a": "\\u%s"}' % m),
                ("f.yaml", "a: %s\na: x%s" % (m, m)),
                ("g.yaml", "a: &x %s\nb: *x" % m),
                ("h.yaml", "a: '%s" % m),
                ("i.yaml", "a: !%s! %s" % (m, m)),
                ("j.yaml", "%%%s\n---\n" % m),
                ("k.yaml", "? [%s]\n: %s" % (m, m)),
                ("l.yaml", "a: %s\n\t%s" % (m, m)),
                ("l2.yaml", "a: *%s" % m),
                ("m.env", "A=%s\n%s\n" % (m, m)),
                ("n.env", "A='%s\n" % m),
                ("o.env", "A=%s\nA=x%s\n" % (m, m))):
            with self.subTest(file=name):
                self.silent("--source", "file:" + self.file(name, content),
                            status=3)

    def test_files_with_wrong_rights_are_not_shown(self):
        path = self.file("a.json", '{"a": "%s"}' % MARKER, 0o666)
        self.silent("--source", "file:" + path, status=3)

    def test_a_good_source_beside_a_broken_one_is_not_shown(self):
        self.silent(*self.named({"a": MARKER}), "--source", "file:/no/such",
                    status=3)
        self.silent("--source", "env:V", "--source", "file:/no/such",
                    status=3, env={"V": MARKER})

    def test_a_refused_mask_is_not_shown(self):
        self.silent(*self.named({"a": MARKER}), "--mask", "<%s>" % MARKER,
                    status=2)

    def test_refused_options_are_not_shown(self):
        for argument in ("--pasword=" + MARKER, "--min-length=" + MARKER,
                         "-p" + MARKER, "--hold=" + MARKER,
                         "--stats=" + MARKER, "--add-fd=" + MARKER):
            with self.subTest(argument=argument):
                self.silent(*self.named({"a": MARKER}), argument, status=2)
        self.silent(env={"MASKPIPE_MIN_LENGTH": MARKER}, status=2)
        self.silent("--source", "vault[token=%s]:x" % MARKER, status=2)
        self.silent("--source", "file:pg://u:%s@h/d" % MARKER, status=2)

    def test_secrets_that_are_named_in_warnings_are_not_shown(self):
        secrets = {"a": MARKER, "short": "abc", "one": "q",
                   "is-" + MARKER: "xyz", "harmless": "true", "empty": ""}
        self.silent(*self.named(secrets), text=MARKER.encode(), status=0)
        self.silent("check", *self.named(secrets), status=1)
        self.silent("check", *self.named(secrets), "--format=json", status=1)

    def test_a_path_in_which_a_secret_occurs_is_masked(self):
        path = self.file("dir-of-%s/s.txt" % MARKER, MARKER + "\n", 0o644)
        self.silent("--source", "file:" + path, text=MARKER.encode(), status=0)
        self.silent("check", "--source", "file:" + path, status=1)
        source = self.named({"a": MARKER})
        self.silent(*source, "/no/such/%s.log" % MARKER, status=1)

    def test_values_are_not_shown_when_writing_fails(self):
        with open("/dev/full", "wb") as full:
            self.silent(*self.named({"a": MARKER}), text=MARKER.encode(),
                        stdout=full, status=1)

    def test_added_values_are_not_shown(self):
        value = (MARKER * 4000).encode()  # above 64 KiB
        for data, status in ((MARKER.encode() + b"\0", 0), (value, 1)):
            for level in ("debug", "off"):
                reader, writer = os.pipe()
                running = self.start(
                    *self.one("other-value"), "--add-fd", str(reader),
                    "--log-level", level, "--stats", pass_fds=[reader])
                os.close(reader)
                os.write(writer, data[:60000])
                running.write(b"-\n")
                self.assertEqual(running.read(2), b"-\n")
                if data[60000:]:
                    os.write(writer, data[60000:])
                running.write(MARKER.encode() + b"\n")
                os.close(writer)
                run = running.end()
                self.assertEqual(run.status, status)
                self.assertNotIn(MARKER.encode(), run.out + run.err)

    def test_the_control_that_an_unknown_value_is_printed(self):
        """Or all of the above would hold for a program that says nothing."""
        self.assertIn(MARKER.encode(), self.masked(
            MARKER.encode(), *self.one("other-value")))


class Processes(CliTest):

    def streaming(self, *arguments, **popen):
        """A process in the middle of its work."""
        running = self.start(*arguments, **popen)
        running.write(b"a line\n")
        self.assertEqual(running.read(7), b"a line\n")
        return running

    def test_the_command_line_and_environment_hold_no_value_of_a_file(self):
        running = self.streaming(*self.named({"a": MARKER}))
        for name in ("cmdline", "environ"):
            with open("/proc/%d/%s" % (running.pid, name), "rb") as f:
                text = f.read()
            self.assertNotIn(MARKER.encode(), text)

    def test_no_value_is_left_in_open_or_temporary_files(self):
        running = self.streaming(*self.named({"a": MARKER}))
        folder = "/proc/%d/fd" % running.pid
        open_files = [os.readlink(os.path.join(folder, fd))
                      for fd in sorted(os.listdir(folder), key=int)]
        self.assertEqual(len(open_files), 3, open_files)

    def test_core_dumps_are_forbidden(self):
        running = self.streaming(*self.one(MARKER))
        with open("/proc/%d/limits" % running.pid) as f:
            line = [l for l in f if l.startswith("Max core file size")][0]
        self.assertEqual(line.split()[4:6], ["0", "0"])

    def test_a_crash_leaves_no_core_file(self):
        running = self.streaming(*self.one(MARKER), cwd=self.dir)
        running.process.send_signal(signal.SIGQUIT)
        # Bit 0x80 of the status tells a core; Python keeps only the signal.
        _, status = os.waitpid(running.pid, 0)
        running.process.returncode = -os.WTERMSIG(status)
        self.assertFalse(os.WCOREDUMP(status))
        self.assertFalse([f for f in os.listdir(self.dir) if "core" in f])

    def test_another_process_of_the_same_user_cannot_read_its_memory(self):
        if os.geteuid() != 0:
            self.memory_is_closed(self.streaming(*self.one(MARKER)).pid, {})
            return
        source = self.one(MARKER)
        nobody = self.as_nobody()
        os.chown(self.path("s.txt"), maskpipe_cli.NOBODY, maskpipe_cli.NOBODY)
        running = self.streaming(*source, **nobody)
        self.memory_is_closed(running.pid,
                              {"preexec_fn": nobody["preexec_fn"]})

    def memory_is_closed(self, pid, popen):
        """With a control: the same reader may read a process of its own."""
        control = subprocess.Popen(["sleep", "60"], **popen)
        self.addCleanup(control.wait)
        self.addCleanup(control.kill)
        time.sleep(0.1)
        results = []
        for of in (control.pid, pid):
            for name in ("mem", "environ", "maps"):
                done = subprocess.run(
                    ["head", "-c0", "/proc/%d/%s" % (of, name)],
                    stderr=subprocess.DEVNULL, cwd="/", **popen)
                results.append(done.returncode == 0)
        self.assertTrue(results[1], "the control could not be read")
        self.assertEqual(results[3:], [False] * 3)


class Cores(CliTest):
    """A core file taken by root with gcore, in the middle of streaming."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: only root may take a core of maskpipe")
        if shutil.which("gdb") is None:
            self.skipTest("SKIPPED: gdb is not installed")
        self.seed = int(os.environ.get("MASKPIPE_SEED",
                                       random.randrange(10**9)))
        self.random = random.Random(self.seed)
        self.markers = {}

    def marker(self, what, size=40):
        """A value that is found nowhere but where it was put."""
        value = "".join(self.random.choice(LETTERS) for _ in range(size))
        self.markers[what] = value
        return value

    def core(self, pid, everything=False):
        path = self.path("core.%d" % pid)
        commands = ["set dump-excluded-mappings " +
                    ("on" if everything else "off"), "gcore " + path]
        argv = ["gdb", "-nx", "-batch", "--readnever", "-p", str(pid)]
        for command in commands:
            argv += ["-ex", command]
        done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=2 * SECONDS,
                              stderr=subprocess.STDOUT)
        if not os.path.exists(path):
            self.skipTest("SKIPPED: gdb could not take a core: %r" %
                          done.stdout[-300:])
        core = self.text_of(path)
        os.remove(path)
        return core

    def search(self, *arguments, everything=False):
        """The core of a run with these sources, and the control."""
        control = "Control" + "".join(
            self.random.choice(LETTERS) for _ in range(20))
        running = self.start(*arguments, "--mask", control)
        log = b"a line\nheld back: " + self.held.encode()
        running.write(log)
        self.assertEqual(running.read(18), log[:18])
        core = self.core(running.pid, everything)
        self.assertIn(control.encode(), core, "the control is not found")
        return core

    held = "hunter2-"

    def nothing_of_the_markers(self, *arguments):
        source = self.one("hunter2-secret", "held.txt")
        core = self.search(*arguments, *source)
        for what, marker in self.markers.items():
            left = [p for p in pieces(marker) if p in core]
            with self.subTest(marker=what, seed=self.seed):
                self.assertEqual(left, [], "in the core")

    def test_the_control_that_a_dump_of_the_arena_holds_the_value(self):
        """So the search would find what is there to be found."""
        marker = self.marker("lines")
        core = self.search(*self.one(marker), everything=True)
        if marker.encode() not in core:
            # Of several needles the tables interleave the bytes; of one the
            # labels stand in a row.
            self.fail("the search does not find what must be there")

    def test_json(self):
        path = self.file("s.json", json.dumps({
            "plain": self.marker("plain"),
            "long": self.marker("long", 3000),
            "nested": {"list": [{"deep": self.marker("deep")}]},
            "escaped": "x\n\"" + self.marker("escaped") + "\u00e9",
            "text": json.dumps({"password": self.marker("text")}),
            "uri": "pg://u:p%40" + self.marker("uri") + "@host/db",
            "dotenv": "A='%s'\nB=\"x\\n%s\"\n" % (
                self.marker("dotenv"), self.marker("dotenv-escaped")),
            "pem": "-----BEGIN X-----\n%s\n%s\n-----END X-----\n" % (
                self.marker("pem-1", 64), self.marker("pem-2", 64))}))
        self.nothing_of_the_markers("--source", "file:" + path)

    def test_yaml(self):
        path = self.file(
            "s.yaml",
            "plain: %s\nlong: %s\nsingle: '%s'\ndouble: \"x\\n%s\"\n"
            "folded: >\n  %s\n  %s\nliteral: |\n  %s\n  %s\n"
            "nested:\n  - deep: %s\n    flow: {a: [%s, '%s']}\n"
            "words: %s and %s\n  and %s\n" % (
                self.marker("plain"), self.marker("long", 3000),
                self.marker("single"), self.marker("double"),
                self.marker("folded-1"), self.marker("folded-2"),
                self.marker("literal-1", 70), self.marker("literal-2", 70),
                self.marker("deep"), self.marker("flow-1"),
                self.marker("flow-2"), self.marker("words-1"),
                self.marker("words-2"), self.marker("words-3")))
        self.nothing_of_the_markers("--source", "file:" + path)

    def test_dotenv(self):
        path = self.file(
            "s.env", "A=%s\nB='%s' # c\nC=\"x\\\"%s\nsecond %s\"\nD=%s # c\n"
            "E=%s\n" % (self.marker("bare"), self.marker("single"),
                        self.marker("double-1"), self.marker("double-2"),
                        self.marker("comment"), self.marker("long", 5000)))
        self.nothing_of_the_markers("--source", "file:" + path)

    def test_dir_and_lines_and_value(self):
        folder = self.folder({"a": self.marker("file"),
                              "b": self.marker("large", 50000)})
        lines = self.file("lines", "%s\n%s\n" % (self.marker("line-1"),
                                                 self.marker("line-2")))
        value = self.file("value", self.marker("value"))
        self.nothing_of_the_markers(
            *folder, "--source", "file[format=lines]:" + lines, "--source",
            "file[format=value]:" + value)

    def test_hashes_and_names_in_the_mask(self):
        path = self.file("s.json", json.dumps({
            "plain": self.marker("plain"), "other": self.marker("other")}))
        key = self.file("key", self.marker("key", 64))
        source = self.one("hunter2-secret", "held.txt")
        running = self.start("--source", "file:" + path, *source, "--mask",
                             "<{name}:{hash}>", "--hash-key-file", key)
        running.write(b"a line\n")
        self.assertEqual(running.read(7), b"a line\n")
        core = self.core(running.pid)
        self.assertIn(key.encode(), core, "the control is not found")
        for what, marker in self.markers.items():
            left = [p for p in pieces(marker) if p in core]
            with self.subTest(marker=what, seed=self.seed):
                self.assertEqual(left, [], "in the core")

    def test_added_values(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        running = self.start(*self.one("hunter2-secret"), "--add-fd",
                             str(reader), pass_fds=[reader])
        os.close(reader)
        for i in range(5):
            os.write(writer, self.marker("added-%d" % i).encode() + b"\0")
            running.write(b"line %d\n" % i)
            self.assertEqual(running.read(7), b"line %d\n" % i)
        core = self.core(running.pid)
        self.assertIn(running.process.args[2].encode(), core, "the control")
        for what, marker in self.markers.items():
            left = [p for p in pieces(marker) if p in core]
            with self.subTest(marker=what, seed=self.seed):
                self.assertEqual(left, [], "in the core")

    def test_log_text_that_was_masked(self):
        """Bytes in transit: the value stood in the log, too."""
        secret = self.marker("masked")
        running = self.start(*self.one(secret))
        for i in range(20):
            running.write(b"x" * i + secret.encode() + b"\n")
            self.assertEqual(len(running.read(i + 4)), i + 4)
        core = self.core(running.pid)
        self.assertIn(running.process.args[2].encode(), core, "the control")
        self.assertEqual([p for p in pieces(secret) if p in core], [])


if __name__ == "__main__":
    maskpipe_cli.main()
