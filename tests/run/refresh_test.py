"""What rotates is masked while the log streams; what is old stays masked; and
until the sources answer, lines can be withheld."""

import json
import os
import signal
import sys
import time

import maskpipe_cli
from maskpipe_cli import CliTest, SECONDS

OLD, NEW, NEWER = b"old-hunter2", b"new-Zebra-7", b"third-Walrus"
MARKER = b"[maskpipe: line withheld, secrets not loaded]"

# Prints what it is told to, line by line, on both outputs.
PRINTER = ("import sys\n"
           "for line in sys.stdin.buffer:\n"
           "  sys.stdout.buffer.write(line); sys.stdout.buffer.flush()\n"
           "  sys.stderr.buffer.write(line); sys.stderr.buffer.flush()\n")


class RefreshTest(CliTest):
    def replace(self, name, content):
        """As a secret store does: by rename."""
        new = self.file(name + ".new", content)
        os.rename(new, self.path(name))

    def filter_(self, *options, **more):
        return self.start(*options, **more)

    def wrapper(self, *options, **more):
        return self.start("run", *options, "--", sys.executable, "-c", PRINTER,
                          **more)

    def says(self, running, line):
        os.write(running.process.stdin.fileno(), line)
        got = b""
        while not got.endswith(b"\n"):
            part = running.read(1)
            if not part:
                raise AssertionError("nothing came after %r" % got)
            got += part
        return got

    def until_masked(self, running, secret, seconds=SECONDS):
        """Prints the secret over and over until it is masked."""
        end = time.monotonic() + seconds
        while self.says(running, secret + b"\n") != b"***\n":
            self.assertLess(time.monotonic(), end, "is never masked")
            time.sleep(0.02)


class Rotation(RefreshTest):
    def test_a_new_value_is_masked_and_the_old_one_stays_masked(self):
        for kind in (self.filter_, self.wrapper):
            self.replace("s", OLD)
            running = kind("--source", "file[format=value]:" + self.path("s"),
                           "--refresh", "100ms")
            self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
            self.assertEqual(self.says(running, NEW + b"\n"), NEW + b"\n")
            self.replace("s", NEW)
            self.until_masked(running, NEW)
            self.replace("s", NEWER)
            self.until_masked(running, NEWER)
            for secret in (OLD, NEW, NEWER):
                self.assertEqual(self.says(running, secret + b"\n"), b"***\n")
            self.assertEqual(running.end().status, 0)

    def test_a_folder_s_new_file_too(self):
        source = self.folder({"a": OLD})
        running = self.wrapper(*source, "--refresh", "100ms")
        self.assertEqual(self.says(running, NEW + b"\n"), NEW + b"\n")
        self.file("secrets.d/b", NEW)
        self.until_masked(running, NEW)
        os.remove(self.path("secrets.d/a"))
        time.sleep(0.3)
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")

    def test_held_bytes_are_judged_by_the_new_set(self):
        self.replace("s", OLD)
        running = self.filter_("--source",
                               "file[format=value]:" + self.path("s"),
                               "--refresh", "50ms", "--stats")
        os.write(running.process.stdin.fileno(), b"x " + NEW[:4])
        self.assertEqual(running.read(6), b"x " + NEW[:4])
        os.write(running.process.stdin.fileno(), OLD[:5])
        self.assertEqual(running.quiet(), b"")
        self.replace("s", json.dumps([OLD.decode(), NEW.decode()]))
        time.sleep(0.4)
        os.write(running.process.stdin.fileno(), OLD[5:] + b" " + NEW + b"\n")
        self.assertEqual(running.read(8), b"*** ***\n")

    def test_zero_means_never(self):
        self.replace("s", OLD)
        running = self.filter_("--source",
                               "file[format=value]:" + self.path("s"),
                               "--refresh", "0")
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        self.replace("s", NEW)
        time.sleep(0.3)
        self.assertEqual(self.says(running, NEW + b"\n"), NEW + b"\n")

    def test_without_masking_nothing_is_read_again(self):
        self.replace("s", OLD)
        for kind in (self.filter_, self.wrapper):
            running = kind("--source", "file[format=value]:" + self.path("s"),
                           "--refresh", "50ms", "--no-masking")
            time.sleep(0.3)
            self.assertEqual(self.says(running, OLD + b"\n"), OLD + b"\n")

    def test_a_failing_refresh_keeps_what_is_masked_and_is_told_once(self):
        self.replace("s", OLD)
        running = self.wrapper("--source",
                               "file[format=value]:" + self.path("s"),
                               "--refresh", "50ms", "--stats")
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        os.remove(self.path("s"))
        time.sleep(0.6)
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        self.replace("s", NEW)
        self.until_masked(running, NEW)
        run = running.end()
        own = [line for line in run.err.splitlines()
               if line.startswith(b"maskpipe: ")]
        self.assertEqual(len(own), 2, own)
        self.assertIn(b"No such file", own[0])
        self.assertIn(b"can be read again", own[1])
        stats = json.loads(run.err.splitlines()[-1])
        self.assertGreater(stats["maskpipe_refresh_total"]["failed"], 0)
        self.assertGreater(stats["maskpipe_refresh_total"]["ok"], 0)

    def test_a_failing_refresh_makes_the_next_ones_rarer(self):
        self.replace("s", OLD)
        running = self.filter_("--source",
                               "file[format=value]:" + self.path("s"),
                               "--refresh", "50ms", "--stats")
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        os.remove(self.path("s"))
        time.sleep(1.2)
        stats = json.loads(running.end().err.splitlines()[-1])
        # At the usual pace there would be some 24.
        self.assertLess(stats["maskpipe_refresh_total"]["failed"], 8)

    def test_one_failing_source_does_not_keep_the_others_back(self):
        self.replace("s", OLD)
        self.replace("t", b"other-secret")
        running = self.filter_(
            "--source", "file[format=value]:" + self.path("s"),
            "--source", "file[format=value]:" + self.path("t"),
            "--refresh", "50ms")
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        os.remove(self.path("t"))
        self.replace("s", NEW)
        self.until_masked(running, NEW)
        self.assertEqual(self.says(running, b"other-secret\n"), b"***\n")

    def test_a_pipe_is_read_once(self):
        reader, writer = os.pipe()
        os.write(writer, OLD)
        os.close(writer)
        running = self.filter_("--source",
                               "file[format=value]:/dev/fd/%d" % reader,
                               "--refresh", "50ms", pass_fds=[reader])
        os.close(reader)
        time.sleep(0.4)
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        self.assertEqual(running.end().err, b"")

    def test_a_mask_that_prints_a_later_secret_gives_way(self):
        self.replace("s", OLD)
        running = self.filter_(
            "--source", "file[format=value]:" + self.path("s"), "--refresh",
            "50ms", "--mask", "<new-Zebra-7>")
        self.assertEqual(self.says(running, OLD + b"\n"), b"<new-Zebra-7>\n")
        self.replace("s", NEW)
        self.until_masked(running, NEW)

    def test_a_short_value_that_comes_later_is_told(self):
        self.replace("s.json", json.dumps({"a": OLD.decode()}))
        running = self.filter_("--source", "file:" + self.path("s.json"),
                               "--refresh", "50ms")
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        self.replace("s.json", json.dumps({"a": OLD.decode(), "tiny": "ab"}))
        time.sleep(0.5)
        run = running.end()
        self.assertIn(b"tiny", run.err)
        self.assertEqual(run.err.count(b"tiny"), 1)


