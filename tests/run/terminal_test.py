"""maskpipe run in a terminal: colours, size, Ctrl-C, Ctrl-Z and prompts work as
without us, and what is printed is masked."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import termios
import time

import maskpipe_cli
from maskpipe_cli import CliTest, SECONDS

SECRET = "hunter2-secret"


class Screen:
    """A command in a terminal of ours."""

    def __init__(self, argv, env, rows=33, columns=101):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ,
                        struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], argv, env)
        self.seen = b""

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def until(self, pattern, seconds=SECONDS):
        """What is printed until a pattern comes; it is not seen again."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern.encode(), self.seen)
            if found:
                text = self.seen[:found.end()]
                self.seen = self.seen[found.end():]
                return text
            left = end - time.monotonic()
            if left < 0 or not self.more(left):
                raise AssertionError("no %r in %r" % (pattern, self.seen))

    def more(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            part = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += part
        return bool(part)

    def rest(self):
        """All up to the end, and the status."""
        while self.more(SECONDS):
            pass
        end = time.monotonic() + SECONDS
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                raise AssertionError("it lives on after %r" % self.seen)
            time.sleep(0.01)
        self.pid = None
        code = os.waitstatus_to_exitcode(status)
        return self.seen, code if code >= 0 else 128 - code

    def close(self):
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


class TerminalTest(CliTest):
    def setUp(self):
        super().setUp()
        self.source = self.one(SECRET.encode())

    def screen(self, *argv, **more):
        env = self.environment({"TERM": "xterm-256color", "HISTFILE": ""})
        screen = Screen(list(argv), env, **more)
        self.addCleanup(screen.close)
        return screen

    def wrapped(self, *command, options=()):
        return [maskpipe_cli.binary(), "run", *self.source, *options, "--",
                *command]

    def both(self, *command, **more):
        return [self.screen(*argv, **more).rest()
                for argv in (command, self.wrapped(*command))]

    def shell(self):
        """An interactive shell without us around it."""
        screen = self.screen("bash", "--norc", "--noprofile", "-i")
        screen.type("PS1='P''> '\n")
        screen.until("P> ")
        return screen

    def quoted(self, *argv):
        return " ".join("'%s'" % a for a in argv)


class Looks(TerminalTest):
    def test_output_is_equal_but_for_masks(self):
        for command in (
                ("bash", "-c", "echo %s; echo err >&2; exit 3" % SECRET),
                ("bash", "-c", "for fd in 0 1 2; do [ -t $fd ] && echo $fd; "
                 "done; stty size; stty -a; tput colors"),
                ("ls", "--color=auto", "-d", "/"),
                ("git", "--version"),
                (sys.executable, "-c", "import os; print(os.isatty(1), "
                 "os.get_terminal_size(), os.tcgetpgrp(0) == os.getpgrp())"),
                ("bash", "-c", "kill -TERM $$"),
                ("bash", "-c", "stty raw; printf 'a\\nb\\r\\nc'; stty sane")):
            with self.subTest(command):
                bare, run = self.both(*command)
                self.assertEqual(run[1], bare[1], run)
                self.assertEqual(run[0], bare[0].replace(SECRET.encode(),
                                                         b"***"))

    def test_the_control_that_a_pipe_looks_otherwise(self):
        screen = self.screen(*self.wrapped("bash", "-c", "[ -t 1 ]",
                                           options=["--tty", "pipe"]))
        self.assertEqual(screen.rest(), (b"", 1))

    def test_a_terminal_can_be_had_without_one(self):
        run = self.mask(b"", "run", *self.source, "--tty=pty", "--", "bash",
                        "-c", "[ -t 1 ] && echo %s" % SECRET)
        self.assertEqual((run.status, run.out), (0, b"***\r\n"), run)

    def test_standard_error_elsewhere_stays_apart(self):
        err = self.path("err")
        screen = self.screen(
            "bash", "-c", "%s 2>%s" % (self.quoted(*self.wrapped(
                "bash", "-c", "echo out; echo %s >&2" % SECRET)), err))
        self.assertEqual(screen.rest(), (b"out\r\n", 0))
        self.assertEqual(self.text_of(err), b"***\n")

    def test_standard_input_elsewhere_is_left_alone(self):
        screen = self.screen(
            "bash", "-c", "echo piped | %s" % self.quoted(*self.wrapped(
                "bash", "-c", "[ -t 0 ] || cat; echo a")))
        self.assertEqual(screen.rest(), (b"piped\r\na\r\n", 0))

    def test_a_new_size_reaches_the_command_once(self):
        screen = self.screen(*self.wrapped(
            sys.executable, "-c", "import os, signal, time\n"
            "def got(*_):\n  os.write(1, b'now %d %d\\n' % os.get_terminal_size())"
            "\nsignal.signal(signal.SIGWINCH, got)\nos.write(1, b'ready\\n')"
            "\nwhile True: time.sleep(0.05)"))
        screen.until("ready")
        screen.resize(40, 90)
        screen.until("now 90 40\r\n")
        screen.resize(41, 80)
        screen.until("now 80 41\r\n")
        self.assertNotIn(b"now", screen.seen)

    def test_top_draws_on_the_whole_terminal(self):
        if shutil.which("top") is None:
            self.skipTest("SKIPPED: top is not installed")
        screen = self.screen(*self.wrapped("top", "-d", "0.2"), rows=20,
                             columns=70)
        screen.until("Tasks:")
        screen.until("Tasks:")
        screen.type("q")
        out, status = screen.rest()
        self.assertEqual(status, 0)


class Keys(TerminalTest):
    def test_ctrl_c_ends_the_command_and_we_say_so(self):
        for command in (("sleep", "60"), self.wrapped("sleep", "60")):
            screen = self.shell()
            screen.type(self.quoted(*command) + "\n")
            time.sleep(0.5)
            screen.type("\x03")
            screen.until("P> ")
            screen.type("echo status $?\n")
            screen.until("status 130\r\n")

    def test_ctrl_c_comes_once_also_with_pipes(self):
        script = ("import os, signal, time\n"
                  "signal.signal(2, lambda *_: os.write(1, b'got\\n'))\n"
                  "os.write(1, b'ready\\n')\n"
                  "for i in range(20): time.sleep(0.05)\n"
                  "os.write(1, b'end\\n')\n")
        for how in ("pty", "pipe"):
            screen = self.shell()
            screen.type(self.quoted(*self.wrapped(
                sys.executable, self.file("s.py", script),
                options=["--tty", how])) + "\n")
            screen.until("ready")
            screen.type("\x03")
            text = screen.until("end")
            self.assertEqual(text.count(b"got"), 1, text)

    def test_ctrl_z_stops_the_job_and_fg_continues_it(self):
        for command in (("sleep", "60"), self.wrapped("sleep", "60"),
                        self.wrapped("sleep", "60", options=["--tty=pipe"]),
                        self.wrapped("sleep", "60", options=["--tty=pipe",
                                                             "--group"])):
            screen = self.shell()
            screen.type(self.quoted(*command) + "\n")
            time.sleep(0.5)
            screen.type("\x1a")
            screen.until("Stopped")
            screen.until("P> ")
            screen.type("stty -a; fg\n")
            # The terminal is the shell's own again.
            modes = screen.until("echoke|P> ")
            self.assertRegex(modes, rb"[^-]opost")
            time.sleep(0.5)
            screen.type("\x03")
            screen.until("P> ")
            screen.type("echo status $?\n")
            screen.until("status 130\r\n")

    def test_a_shell_inside_has_job_control_of_its_own(self):
        screen = self.screen(*self.wrapped("bash", "--norc", "--noprofile",
                                           "-i"))
        screen.type("PS1='I''> '\n")
        screen.until("I> ")
        screen.type("sleep 60\n")
        time.sleep(0.3)
        screen.type("\x1a")
        screen.until("Stopped")
        # A shell does not exit while it thinks that a job is stopped, and
        # wait does not wait for one that is.
        screen.type("kill %1; fg; echo hunter2-''secret\n")
        screen.until(r"\*\*\*\r\n")
        screen.type("exit 5\n")
        out, status = screen.rest()
        self.assertEqual(status, 5)
        self.assertNotIn(SECRET.encode(), out)

    def test_a_prompt_comes_before_the_answer_and_is_not_echoed(self):
        screen = self.screen(*self.wrapped(
            "bash", "-c", "read -s -p 'Password: ' p; echo; echo \"got $p\""))
        screen.until("Password: ")
        time.sleep(0.2)
        screen.type("typed-by-hand\n")
        text = screen.until("got typed-by-hand\r\n")
        self.assertEqual(text.count(b"typed"), 1)

    def test_end_of_input_is_passed_on(self):
        screen = self.screen(*self.wrapped("bash", "-c",
                                           "echo ready; cat; echo end"))
        screen.until("ready\r\n")
        screen.type("a line\n")
        screen.until("a line\r\na line\r\n")
        screen.type("\x04")
        self.assertEqual(screen.rest(), (b"end\r\n", 0))

    def test_in_the_background_we_leave_the_terminal_alone(self):
        screen = self.shell()
        screen.type(self.quoted(*self.wrapped(
            "bash", "-c", "sleep 0.5; echo back''ground")) + " &\n")
        screen.until("P> ")
        screen.type("echo fore''ground\n")
        screen.until("foreground")
        screen.until("background")

    def test_the_terminal_is_as_before_whatever_the_command_did(self):
        screen = self.shell()
        before, after = self.path("before"), self.path("after")
        screen.type("stty -a > %s; %s; stty -a > %s; cmp %s %s && echo sa''me\n"
                    % (before, self.quoted(*self.wrapped(
                        "bash", "-c", "stty raw -echo; exit 1")), after,
                       before, after))
        screen.until("same\r\n")

    def test_a_hang_up_ends_the_command(self):
        pids = self.path("pids")
        screen = self.screen(*self.wrapped(
            "bash", "-c", "echo $$ > %s.new; mv %s.new %s; sleep 60" %
            (pids, pids, pids)))
        end = time.monotonic() + SECONDS
        while not os.path.exists(pids) and time.monotonic() < end:
            time.sleep(0.01)
        command = int(self.text_of(pids))
        os.close(screen.fd)
        while os.path.exists("/proc/%d" % command):
            self.assertLess(time.monotonic(), end, "lives on")
            time.sleep(0.01)
        os.waitpid(screen.pid, 0)
        screen.pid, screen.fd = None, os.open("/dev/null", os.O_RDONLY)


if __name__ == "__main__":
    maskpipe_cli.main()
