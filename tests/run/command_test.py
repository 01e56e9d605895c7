"""maskpipe run beside the bare command: nothing differs but the masks.

The same program is started with and without `maskpipe run`, and what can be
seen of it from outside and inside is compared.
"""

import fcntl
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import time

import maskpipe_cli
from maskpipe_cli import CliTest, SECONDS

SECRET = b"hunter2-secret"
MIB = 1 << 20

# name, command, standard input. SECRET stands for the secret.
TABLE = [
    ("echo", ["echo", "SECRET", "and", "SECRET"], b""),
    ("exit status", ["bash", "-c", "echo SECRET; exit 7"], b""),
    ("both outputs", ["bash", "-c", "echo out SECRET; echo err SECRET >&2"],
     b""),
    ("standard input", ["cat"], b"a SECRET\nb\0\xff\r\nno newline"),
    ("a script on standard input", ["bash"], b"read line\nSECRET\necho $line"),
    ("python3", [sys.executable, "-c",
                 "import sys\nprint('SECRET', sys.stdin.read())\n"
                 "raise SystemExit('SECRET again')"], b"input"),
    ("a traceback", [sys.executable, "-c", "raise ValueError('SECRET')"], b""),
    ("node", ["node", "-e", "console.log('SECRET'); console.error('SECRET');"
              "process.exitCode = 3"], b""),
    ("git", ["git", "--version"], b""),
    ("git that fails", ["git", "-C", "/nonexistent", "log"], b""),
    ("ssh-keygen", ["ssh-keygen", "-l", "-f", "/dev/stdin"], b"no key SECRET"),
    ("top", ["top", "-v"], b""),
    ("a signal's death", ["bash", "-c", "echo SECRET; kill -TERM $$"], b""),
    ("a kill", ["bash", "-c", "printf SECRET; kill -KILL $$"], b""),
    ("a crash", ["bash", "-c", "ulimit -c 0; echo SECRET; kill -SEGV $$"], b""),
    ("an abort", [sys.executable, "-c", "import os; os.abort()"], b""),
    ("closed standard output", ["bash", "-c", "echo SECRET; exec >&-; "
                                "echo late; echo err SECRET >&2; exit 4"], b""),
    ("both closed", ["bash", "-c", "exec >&- 2>&-; sleep 0.2; exit 6"], b""),
    ("not found", ["no-such-command-anywhere"], b""),
    ("no permission", ["/etc/passwd"], b""),
    ("a directory", ["/etc"], b""),
    ("arguments", ["printf", "[%s]", "", "--", "-x", "--mask", "a b", "*"],
     b""),
    ("many bytes", [sys.executable, "-c",
                    "import sys\n"
                    "for i in range(20000): sys.stdout.write("
                    "'%d SECRET\\n' % i)"], b""),
]


def with_secret(argument):
    if isinstance(argument, bytes):
        return argument.replace(b"SECRET", SECRET)
    return argument.replace("SECRET", SECRET.decode())


class RunTest(CliTest):
    def setUp(self):
        super().setUp()
        self.source = self.one(SECRET)

    def wrapped(self, *command, options=()):
        return [maskpipe_cli.binary(), "run", *self.source, *options, "--",
                *command]

    def start_command(self, argv, env=None, **popen):
        running = maskpipe_cli.Running(argv, self.environment(env), **popen)
        self.addCleanup(running.stop)
        return running

    def run_command(self, argv, stdin=b"", env=None, **popen):
        # A pipe, as run's are: bash and others look at what they write to.
        done = subprocess.run(argv, input=stdin, env=self.environment(env),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=SECONDS, **popen)
        status = done.returncode
        return maskpipe_cli.Run(status if status >= 0 else 128 - status,
                                done.stdout, done.stderr)

    def both(self, command, stdin=b"", options=(), **more):
        return (self.run_command(command, stdin, **more),
                self.run_command(self.wrapped(*command, options=options),
                                 stdin, **more))


