"""Secrets that a command adds while it runs: by maskpipe add, and by itself."""

import json
import sys

import maskpipe_cli
from maskpipe_cli import CliTest


class AddTest(CliTest):
    def run_script(self, script, *options, language=None, **more):
        """Under maskpipe run, with its own path as $MASKPIPE_BINARY."""
        argv = [sys.executable, "-c"] if language == "python" else ["bash",
                                                                    "-c"]
        return self.mask(b"", "run", *self.one(b"loaded-secret"), *options,
                         "--", *argv, script,
                         env={"BINARY": maskpipe_cli.binary()}, **more)


class ByOurselves(AddTest):
    def test_a_value_is_masked_once_add_has_answered(self):
        run = self.run_script(
            "printf fetched-Later-1 | $BINARY add && echo fetched-Later-1 "
            "loaded-secret; echo fetched-Later-1 >&2")
        self.assertEqual((run.status, run.out, run.err),
                         (0, b"*** ***\n", b"***\n"))

    def test_several_values_and_lines(self):
        run = self.run_script(
            "printf 'first-Value\\0second-Value\\0third line 1\\nline-2-end' |"
            " $BINARY add; echo first-Value, second-Value; echo 'third line 1'"
            "; echo and; echo line-2-end")
        self.assertEqual((run.status, run.out),
                         (0, b"***, ***\n***\nand\n***\n"), run)

    def test_a_line_end_is_no_part_of_it(self):
        run = self.run_script("echo with-Newline | $BINARY add; "
                              "echo a with-Newline b")
        self.assertEqual(run.out, b"a *** b\n")

    def test_many_at_once(self):
        run = self.run_script(
            "for i in $(seq 40); do printf concurrent-$i-x | $BINARY add & done"
            "; wait; for i in $(seq 40); do echo concurrent-$i-x; done")
        self.assertEqual((run.status, run.out), (0, b"***\n" * 40), run)

    def test_outside_of_a_run_it_fails(self):
        run = self.mask(b"a-value", "add")
        self.assert_refused(run, 1, "no maskpipe run around")

    def test_nothing_to_add_is_an_error(self):
        self.assert_refused(self.mask(b"", "add"), 1, "empty")

    def test_a_value_on_the_command_line_is_refused_and_not_repeated(self):
        run = self.mask(b"", "add", "my-MARKER-value")
        self.assert_refused(run, 2, "standard input", never=["MARKER"])

    def test_the_command_line_s_other_uses_are_refused(self):
        self.assert_refused(self.mask(b"x", "add", "--no-such-option"), 2)

    def test_a_closed_or_foreign_descriptor_is_found_out(self):
        for script in ("exec 60>&-; printf a-value | $BINARY add",
                       "exec 60>file; printf a-value | $BINARY add; s=$?; "
                       "cat file; rm file; exit $s",
                       "MASKPIPE_ADD_FD=1 $BINARY add <<<a-value",
                       "MASKPIPE_ADD_FD=x $BINARY add <<<a-value",
                       "MASKPIPE_ADD_ID=1:2 $BINARY add <<<a-value"):
            with self.subTest(script):
                run = self.run_script(script, cwd=self.dir)
                self.assertEqual((run.status, run.out), (1, b""), run)
                self.assertIn(b"MASKPIPE_ADD_FD", run.err)
                self.assertNotIn(b"a-value", run.err)

    def test_python_s_close_fds_is_found_out_and_pass_fds_mends_it(self):
        run = self.run_script(
            "import os, subprocess\n"
            "add = [os.environ['BINARY'], 'add']\n"
            "n = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "print(subprocess.run(add, input=b'late-Value-1').returncode)\n"
            "print(subprocess.run(add, input=b'late-Value-2', pass_fds=[n])"
            ".returncode)\n"
            "print(subprocess.run(add, input=b'late-Value-3', close_fds=False)"
            ".returncode)\n"
            "print('late-Value-2 late-Value-3')\n", language="python")
        self.assertEqual((run.status, run.out), (0, b"1\n0\n0\n*** ***\n"),
                         run)
        self.assertIn(b"pass_fds", run.err)

    def test_what_is_too_large_is_refused_and_the_run_goes_on(self):
        run = self.run_script(
            "head -c 70000 /dev/zero | tr '\\0' x | $BINARY add; echo $?; "
            "head -c 65536 /dev/zero | tr '\\0' y | $BINARY add; echo $?")
        self.assertEqual((run.status, run.out), (0, b"1\n0\n"), run)
        self.assertIn(b"64 KiB", run.err)

    def test_more_than_ten_thousand_are_refused(self):
        run = self.run_script(
            "seq -f 'value-%05.0f-z' 9990 | tr '\\n' '\\0' | $BINARY add; "
            "echo $?; seq -f 'other-%05.0f-z' 20 | tr '\\n' '\\0' | "
            "$BINARY add; echo $?; echo value-00077-z")
        self.assertEqual((run.status, run.out), (0, b"0\n1\n***\n"), run)

    def test_a_writer_that_never_ends_does_not_stop_the_run(self):
        run = self.run_script(
            "(sleep 60 | $BINARY add) & p=$!; printf in-Between | $BINARY add; "
            "echo in-Between; kill $p; pkill -P $p; exit 3",
            "--drain-timeout", "100ms")
        self.assertEqual((run.status, run.out), (3, b"***\n"), run)

    def test_a_short_value_is_told(self):
        run = self.run_script("printf ab | $BINARY add; echo ab")
        self.assertEqual(run.out, b"ab\n")
        self.assertIn(b"not masked", run.err)

    def test_it_counts_in_the_stats(self):
        run = self.run_script("printf counted-Value | $BINARY add; "
                              "echo counted-Value counted-Value", "--stats")
        stats = json.loads(run.err.splitlines()[-1])
        self.assertEqual(stats["maskpipe_masks_by_name"], {"added/1": 2})

    def test_with_no_masking_it_answers_and_masks_nothing(self):
        run = self.run_script("printf plain-Value | $BINARY add; echo $? "
                              "plain-Value", "--no-masking")
        self.assertEqual((run.status, run.out), (0, b"0 plain-Value\n"), run)