class ReloadSignal(RefreshTest):
    def test_it_reads_the_sources_again_and_the_command_does_not_get_it(self):
        for kind in (self.filter_, self.wrapper):
            self.replace("s", OLD)
            running = kind("--source", "file[format=value]:" + self.path("s"),
                           "--refresh", "0", "--reload-signal", "USR1")
            self.assertEqual(self.says(running, NEW + b"\n"), NEW + b"\n")
            self.replace("s", NEW)
            os.kill(running.pid, signal.SIGUSR1)
            self.until_masked(running, NEW)
            # The printer would have died of it.
            self.assertEqual(running.end().status, 0)

    def test_it_does_not_end_us_where_nothing_can_be_read_again(self):
        running = self.filter_("--source", "env:DB_*", "--reload-signal=HUP",
                               env={"DB_PASSWORD": OLD.decode()})
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")
        os.kill(running.pid, signal.SIGHUP)
        self.assertEqual(self.says(running, OLD + b"\n"), b"***\n")


class Withholding(RefreshTest):
    def test_lines_are_withheld_until_the_sources_answer(self):
        for kind in (self.filter_, self.wrapper):
            if os.path.exists(self.path("s")):
                os.remove(self.path("s"))
            running = kind("--source", "file[format=value]:" + self.path("s"),
                           "--on-error", "withhold")
            for _ in range(3):
                self.assertEqual(self.says(running, b"x " + OLD + b"\n"),
                                 MARKER + b"\n")
            self.replace("s", OLD)
            end = time.monotonic() + SECONDS
            while self.says(running, b"x " + OLD + b"\n") != b"x ***\n":
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            self.assertEqual(self.says(running, b"plain\n"), b"plain\n")
            self.assertEqual(running.end().status, 0)

    def test_masking_begins_at_the_start_of_a_line(self):
        running = self.filter_("--source",
                               "file[format=value]:" + self.path("s"),
                               "--on-error", "withhold", "--refresh", "0",
                               "--reload-signal", "USR1")
        os.write(running.process.stdin.fileno(), b"a line that began " + OLD)
        self.assertEqual(running.quiet(), b"")
        self.replace("s", OLD)
        os.kill(running.pid, signal.SIGUSR1)
        time.sleep(0.5)
        self.assertEqual(self.says(running, b" goes on\n"), MARKER + b"\n")
        self.assertEqual(self.says(running, OLD + b" new\n"), b"*** new\n")

    def test_what_has_no_line_end_gets_its_marker_at_the_end(self):
        run = self.mask(b"one\r\ntwo " + OLD, "--source", "file:/nonexistent",
                        "--on-error", "withhold")
        self.assertEqual((run.status, run.out),
                         (0, MARKER + b"\r\n" + MARKER), run)
        self.assertIn(b"no line is printed until", run.err)

    def test_nothing_withheld_is_printed_by_any_cut(self):
        for size in (1, 2, 3, 7, 1000):
            running = self.filter_("--source", "file:/nonexistent",
                                   "--on-error", "withhold")
            text = b"ab\n\ncd\r\n" * 20
            for i in range(0, len(text), size):
                os.write(running.process.stdin.fileno(), text[i:i + size])
            run = running.end()
            self.assertEqual(run.out, (MARKER + b"\n" + MARKER + b"\n" +
                                       MARKER + b"\r\n") * 20)

    def test_the_command_starts_and_its_status_is_kept(self):
        run = self.mask(b"", "run", "--source", "file:/nonexistent",
                        "--on-error=withhold", "--", "sh", "-c",
                        "echo %s; exit 3" % OLD.decode())
        self.assertEqual((run.status, run.out), (3, MARKER + b"\n"), run)
        self.assertIn(b"1 lines were withheld", run.err)

    def test_a_spec_that_can_never_load_is_a_usage_error(self):
        run = self.mask(b"x\n", "--source", "nosuchkind:x", "--on-error",
                        "withhold")
        self.assert_refused(run, 2, "nosuchkind")


if __name__ == "__main__":
    maskpipe_cli.main()