class Table(RunTest):
    def test_status_and_output_are_those_of_the_bare_command(self):
        for name, command, stdin in TABLE:
            command = [with_secret(a) for a in command]
            exists = command[0] == "no-such-command-anywhere" or shutil.which(
                command[0]) or command[0].startswith("/")
            if not exists:
                print("SKIPPED: %s is not installed" % command[0])
                continue
            with self.subTest(name):
                if name in ("not found", "no permission", "a directory"):
                    run = self.run_command(self.wrapped(*command))
                    self.assertEqual(
                        run.status, 127 if name == "not found" else 126, run)
                    self.assertIn(command[0].encode(), run.err)
                    self.assertEqual(run.out, b"")
                    continue
                bare, run = self.both(command, with_secret(stdin))
                self.assertEqual(run.status, bare.status, run)
                self.assertEqual(run.out, bare.out.replace(SECRET, b"***"))
                self.assertEqual(run.err, bare.err.replace(SECRET, b"***"))

    def test_a_script_without_an_interpreter_line_runs_as_a_shell_runs_it(self):
        script = self.file("script", "echo from the script\n", 0o700)
        run = self.run_command(self.wrapped(script))
        self.assertEqual((run.status, run.out), (0, b"from the script\n"), run)

    def test_our_own_failures_are_125_and_the_command_does_not_start(self):
        started = self.path("started")
        touch = ["touch", started]
        for argv in (
                ["run", "--source", "file:/nonexistent", "--", *touch],
                ["run", "--no-such-option", "--", *touch],
                ["run", *self.source, *touch],
                ["run", *self.source, "--mask", SECRET.decode(), "--", *touch],
                ["run", "--", *touch],
                ["run", *self.source, "--"],
                ["run", *self.source, "--against", "x", "--", *touch]):
            with self.subTest(argv):
                run = self.run_command([maskpipe_cli.binary(), *argv])
                self.assertEqual((run.status, run.out), (125, b""), run)
                self.assertTrue(run.err.startswith(b"maskpipe: error"), run)
                self.assertNotIn(SECRET, run.err)
        self.assertFalse(os.path.exists(started))

    def test_warn_goes_on_with_what_loaded_and_says_so(self):
        run = self.run_command(self.wrapped(
            "echo", SECRET, options=["--source", "file:/nonexistent",
                                     "--on-error=warn"]))
        self.assertEqual((run.status, run.out), (0, b"***\n"), run)
        self.assertIn(b"UNMASKED", run.err)

    def test_no_masking_is_loud(self):
        run = self.run_command(self.wrapped("echo", SECRET,
                                            options=["--no-masking"]))
        self.assertEqual((run.status, run.out), (0, SECRET + b"\n"), run)
        self.assertIn(b"UNMASKED", run.err)

    def test_help_needs_no_command(self):
        run = self.run_command([maskpipe_cli.binary(), "run", "--help"])
        self.assertEqual(run.status, 0)
        self.assertIn(b"--drain-timeout", run.out)