class ByTheCommand(AddTest):
    """A value and a NUL, written to the descriptor, with no answer."""

    def test_what_is_printed_after_the_write_is_masked(self):
        run = self.run_script(
            "import os\nn = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "for i in range(300):\n"
            "  v = b'raced-%d-Value' % i\n"
            "  os.write(n, v + b'\\0')\n"
            "  os.write(1 + i % 2, v + b'\\n')\n", language="python")
        self.assertEqual(run.status, 0, run)
        self.assertEqual((run.out, run.err), (b"***\n" * 150, b"***\n" * 150))

    def test_a_shell_can_do_it(self):
        run = self.run_script(
            "printf 'by-Shell-1\\0' >&\"$MASKPIPE_ADD_FD\"; echo by-Shell-1")
        self.assertEqual(run.out, b"***\n", run)

    def test_a_value_in_pieces_beside_one_that_wants_an_answer(self):
        run = self.run_script(
            "import os, subprocess\n"
            "n = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "os.write(n, b'in-Two-')\n"
            "subprocess.run([os.environ['BINARY'], 'add'], input=b'answered-V',"
            " pass_fds=[n])\n"
            "os.write(n, b'Pieces\\0')\n"
            "print('in-Two-Pieces answered-V', flush=True)\n"
            "print('in-Two-', flush=True)\n", language="python")
        self.assertEqual((run.status, run.out), (0, b"*** ***\nin-Two-\n"),
                         run)

    def test_too_large_a_value_ends_the_masking_and_prints_nothing_more(self):
        run = self.run_script(
            "import os, time\nn = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "os.write(1, b'before\\n'); time.sleep(0.2)\n"
            "v = b'v' * 70000\n"
            "while v: v = v[os.write(n, v):]\n"
            "os.write(1, b'after\\n')\ntime.sleep(0.2)\n"
            "os.write(1, b'more\\n')\n", language="python")
        self.assertEqual((run.status, run.out), (125, b"before\n"), run)
        self.assertIn(b"64 KiB", run.err)

    def test_nobody_can_read_what_others_added(self):
        run = self.run_script(
            "import os, socket\nn = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "os.write(n, b'nobody-Reads\\0')\n"
            "s = socket.socket(fileno=n)\ns.settimeout(0.3)\n"
            "try: print('read', s.recv(100))\n"
            "except TimeoutError: print('nothing')\n", language="python")
        self.assertEqual(run.out, b"nothing\n")

    def test_descriptors_of_all_kinds_do_no_harm(self):
        run = self.run_script(
            "import array, os, socket, tempfile\n"
            "n = int(os.environ['MASKPIPE_ADD_FD'])\n"
            "s = socket.socket(fileno=n)\n"
            "def give(*fds, data=b'\\0'):\n"
            "  s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,\n"
            "                      array.array('i', fds))])\n"
            "r, w = os.pipe()\n"
            "give(r); give(w, r); give(os.open('/dev/null', os.O_RDWR))\n"
            "f = tempfile.TemporaryFile()\ngive(n); give(f.fileno())\n"
            "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "give(u.fileno()); give(*[r] * 40)\n"
            "os.write(n, b'still-Works\\0')\nprint('still-Works')\n",
            language="python")
        self.assertEqual((run.status, run.out), (0, b"***\n"), run)


if __name__ == "__main__":
    maskpipe_cli.main()