class World(RunTest):
    """What the command finds is what it would find without us."""

    def inside(self, script, options=(), **popen):
        return self.both([sys.executable, "-c", script], options=options,
                         **popen)

    def test_the_environment_is_equal_but_for_our_variables(self):
        odd = {"MASKPIPE_LOG_LEVEL": "error", "A": "1", "B_TOKEN": "x y\n=z",
               "EMPTY": "", "lower": "\udcff\udcfe"}
        bare, run = self.both(["env", "-0"], env=odd)
        entries = run.out.split(b"\0")
        added = [e for e in entries if e.startswith(b"MASKPIPE_")]
        self.assertEqual([e.split(b"=")[0] for e in added],
                         [b"MASKPIPE_ADD_FD", b"MASKPIPE_ADD_ID"])
        self.assertEqual(
            [e for e in entries if e not in added],
            [e for e in bare.out.split(b"\0")
             if not e.startswith(b"MASKPIPE_")])

    def test_hide_env_removes_more(self):
        run = self.run_command(
            self.wrapped("env", "-0", options=["--hide-env", "*_TOKEN",
                                               "--hide-env=A"]),
            env={"A": "1", "AB": "2", "B_TOKEN": "3"})
        names = {e.split(b"=")[0] for e in run.out.split(b"\0")}
        self.assertIn(b"AB", names)
        self.assertFalse(names & {b"A", b"B_TOKEN"})

    DESCRIPTORS = ("import os, fcntl\n"
                   "for n in sorted(os.listdir('/proc/self/fd'), key=int):\n"
                   "  try: print(n, os.readlink('/proc/self/fd/' + n),\n"
                   "             fcntl.fcntl(int(n), fcntl.F_GETFL))\n"
                   "  except OSError: pass\n"
                   "print(os.environ.get('MASKPIPE_ADD_FD', 'none'))\n")

    def descriptors(self, run):
        lines = run.out.decode().splitlines()
        found = {}
        for line in lines[:-1]:
            number, where, flags = line.split(" ")
            found[int(number)] = ("pipe" if where.startswith("pipe:") else
                                  where, flags)
        return found, lines[-1]

    def test_descriptors_are_equal_but_for_the_one_to_add_secrets(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        bare, run = self.inside(self.DESCRIPTORS, pass_fds=[reader, writer])
        wanted, _ = self.descriptors(bare)
        found, add = self.descriptors(run)
        self.assertIn(reader, found)
        socket = found.pop(int(add))
        self.assertTrue(socket[0].startswith("socket:"))
        self.assertEqual(found, wanted)

    def test_a_low_limit_of_descriptors_leaves_room_for_ours(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        run = self.run_command(self.wrapped("sh", "-c",
                                            "echo $MASKPIPE_ADD_FD"),
                               preexec_fn=few)
        self.assertEqual(run.status, 0, run)
        self.assertLess(int(run.out), 40)

    def test_closed_standard_streams_stay_closed(self):
        script = ("import os, sys\n"
                  "open_ = []\n"
                  "for n in (0, 1, 2):\n"
                  "  try: os.fstat(n); open_.append(n)\n"
                  "  except OSError: pass\n"
                  "os.write(int(sys.argv[1]), repr(open_).encode())\n")
        for closed in ((0,), (1,), (2,), (1, 2), (0, 1, 2)):
            with self.subTest(closed=closed):
                got = []
                for wrap in (list, lambda c: self.wrapped(*c)):
                    reader, writer = os.pipe()

                    def close_some():
                        for fd in closed:
                            os.close(fd)
                    done = subprocess.run(
                        wrap([sys.executable, "-c", script, str(writer)]),
                        env=self.environment(), pass_fds=[writer],
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL, preexec_fn=close_some,
                        timeout=SECONDS)
                    os.close(writer)
                    got.append((done.returncode, os.read(reader, 100)))
                    os.close(reader)
                self.assertEqual(got[0], got[1])

    def test_limits_are_equal(self):
        for kind in ("-Sa", "-Ha"):
            bare, run = self.both(["bash", "-c", "ulimit " + kind])
            self.assertEqual(run.out, bare.out)

    def test_limits_of_somebody_who_is_not_root_are_equal(self):
        as_nobody = self.as_nobody()
        if not as_nobody:
            self.skipTest("SKIPPED: only root can become somebody else")
        become = as_nobody["preexec_fn"]
        os.chmod(self.path("s.txt"), 0o644)
        script = ["bash", "-c", "ulimit -Sa; ulimit -Ha"]

        def limited():
            resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
            become()
        bare = self.run_command(script, preexec_fn=limited)
        run = self.run_command(
            [as_nobody["executable"], *self.wrapped(*script)[1:]],
            preexec_fn=limited)
        self.assertEqual((run.status, run.out), (0, bare.out), run)
        self.assertIn(b"core", run.out)

    def test_signals_umask_priority_and_folder_are_equal(self):
        def strange():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK,
                                   [signal.SIGUSR2, signal.SIGTERM])
            os.umask(0o027)
            os.nice(3)

        def plain():
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)

        script = ["bash", "-c", "grep -E '^(Sig(Ign|Blk|Cgt)|Umask|NoNewPrivs)'"
                  " /proc/self/status; cut -d' ' -f18,19 /proc/self/stat; pwd; "
                  "cat /proc/self/oom_score_adj"]
        for prepare in (strange, plain):
            bare, run = self.both(script, preexec_fn=prepare, cwd="/")
            self.assertEqual(run.out, bare.out, prepare.__name__)
            self.assertEqual(run.status, 0)

    def test_the_command_is_in_our_group_or_in_one_of_its_own(self):
        script = "import os; print(os.getpgrp() == os.getpid(), os.getsid(0))"
        command = [sys.executable, "-c", script]
        same = self.run_command(self.wrapped(*command))
        own = self.run_command(self.wrapped(*command, options=["--group"]))
        session = os.getsid(0)
        self.assertEqual(same.out, b"False %d\n" % session)
        self.assertEqual(own.out, b"True %d\n" % session)

    def test_it_dumps_core_as_it_would(self):
        """exec(2) makes it dumpable again, and its limit is its own."""
        bare, run = self.both(
            [sys.executable, "-c", "import os; print(os.stat('/proc/self/mem')"
             ".st_uid, open('/proc/self/coredump_filter').read())"])
        self.assertEqual(run.out, bare.out)


CATCHER = """
import os, signal, sys, time
def got(number, frame):
    os.write(1, b"%d\\n" % number)
for s in (1, 2, 3, 10, 12, 15, 18, 28):
    signal.signal(s, got)
os.write(1, b"ready\\n")
while True: time.sleep(0.05)
"""


class Signals(RunTest):
    def test_each_reaches_the_command_once(self):
        for options in ((), ("--group",)):
            running = self.start_command(self.wrapped(
                sys.executable, "-c", CATCHER, options=options))
            self.assertEqual(running.read(6), b"ready\n")
            for number in (1, 2, 3, 10, 12, 15, 18, 28):
                os.kill(running.pid, number)
                want = b"%d\n" % number
                self.assertEqual(running.read(len(want)), want)
            self.assertEqual(running.quiet(), b"")

    def test_of_a_process_group_the_command_gets_its_own_too(self):
        """Nobody can tell one sent to the group from one sent to us; with
        --group the command is not in it."""
        running = self.start_command(
            self.wrapped(sys.executable, "-c", CATCHER, options=["--group"]),
            start_new_session=True)
        self.assertEqual(running.read(6), b"ready\n")
        os.killpg(running.pid, signal.SIGTERM)
        self.assertEqual(running.read(3), b"15\n")
        self.assertEqual(running.quiet(), b"")

    def test_the_last_words_after_term_are_printed(self):
        running = self.start_command(self.wrapped(
            "bash", "-c", "trap 'echo last words %s; exit 9' TERM; echo ready;"
            "while :; do sleep 0.05; done" % SECRET.decode()))
        self.assertEqual(running.read(6), b"ready\n")
        os.kill(running.pid, signal.SIGTERM)
        run = running.end()
        self.assertEqual((run.status, run.out), (9, b"last words ***\n"), run)

    def test_a_command_that_ignores_term_goes_on(self):
        running = self.start_command(self.wrapped(
            "bash", "-c", "trap '' TERM; echo ready; sleep 0.5; echo done"))
        self.assertEqual(running.read(6), b"ready\n")
        os.kill(running.pid, signal.SIGTERM)
        run = running.end()
        self.assertEqual((run.status, run.out), (0, b"done\n"), run)

    def test_a_reader_that_waits_does_not_keep_signals_back(self):
        running = self.start_command(self.wrapped("yes", SECRET))
        time.sleep(0.3)  # our output is full
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS
        while children(running.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(children(running.pid), [])
        run = running.end()
        self.assertEqual(run.status, 143)
        self.assertNotIn(b"hunter2", run.out)

    def test_an_output_that_nobody_reads_does_not_stop_the_other(self):
        running = self.start_command(self.wrapped(
            sys.executable, "-c", "import os, threading\n"
            "def fill():\n  while True: os.write(1, b'x' * 65536)\n"
            "threading.Thread(target=fill, daemon=True).start()\n"
            "import time; time.sleep(0.5)\n"
            "os.write(2, b'heard %s\\n')\ntime.sleep(60)" % SECRET.decode()))
        ready, _, _ = select.select([running.process.stderr], [], [], SECONDS)
        self.assertTrue(ready)
        self.assertEqual(os.read(running.process.stderr.fileno(), 100),
                         b"heard ***\n")

    def test_a_stop_stops_us_both_and_cont_continues_us_both(self):
        # Job control is for groups whose parent is in their session: a shell's.
        running = self.start_command(
            ["setsid", "bash", "-c", 'set -m; "$@" & echo $!; exec >&-; '
             "while kill -0 $! 2>&-; do sleep 0.05; done", "bash",
             *self.wrapped("bash", "-c", "echo $$; sleep 3; echo on")])
        ours, child = map(int, sorted(running.read(100, 0.5).split()))
        os.kill(ours, signal.SIGTSTP)
        self.wait_for_state(child, "T")
        self.wait_for_state(ours, "T")
        os.kill(ours, signal.SIGCONT)
        self.wait_for_state(child, "S")
        run = running.end()
        self.assertEqual((run.status, run.out), (0, b"on\n"), run)

    def wait_for_state(self, pid, state):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with open("/proc/%d/stat" % pid) as f:
                if f.read().rsplit(")", 1)[1].split()[0] == state:
                    return
            time.sleep(0.01)
        self.fail("%d does not become %s" % (pid, state))


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return f.read().split()
    except OSError:
        return []


class Ends(RunTest):
    def test_what_children_still_print_is_awaited_to_the_end_of_file(self):
        run = self.run_command(self.wrapped(
            "bash", "-c", "(sleep 0.4; echo late %s) & echo first" %
            SECRET.decode()))
        self.assertEqual((run.status, run.out), (0, b"first\nlate ***\n"), run)

    def test_but_not_longer_than_the_drain_timeout(self):
        for timeout, least, most in (("100ms", 0.05, 1.5), ("1s", 0.9, 3)):
            begin = time.monotonic()
            run = self.run_command(self.wrapped(
                "bash", "-c", "sleep 20 & echo first; exit 3",
                options=["--drain-timeout", timeout]))
            spent = time.monotonic() - begin
            self.assertEqual((run.status, run.out), (3, b"first\n"), run)
            self.assertGreater(spent, least)
            self.assertLess(spent, most)

    def test_a_child_that_never_pauses_does_not_keep_us(self):
        begin = time.monotonic()
        run = self.run_command(self.wrapped(
            "bash", "-c", "yes %s & exit 3" % SECRET.decode(),
            options=["--drain-timeout", "200ms"]))
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(run.status, 3)
        self.assertNotIn(b"hunter2", run.out)

    def test_a_daemon_lives_on(self):
        marker = self.path("daemon")
        run = self.run_command(self.wrapped(
            "bash", "-c", "setsid bash -c 'sleep 0.3; touch %s' "
            "</dev/null >/dev/null 2>&1 & echo started" % marker))
        self.assertEqual((run.status, run.out), (0, b"started\n"), run)
        end = time.monotonic() + SECONDS
        while not os.path.exists(marker) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertTrue(os.path.exists(marker))

    def test_yes_to_head_ends_as_without_us(self):
        for command in ("yes", "seq 1000000", "cat /dev/zero"):
            shown = []
            for prefix in ("", " ".join("'%s'" % a for a in self.wrapped())):
                done = subprocess.run(
                    ["bash", "-c", "%s %s | head -c 10; echo ${PIPESTATUS[0]}" %
                     (prefix, command)], env=self.environment(),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    timeout=SECONDS)
                shown.append((done.stdout, done.stderr))
            self.assertEqual(shown[0], shown[1], command)

    def test_an_idle_command_learns_at_its_next_write(self):
        for prefix in ([], self.wrapped()):
            running = self.start_command(
                [*prefix, "bash", "-c", "echo one; sleep 0.4; echo two; "
                 "echo survived >&2"])
            self.assertEqual(running.read(4), b"one\n")
            running.process.stdout.close()
            status = running.process.wait(SECONDS)
            err = running.process.stderr.read()
            self.assertEqual((status if status >= 0 else 128 - status, err),
                             (141, b""))

    def test_a_full_disk_ends_with_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(self.wrapped("seq", "100000"), stdout=full,
                                  env=self.environment(),
                                  stderr=subprocess.PIPE, timeout=SECONDS)
        self.assertEqual(done.returncode, 125)
        self.assertIn(b"standard output: No space left on device", done.stderr)

    def test_a_closed_pipe_is_an_error_where_nobody_is_to_die_of_it(self):
        def ignore():
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(self.wrapped("echo", "x"), stdout=writer,
                              env=self.environment(), stderr=subprocess.PIPE,
                              preexec_fn=ignore, timeout=SECONDS)
        os.close(writer)
        # Either the command met it, or we did.
        self.assertIn(done.returncode, (1, 125))
        self.assertIn(b"Broken pipe", done.stderr)

    def test_an_output_that_others_made_non_blocking_gets_all(self):
        reader, writer = os.pipe()
        flags = fcntl.fcntl(writer, fcntl.F_GETFL)
        fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        process = subprocess.Popen(
            self.wrapped("bash", "-c", "seq 200000; echo %s" %
                         SECRET.decode()), stdout=writer,
            env=self.environment())
        time.sleep(0.3)
        self.assertTrue(fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK)
        os.close(writer)
        with open(reader, "rb") as f:
            out = f.read()
        self.assertEqual(process.wait(SECONDS), 0)
        self.assertEqual(out, b"".join(b"%d\n" % i for i in range(
            1, 200001)) + b"***\n")

    def test_our_own_descriptors_stay_blocking(self):
        reader, writer = os.pipe()
        running = self.start_command(self.wrapped("sleep", "60"),
                                     stdin=reader, stdout=writer)
        time.sleep(0.2)
        for fd in (reader, writer):
            self.assertFalse(fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK)
            os.close(fd)
        running.stop()


class ProcessOne(RunTest):
    """As the first process of a container."""

    def setUp(self):
        super().setUp()
        probe = subprocess.run(["unshare", "--pid", "--fork", "true"],
                               stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            self.skipTest("SKIPPED: no PID namespace can be made here")

    def as_process_one(self, *command, options=()):
        return ["unshare", "--pid", "--fork", "--kill-child",
                "--mount-proc", *self.wrapped(*command, options=options)]

    def test_it_takes_in_orphans(self):
        run = self.run_command(self.as_process_one(
            "bash", "-c",
            "for i in 1 2 3; do (sleep 0.1 &) ; done; sleep 0.6; "
            "ps -e -o stat= -o comm=; echo end"))
        self.assertEqual(run.status, 0, run)
        self.assertIn(b"end", run.out)
        self.assertNotIn(b"Z", run.out.replace(b"SIZE", b""))

    def test_term_ends_it_though_it_is_process_one(self):
        running = self.start_command(self.as_process_one(
            "bash", "-c", "echo $PPID; sleep 60"))
        self.assertEqual(running.read(2), b"1\n")
        inner = int(children(running.pid)[0])
        os.kill(inner, signal.SIGTERM)
        run = running.end()
        self.assertEqual(run.status, 143, run)

    def test_term_ends_it_while_sources_load(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        running = self.start_command(
            ["unshare", "--pid", "--fork", "--kill-child",
             maskpipe_cli.binary(), "run", "--source", "file:" + fifo, "--",
             "true"])
        end = time.monotonic() + SECONDS
        while not children(running.pid) and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(int(children(running.pid)[0]), signal.SIGTERM)
        self.assertEqual(running.end().status, 143)

    def test_subreaper_takes_in_orphans_without_being_process_one(self):
        script = ("(bash -c 'sleep 0.3; echo $PPID' &) ; sleep 0.1; "
                  "echo parent $PPID; sleep 0.5")
        reaper = self.run_command(self.wrapped(
            "bash", "-c", "echo $PPID; (bash -c 'sleep 0.2; ps -o ppid= -p $$'"
            " &); sleep 0.5", options=["--subreaper"]))
        lines = reaper.out.split()
        self.assertEqual(lines[0], lines[1], reaper)
        other = self.run_command(self.wrapped("bash", "-c", script))
        self.assertEqual(other.status, 0)


if __name__ == "__main__":
    maskpipe_cli.main()
