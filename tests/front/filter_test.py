"""The filter as a process: promises P1 to P5 of the design, from outside."""

import contextlib
import fcntl
import glob
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

import maskpipe_cli
from maskpipe_cli import CliTest, REPOSITORY

SECRET = b"hunter2-secret"
MIB = 1 << 20


def occurrences(text, needles):
    """Every occurrence, overlapping ones too: (begin, end, name)."""
    for name, needle in needles.items():
        for begin in range(len(text) - len(needle) + 1):
            if text[begin:begin + len(needle)] == needle:
                yield begin, begin + len(needle), name


def cut_off(text, needles):
    """What the end of the stream cut off: 8 bytes and half the needle."""
    for name, needle in needles.items():
        for seen in range(8, len(needle)):
            if 2 * seen >= len(needle) and text.endswith(needle[:seen]):
                yield len(text) - seen, len(text), name


def oracle(text, needles, mask, truncated=False):
    """Marks every byte, merges what overlaps or touches, replaces."""
    found = list(occurrences(text, needles))
    if truncated:
        found += cut_off(text, needles)
    regions = []
    for begin, end, name in sorted(found, key=lambda f: (f[0], -f[1], f[2])):
        if regions and begin <= regions[-1][1]:
            regions[-1][1] = max(regions[-1][1], end)
        else:
            regions.append([begin, end, name])
    out, at = b"", 0
    for begin, end, name in regions:
        out += text[at:begin] + mask.replace(b"{name}", name.encode())
        at = end
    return out + text[at:]


def in_chunks(random_, text):
    """Cuts a text at random places, mostly into small pieces."""
    while text:
        size = random_.choice((1, 1, 2, 3, 5, 8, len(text)))
        yield text[:size]
        text = text[size:]


class Copies(CliTest):

    def test_logs_without_a_secret_are_copied_byte_for_byte(self):
        logs = sorted(glob.glob(
            os.path.join(REPOSITORY, "tests/data/corpora/*.log")))
        self.assertTrue(logs, "no corpora")
        self.assert_copied(logs)

    def test_real_logs_without_a_secret_are_copied_byte_for_byte(self):
        folder = os.environ.get("MASKPIPE_CORPORA")
        if not folder:
            self.skipTest("SKIPPED: MASKPIPE_CORPORA names no folder of logs")
        logs = sorted(glob.glob(os.path.join(folder, "*.log")))
        self.assertTrue(logs, "no logs in MASKPIPE_CORPORA")
        self.assert_copied(logs)

    def assert_copied(self, logs):
        source = self.one(b"no-log-holds-this-0x7f3a")
        for log in logs:
            with self.subTest(log=os.path.basename(log)):
                text = self.text_of(log)
                self.assertTrue(self.masked(text, *source) == text, "as input")
                self.assertTrue(self.masked(b"", *source, log) == text,
                                "as a file")

    def test_odd_bytes_are_copied_byte_for_byte(self):
        source = self.one(SECRET)
        every_byte = bytes(range(256))
        for text in (b"", b"\n", b"\0", b"\0\0\n\0", b"\r\n\r\r\n",
                     b"no last newline", b"\xff\xfe\xc3\x28\xe2\x82",
                     b"\xf0\x9f\x98", b"\xed\xa0\x80 surrogate",
                     every_byte, every_byte * 3000, b"\r\n" * 70000,
                     b"\x1b[31mred\x1b[0m\n", b"h", b"hunter2-secre",
                     b"hunter2-secre\nx"):
            with self.subTest(text=text[:32]):
                out = self.masked(text, *source, "--truncated=show")
                self.assertTrue(out == text)

    def test_odd_bytes_around_a_secret_stay(self):
        source = self.one(SECRET)
        for before, after in ((b"\xff", b"\xfe"), (b"\0", b"\0"),
                              (b"\r\n", b"\r\n"), (b"\xe2\x82", b"\xac"),
                              (b"", b""), (b"x" * 300000, b"y" * 300000)):
            with self.subTest(before=before[:8]):
                self.assertTrue(
                    self.masked(before + SECRET + after, *source) ==
                    before + b"***" + after)


class StandardError(CliTest):

    def test_a_closed_one_does_not_end_the_log(self):
        reader, writer = os.pipe()
        os.close(reader)
        run = self.mask(b"an airflow hunter2-secret", *self.named(
            {"a": "airflow", "b": "hunter2-secret"}), "--stats",
            stderr=writer)
        os.close(writer)
        self.assertEqual((run.status, run.out), (0, b"an airflow ***"))


class Oracle(CliTest):

    def world(self, random_, alphabet):
        longest = random_.choice((1, 2, 3, 6, 20))
        needles = {}
        for i in range(random_.randint(1, 6)):
            size = random_.randint(1, longest)
            needles["N%d" % i] = bytes(random_.choice(alphabet)
                                       for _ in range(size))
        # Texts out of needles and their parts have far more to merge.
        text = b""
        while len(text) < 300:
            needle = random_.choice(list(needles.values()))
            text += random_.choice((
                needle, needle[:random_.randint(0, len(needle))],
                bytes([random_.choice(alphabet + b"\n")])))
        return needles, text

    def test_random_worlds_agree_with_the_oracle_in_any_chunking(self):
        seed = int(os.environ.get("MASKPIPE_SEED", random.randrange(10**9)))
        for i in range(120):
            with self.subTest(seed=seed + i):
                random_ = random.Random(seed + i)
                alphabet = random_.choice((b"ab", b"abc", b"a\xc3\xa9\xff"))
                needles, text = self.world(random_, alphabet)
                source = self.folder(needles, "d%d" % i)
                self.agrees(random_, needles, text, source)

    def agrees(self, random_, needles, text, source):
        running = self.start(
            *source, "--mask", "[{name}]", "--min-length=1", "--log-level=off",
            "--short-secrets=anywhere", "--mask-all", "--truncated=show",
            "--forms=plain")  # the oracle knows of no breaks
        for chunk in in_chunks(random_, text):
            os.write(running.process.stdin.fileno(), chunk)
            if random_.random() < 0.2:  # else the chunks may come as one
                running.drain()
        run = running.end()
        self.assertEqual(run.status, 0, run)
        self.assertEqual(run.out, oracle(text, needles, b"[{name}]"), needles)

    def test_random_cut_off_ends_agree_with_the_oracle(self):
        seed = int(os.environ.get("MASKPIPE_SEED", random.randrange(10**9)))
        for i in range(60):
            with self.subTest(seed=seed + i):
                random_ = random.Random(seed + i)
                needles = {
                    "N%d" % k: bytes(random_.choice(b"ab") for _ in range(
                        random_.randint(5, 30))) for k in range(3)}
                needle = random_.choice(list(needles.values()))
                text = (random_.choice((b"", b"ab", b"--", needle)) +
                        needle[:random_.randint(0, len(needle))])
                out = self.masked(text, *self.folder(needles, "d%d" % i))
                self.assertEqual(out, oracle(text, needles, b"***", True),
                                 (needles, text))

    def test_needle_in_needle_and_needles_in_a_row_become_one_mask(self):
        source = self.named({"long": "abcdefgh", "inner": "cdefg",
                             "tail": "ghijkl", "next": "mnopqr"})
        for text, out in ((b"abcdefgh", b"<long>"), (b".cdefg.", b".<inner>."),
                          (b"abcdefghijkl", b"<long>"),
                          (b"abcdefghmnopqr", b"<long>"),
                          (b"mnopqrabcdefghijkl!", b"<next>!"),
                          (b"abcdefgh mnopqr", b"<long> <next>"),
                          (b"cdefghijkl", b"<inner>")):
            with self.subTest(text=text):
                self.assertEqual(
                    self.masked(text, *source, "--mask", "<{name}>"), out)

    def test_one_value_under_two_names_prints_the_first_name(self):
        source = self.named({"zebra": "same-value", "aardvark": "same-value"})
        self.assertEqual(
            self.masked(b"same-value", *source, "--mask", "<{name}>"),
            b"<aardvark>")


class Prompt(CliTest):

    def test_a_prompt_that_ends_in_a_blank_leaves_at_once_and_whole(self):
        running = self.start(*self.one(SECRET))
        for prompt in (b"Password: ", b"Continue? [y/N] ", b"> ", b"\n"):
            running.write(prompt)
            self.assertEqual(running.read(len(prompt)), prompt)
        self.assertEqual(running.end().out, b"")

    def test_only_the_first_bytes_of_a_secret_are_held_back(self):
        running = self.start(*self.one(SECRET))
        running.write(b"the value is hunt")
        self.assertEqual(running.read(13), b"the value is ")
        self.assertEqual(running.quiet(), b"")
        running.write(b"ed")  # the hunted is no secret
        self.assertEqual(running.read(6), b"hunted")
        running.write(b" hhunter2-secre")
        self.assertEqual(running.read(2), b" h")
        self.assertEqual(running.quiet(), b"")
        running.write(b"t.")
        self.assertEqual(running.read(4), b"***.")
        running.write(b"hunter")
        self.assertEqual(running.quiet(), b"")
        self.assertEqual(running.end().out, b"hunter")

    def test_a_mask_leaves_with_the_last_byte_of_its_secret(self):
        running = self.start(*self.one(SECRET))
        running.write(b"<" + SECRET)
        self.assertEqual(running.read(4), b"<***")
        running.write(SECRET)  # touches: the mask that left stands for it too
        self.assertEqual(running.quiet(), b"")
        running.write(b">")
        self.assertEqual(running.read(1), b">")

    def test_a_secret_cut_at_every_place_is_masked(self):
        source = self.one(SECRET)
        running = self.start(*source)
        for cut in range(1, len(SECRET)):
            running.write(b"<" + SECRET[:cut])
            running.write(SECRET[cut:] + b">\n")
            self.assertEqual(running.read(6), b"<***>\n", cut)

    def test_a_secret_cut_at_the_end_of_a_large_read_is_masked(self):
        text = (b"x" * (256 * 1024 - 5) + SECRET) * 8 + b"\n"
        self.assertTrue(self.masked(text, *self.one(SECRET)) ==
                        text.replace(SECRET, b"***"))

    def test_hold_line_lets_go_of_whole_lines_only(self):
        running = self.start(*self.one(SECRET), "--hold=line")
        running.write(b"one\ntwo, ")
        self.assertEqual(running.read(4), b"one\n")
        self.assertEqual(running.quiet(), b"")
        running.write(b"hunter2-")
        self.assertEqual(running.quiet(), b"")
        running.write(b"secret\nthree")
        self.assertEqual(running.read(9), b"two, ***\n")
        self.assertEqual(running.quiet(), b"")
        self.assertEqual(running.end().out, b"three")

    def test_hold_line_lets_go_of_a_line_above_64_kib(self):
        running = self.start(*self.one(SECRET), "--hold=line")
        running.write(b"x" * 60 * 1024)
        self.assertEqual(running.quiet(), b"")
        running.write(b"x" * 60 * 1024)
        got = running.read(120 * 1024, 2)
        self.assertGreaterEqual(len(got), 56 * 1024)
        self.assertEqual(len(got) + len(running.end().out), 120 * 1024)


class SystemCalls(CliTest):

    CALLS = ("read,readv,write,writev,poll,ppoll,select,pselect6,epoll_wait,"
             "epoll_pwait,nanosleep,clock_nanosleep,timer_create,"
             "timerfd_create,setitimer,alarm")
    MEMORY = "mmap,munmap,mremap,madvise,mprotect,mlock,brk"

    def calls_after_the_first_read(self, lines, *arguments, calls=CALLS,
                                   **popen):
        maskpipe_cli.skip_under_sanitizer(self)  # it traces itself
        if shutil.which("strace") is None:
            self.skipTest("SKIPPED: strace is not installed")
        trace = self.path("trace")
        running = self.start(
            *arguments, under=("strace", "-f", "-e", "trace=" + calls,
                               "-o", trace), **popen)
        for line in lines:
            os.write(running.process.stdin.fileno(), line)
            want = line.replace(SECRET, b"***")
            self.assertEqual(running.read(len(want)), want)
        run = running.end()
        if b"ptrace" in run.err or b"Operation not permitted" in run.err:
            self.skipTest("SKIPPED: strace may not trace here")
        self.assertEqual(run.status, 0, run)
        calls = re.findall(r"^\d+\s+(\w+)\((\d+)?", self.text_of(
            trace).decode("latin-1"), re.MULTILINE)
        self.assertIn(("read", "0"), calls, "no read of standard input")
        return calls[calls.index(("read", "0")):]

    def test_a_line_costs_one_read_and_one_write_and_no_timer(self):
        lines = [b"line %d with %s in it\n" % (i, SECRET) for i in range(20)]
        lines += [b"line %d without\n" % i for i in range(20)]
        # Long enough that what stands around the mask is not copied.
        lines += [b"x" * 1500 + SECRET + b"y" * 1500 + b"\n"]
        calls = self.calls_after_the_first_read(
            lines, *self.one(SECRET), "--refresh", "0")
        self.assertEqual(
            calls, [("read", "0"), ("writev", "1")] * 41 + [("read", "0")])

    def test_a_piece_of_the_log_costs_no_call_about_memory(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        pieces = [b"line with %s in it\n" % SECRET * n
                  for n in [1, 10, 100, 1000] * 20]
        calls = self.calls_after_the_first_read(
            pieces, *self.one(SECRET), "--refresh", "0", "--add-fd",
            str(reader), pass_fds=[reader],
            calls="read,writev," + self.MEMORY)
        os.close(reader)
        names = [name for name, _ in calls]
        writes = [i for i, name in enumerate(names) if name == "writev"]
        # The first pieces make room; the end lets go of it.
        settled = names[writes[len(writes) // 2]:writes[-1] + 1]
        self.assertGreater(settled.count("writev"), 35)
        self.assertEqual(set(settled), {"read", "writev"}, settled)

    def test_an_add_descriptor_costs_one_poll_that_does_not_wait(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, writer)
        lines = [b"line %d\n" % i for i in range(20)]
        calls = self.calls_after_the_first_read(
            lines, *self.one(SECRET), "--add-fd", str(reader), "--refresh",
            "0", pass_fds=[reader])
        os.close(reader)
        names = [name for name, _ in calls]
        self.assertEqual(names, ["read", "poll", "writev"] * 20 +
                         ["read", "poll"])


class Pipes(CliTest):

    def test_a_filter_widens_its_input_and_output(self):
        inner, outer = os.pipe(), os.pipe()
        for fd in (inner[1], outer[1]):
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 4096)
        running = self.start(*self.one(SECRET), stdin=inner[0],
                             stdout=outer[1])
        os.write(inner[1], b"line\n")
        self.assertEqual(os.read(outer[0], 100), b"line\n")
        sizes = [fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ) for fd in (inner[1], outer[1])]
        os.close(inner[1])
        self.assertEqual(running.process.wait(), 0)
        for fd in (inner[0], *outer):
            os.close(fd)
        self.assertEqual(sizes, [MIB, MIB])

    def test_a_wrapper_widens_its_output_and_never_makes_it_smaller(self):
        for made, size in ((4096, MIB // 4), (MIB, MIB)):
            reader, writer = os.pipe()
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, made)
            run = self.mask(None, "run", *self.one(SECRET), "--", "true",
                            stdin=subprocess.DEVNULL, stdout=writer)
            self.assertEqual(run.status, 0, run)
            self.assertEqual(fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ), size)
            os.close(reader)
            os.close(writer)


class Memory(CliTest):

    def peak_after(self, blocks, *arguments):
        running = self.start(*arguments, stdout=subprocess.DEVNULL)
        for block in blocks:
            os.write(running.process.stdin.fileno(), block)
        running.drain()
        running.write(b"-")  # is read, so what came before is done with
        peak = running.status_field("VmHWM")
        run = running.end()
        self.assertEqual(run.status, 0, run)
        return peak

    def test_a_line_of_256_mib_adds_less_than_32_mib(self):
        maskpipe_cli.skip_under_sanitizer(self)
        source = self.one(SECRET)
        block = (b"x" * 1000 + SECRET[:-1]) * 1033
        block = block[:MIB].ljust(MIB, b"y")
        small = self.peak_after([b"small"], *source)
        large = self.peak_after([block] * 256, *source)
        self.assertLess(large - small, 32 * MIB)

    def test_a_masked_line_of_64_mib_adds_less_than_32_mib(self):
        maskpipe_cli.skip_under_sanitizer(self)
        source = self.one(SECRET)
        block = (SECRET * (MIB // len(SECRET) + 1))[:MIB]
        small = self.peak_after([b"small"], *source)
        large = self.peak_after([block] * 64, *source)
        self.assertLess(large - small, 32 * MIB)

    def test_hold_line_keeps_memory_bounded(self):
        maskpipe_cli.skip_under_sanitizer(self)
        source = [*self.one(SECRET), "--hold=line"]
        small = self.peak_after([b"small"], *source)
        large = self.peak_after([b"x" * MIB] * 64, *source)
        self.assertLess(large - small, 32 * MIB)

    def test_a_run_of_one_letter_is_one_mask_and_streams_on(self):
        maskpipe_cli.skip_under_sanitizer(self)
        running = self.start(*self.one(b"aaaaaa"))
        running.write(b"a" * MIB)
        self.assertEqual(running.read(3), b"***")
        self.assertEqual(running.quiet(), b"")
        before = running.status_field("VmHWM")
        for _ in range(16):
            running.write(b"a" * MIB)
        self.assertEqual(running.quiet(), b"")
        self.assertLess(running.status_field("VmHWM") - before, 2 * MIB)
        running.write(b"b")
        self.assertEqual(running.read(1), b"b")
        self.assertEqual(running.end().out, b"")

    def test_a_run_of_one_letter_just_short_of_a_secret_is_bounded(self):
        maskpipe_cli.skip_under_sanitizer(self)
        running = self.start(*self.one(b"a" * 4096 + b"b"))
        running.write(b"a" * MIB)
        self.assertEqual(len(running.read(MIB - 4096)), MIB - 4096)
        self.assertEqual(running.quiet(), b"")
        running.write(b"b.")
        self.assertEqual(running.read(4), b"***.")


class EndOfStream(CliTest):

    def cut(self, secret, seen, *arguments):
        return self.masked(b"x " + secret[:seen], *self.one(secret),
                           *arguments)

    def test_half_a_secret_of_8_bytes_and_more_is_masked_at_the_end(self):
        secret = b"0123456789abcdefghij"  # 20 bytes
        self.assertEqual(self.cut(secret, 9), b"x " + secret[:9])
        self.assertEqual(self.cut(secret, 10), b"x ***")
        self.assertEqual(self.cut(secret, 19), b"x ***")
        short = b"abcdef-789"  # half of it would be 5
        self.assertEqual(self.cut(short, 7), b"x " + short[:7])
        self.assertEqual(self.cut(short, 8), b"x ***")
        odd = b"0123456789abcdefg"  # 17: half is 8.5
        self.assertEqual(self.cut(odd, 8), b"x " + odd[:8])
        self.assertEqual(self.cut(odd, 9), b"x ***")

    def test_truncated_show_prints_what_was_cut_off(self):
        for seen in range(len(SECRET)):
            self.assertEqual(self.cut(SECRET, seen, "--truncated=show"),
                             b"x " + SECRET[:seen])
        self.assertEqual(self.cut(SECRET, len(SECRET), "--truncated=show"),
                         b"x ***")

    def test_a_newline_after_it_says_that_nothing_was_cut_off(self):
        self.assertEqual(self.masked(SECRET[:-1] + b"\n", *self.one(SECRET)),
                         SECRET[:-1] + b"\n")


class ShortSecrets(CliTest):

    def alone(self, text, *arguments):
        return self.masked(text, *self.one(b"root"), "--log-level=off",
                           *arguments)

    def test_a_short_secret_is_masked_only_where_it_stands_alone(self):
        for text, out in (
                (b"root", b"***"), (b"rooted", b"rooted"),
                (b"uproot", b"uproot"), (b"_root_", b"_***_"),
                (b"1root", b"1root"), (b"root1", b"root1"),
                (b"root\n", b"***\n"), (b"\nroot", b"\n***"),
                (b"root root", b"*** ***"), (b"rootroot", b"rootroot"),
                (b"/root/", b"/***/"), (b"root:root@", b"***:***@"),
                (b"\xc3\xa9root\xc3\xa9", b"\xc3\xa9***\xc3\xa9"),
                (b"Root", b"Root"), (b"roo", b"roo"), (b"roo t", b"roo t")):
            with self.subTest(text=text):
                self.assertEqual(self.alone(text), out)

    def test_it_waits_for_the_byte_that_decides(self):
        running = self.start(*self.one(b"root"), "--log-level=off")
        running.write(b"x root")
        self.assertEqual(running.read(2), b"x ")
        self.assertEqual(running.quiet(), b"")
        running.write(b"ed x r")
        self.assertEqual(running.read(9), b"rooted x ")
        running.write(b"oo")
        running.write(b"t")
        self.assertEqual(running.quiet(), b"")
        running.write(b"\n")
        self.assertEqual(running.read(4), b"***\n")
        running.write(b"x")  # what was printed before counts as well
        self.assertEqual(running.read(1), b"x")
        running.write(b"root\n")
        self.assertEqual(running.read(5), b"root\n")
        running.write(b"root")
        self.assertEqual(running.end().out, b"***")

    def test_skip_leaves_short_ones_alone(self):
        self.assertEqual(self.alone(b"root", "--short-secrets=skip"), b"root")

    def test_anywhere_goes_down_to_min_length_inside_words(self):
        self.assertEqual(
            self.alone(b"rooted", "--short-secrets=anywhere",
                       "--min-length=4"), b"***ed")
        self.assertEqual(
            self.masked(b"banana", *self.one(b"n"), "--short-secrets=anywhere",
                        "--min-length=1"), b"ba***a***a")

    def test_one_and_two_characters_are_refused_with_a_warning(self):
        for value in (b"a", b"ab", "é".encode(), "éé".encode()):
            run = self.mask(value + b" " + value, *self.one(value))
            self.assertEqual(run.out, value + b" " + value)
            self.assertEqual(run.status, 0)
            self.assertIn(b"s.txt", run.err)
            self.assertNotIn(value + b"\n", run.err)

    def test_length_counts_characters_not_bytes(self):
        value = "ééééé".encode()  # 5 characters, 10 bytes
        self.assertEqual(self.masked(b"x" + value + b"x", *self.one(value)),
                         b"x***x")
        four = "éééé".encode()
        self.assertEqual(
            self.masked(b"x" + four + b"x " + four, *self.one(four),
                        "--log-level=off"), b"x" + four + b"x ***")
        # Latin-1 is no UTF-8, so bytes are counted.
        self.assertEqual(self.masked(b"x\xe9\xe8\xe9\xe8\xe9x",
                                     *self.one(b"\xe9\xe8\xe9\xe8\xe9")),
                         b"x***x")


class Ends(CliTest):

    def test_a_closed_output_ends_it_by_sigpipe_and_silently(self):
        running = self.start(*self.one(SECRET))
        running.process.stdout.close()
        running.process.stdout = None
        os.write(running.process.stdin.fileno(), b"a line\n")
        running.process.wait(maskpipe_cli.SECONDS)
        self.assertEqual(running.process.returncode, -signal.SIGPIPE)
        self.assertEqual(running.process.stderr.read(), b"")

    def test_a_closed_output_with_sigpipe_ignored_is_an_error(self):
        running = self.start(*self.one(SECRET), restore_signals=False)
        running.process.stdout.close()
        running.process.stdout = None
        os.write(running.process.stdin.fileno(), b"a line\n")
        run = running.end()
        self.assertEqual(run.status, 1)
        self.assertIn(b"standard output", run.err)
        self.assertIn(b"Broken pipe", run.err)

    def test_a_full_disk_is_an_error_that_names_standard_output(self):
        with open("/dev/full", "wb") as full:
            run = self.mask(b"a line with " + SECRET, *self.one(SECRET),
                            stdout=full)
        self.assertEqual(run.status, 1)
        self.assertIn(b"standard output", run.err)
        self.assertIn(b"No space left", run.err)
        self.assertNotIn(SECRET, run.err)

    def test_an_output_that_is_not_open_is_an_error(self):
        """And no file that we open may take its place."""
        log = self.path("log")
        for arguments in ((), ("--log-file", log)):
            run = self.mask(b"a line", *self.one(SECRET), *arguments,
                            stdout=None, preexec_fn=lambda: os.close(1))
            self.assertEqual(run.status, 1, run)
        self.assertNotIn(b"a line", self.text_of(log))

    def test_an_input_that_is_not_open_is_an_error(self):
        run = self.mask(None, *self.one(SECRET), stdin=None,
                        preexec_fn=lambda: os.close(0))
        self.assertEqual(run.status, 1, run)
        self.assertIn(b"standard input", run.err)
        self.assertEqual(run.out, b"")

    def test_messages_do_not_go_into_files_when_stderr_is_closed(self):
        log = self.file("log", b"a line\n", 0o644)
        run = self.mask(b"", *self.one(b"ab"), log, "/no/such/file",
                        stderr=None, preexec_fn=lambda: os.close(2))
        self.assertEqual((run.status, run.out), (1, b"a line\n"))
        self.assertEqual(self.text_of(log), b"a line\n")

    def test_a_missing_file_makes_the_status_and_the_others_are_masked(self):
        log = self.file("log", b"has " + SECRET + b"\n")
        missing = self.path("missing")
        run = self.mask(b"", *self.one(SECRET), missing, log)
        self.assertEqual((run.status, run.out), (1, b"has ***\n"))
        self.assertIn(missing.encode(), run.err)

    def test_a_directory_as_input_is_an_error(self):
        run = self.mask(b"", *self.one(SECRET), self.dir)
        self.assertEqual((run.status, run.out), (1, b""))
        self.assertIn(self.dir.encode(), run.err)
        self.assertIn(b"directory", run.err)

    def test_several_files_and_a_dash_come_in_order(self):
        a, b = self.file("a", b"1 " + SECRET), self.file("b", SECRET + b" 3")
        self.assertEqual(self.masked(b"\n2\n", *self.one(SECRET), a, "-", b),
                         b"1 ***\n2\n*** 3")

    def test_a_secret_across_two_files_is_masked(self):
        a, b = self.file("a", b"x" + SECRET[:5]), self.file("b", SECRET[5:])
        self.assertEqual(self.masked(b"", *self.one(SECRET), a, b), b"x***")

    def test_a_file_name_that_begins_with_a_dash_follows_two_dashes(self):
        self.file("-log", SECRET)
        self.assertEqual(
            self.masked(b"", *self.one(SECRET), "--", "-log", cwd=self.dir),
            b"***")

    def test_an_input_that_is_also_the_output_is_refused(self):
        log = self.file("log", b"a line\n")
        for fd in (os.open(log, os.O_WRONLY | os.O_APPEND),
                   os.open(log, os.O_RDWR)):
            run = self.mask(b"", *self.one(SECRET), log, stdout=fd)
            os.close(fd)
            self.assertEqual(run.status, 1, run)
            self.assertIn(b"output", run.err)
            self.assertEqual(self.text_of(log), b"a line\n")

    def test_a_fifo_as_input_waits_for_its_writer(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)

        def write():
            with open(fifo, "wb") as f:
                f.write(b"has " + SECRET)

        running = self.start(*self.one(SECRET), fifo)
        self.assertEqual(running.quiet(0.3), b"")
        self.assertIsNone(running.process.poll(), "did not wait")
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        self.assertEqual(running.read(7), b"has ***")
        writer.join(maskpipe_cli.SECONDS)
        self.assertEqual(running.end().status, 0)

    def test_a_descriptor_by_name_is_an_input(self):
        reader, writer = os.pipe()
        os.write(writer, b"has " + SECRET)
        os.close(writer)
        self.assertEqual(
            self.masked(b"", *self.one(SECRET), "/dev/fd/%d" % reader,
                        pass_fds=[reader]), b"has ***")
        os.close(reader)

    def test_non_blocking_descriptors_are_waited_for(self):
        in_reader, in_writer = os.pipe()
        out_reader, out_writer = os.pipe()
        os.set_blocking(in_reader, False)
        os.set_blocking(out_writer, False)
        running = self.start(*self.one(SECRET), stdin=in_reader,
                             stdout=out_writer)
        os.close(in_reader)
        os.close(out_writer)
        text = (b"z" * 1000 + SECRET) * 3000
        got = []

        def collect():
            while True:
                part = os.read(out_reader, 1 << 16)
                if not part:
                    return
                got.append(part)

        self.assertIsNone(running.process.poll())
        view = memoryview(text)
        view = view[os.write(in_writer, view[:65536]):]
        thread = threading.Thread(target=collect)
        thread.start()
        while view:
            view = view[os.write(in_writer, view):]
        os.close(in_writer)
        thread.join(maskpipe_cli.SECONDS)
        os.close(out_reader)
        self.assertEqual(running.process.wait(maskpipe_cli.SECONDS), 0)
        self.assertTrue(b"".join(got) == text.replace(SECRET, b"***"))

    def test_no_source_is_a_usage_error(self):
        self.assert_refused(self.mask(b"text"), 2, "--source")

    def test_no_masking_copies_and_is_loud(self):
        run = self.mask(b"has " + SECRET, *self.one(SECRET), "--no-masking")
        self.assertEqual((run.status, run.out), (0, b"has " + SECRET))
        self.assertIn(b"UNMASKED", run.err)
        run = self.mask(b"has it", "--no-masking")
        self.assertEqual((run.status, run.out), (0, b"has it"))
        self.assertIn(b"UNMASKED", run.err)

    def test_on_error_warn_goes_on_and_is_loud(self):
        run = self.mask(b"has " + SECRET, *self.one(SECRET), "--source",
                        "file:/no/such", "--on-error=warn")
        self.assertEqual((run.status, run.out), (0, b"has ***"))
        self.assertIn(b"UNMASKED", run.err)
        self.assertIn(b"/no/such", run.err)


class AddDescriptor(CliTest):

    def adding(self, *arguments):
        reader, writer = os.pipe()
        running = self.start(*self.one(SECRET), "--add-fd", str(reader),
                             *arguments, pass_fds=[reader])
        os.close(reader)
        self.writer = writer
        self.addCleanup(self.close_writer)
        return running

    def add(self, running, data):
        """Writes `data`, however little the pipe holds: what is written to
        the log has it read."""
        thread = threading.Thread(target=os.write, args=(self.writer, data))
        thread.start()
        while thread.is_alive():
            running.write(b"-")
            self.assertEqual(running.read(1), b"-")
        running.write(b"-")
        self.assertEqual(running.read(1), b"-")

    def close_writer(self):
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None

    def test_a_value_added_before_it_is_printed_is_masked(self):
        running = self.adding()
        running.write(b"before: token-one\n")
        self.assertEqual(running.read(18), b"before: token-one\n")
        os.write(self.writer, b"token-one\0")
        running.write(b"after: token-one and " + SECRET + b"\n")
        self.assertEqual(running.read(19), b"after: *** and ***\n")
        self.assertEqual(running.end().status, 0)

    def test_several_values_at_once_and_many_one_by_one(self):
        running = self.adding()
        os.write(self.writer, b"token-one\0token-two\0\0token-three\0")
        running.write(b"token-one token-two token-three\n")
        self.assertEqual(running.read(12), b"*** *** ***\n")
        for i in range(200):
            os.write(self.writer, b"value-number-%d-\0" % i)
            running.write(b"value-number-%d- value-number-%d-\n" %
                          (i, i // 2))
            self.assertEqual(running.read(8), b"*** ***\n")

    def test_a_value_in_two_writes_counts_once_it_is_whole(self):
        running = self.adding()
        os.write(self.writer, b"token-")
        running.write(b"token-one\n")
        self.assertEqual(running.read(10), b"token-one\n")
        os.write(self.writer, b"one\0")
        running.write(b"token-one token-\n")
        self.assertEqual(running.read(11), b"*** token-\n")

    def test_a_last_value_without_nul_counts_at_the_close(self):
        running = self.adding()
        os.write(self.writer, b"token-one")
        self.close_writer()
        running.write(b"token-one\n")
        self.assertEqual(running.read(4), b"***\n")
        running.write(SECRET + b"\n")  # and the log goes on
        self.assertEqual(running.read(4), b"***\n")
        self.assertEqual(running.end().status, 0)

    def test_a_value_added_while_bytes_are_held_judges_these_too(self):
        running = self.adding()
        running.write(b"x hunter2-")
        self.assertEqual(running.read(2), b"x ")
        os.write(self.writer, b"hunter2-public\0")
        running.write(b"public.\n")
        self.assertEqual(running.read(5), b"***.\n")

    def test_a_value_of_64_kib_is_taken_and_a_larger_one_ends_it(self):
        running = self.adding()
        value = b"0123456789abcdef" * 4096
        self.add(running, value + b"\0")
        running.write(b"<" + value + b">\n")
        self.assertEqual(running.read(6), b"<***>\n")

        running = self.adding()
        self.add(running, value[:60000])
        os.write(self.writer, value[60000:] + b"x\0")
        running.write(b"nothing of this\n")
        run = running.end()
        self.assertEqual((run.status, run.out), (1, b""))
        self.assertIn(b"64 KiB", run.err)
        self.assertNotIn(b"0123456789abcdef", run.err)

    def test_a_value_without_end_is_an_error_too(self):
        running = self.adding()
        self.add(running, b"v" * 60000)
        os.write(self.writer, b"v" * 60000)
        running.write(b"nothing of this\n")
        run = running.end()
        self.assertEqual((run.status, run.out), (1, b""))

    def test_a_writer_without_end_does_not_fill_the_memory(self):
        maskpipe_cli.skip_under_sanitizer(self)
        running = self.adding()
        running.write(b"-")
        self.assertEqual(running.read(1), b"-")
        before = running.status_field("VmHWM")
        writer = self.writer

        def flood():
            with contextlib.suppress(OSError):
                while True:
                    os.write(writer, b"v" * 65536)

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        end = time.monotonic() + maskpipe_cli.SECONDS
        pid = 0
        while pid == 0 and time.monotonic() < end:
            with contextlib.suppress(OSError):
                os.write(running.process.stdin.fileno(), b"-")
            time.sleep(0.002)
            pid, status, usage = os.wait4(running.pid, os.WNOHANG)
        self.assertNotEqual(pid, 0, "goes on reading")
        running.process.returncode = os.WEXITSTATUS(status)
        thread.join(maskpipe_cli.SECONDS)
        self.assertEqual(os.WEXITSTATUS(status), 1)
        # What we had when we forked it counts as its own.
        ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.assertLess(usage.ru_maxrss * 1024 - max(before, ours), 32 * MIB)

    def test_a_value_that_the_mask_would_print_is_masked_all_the_same(self):
        running = self.adding("--mask", "[hidden-value]")
        os.write(self.writer, b"hidden\0")
        running.write(b"a hidden thing\n")
        line = running.read(64, 1)
        self.assertRegex(line, rb"^a \S+ thing\n$")
        self.assertNotIn(b"hidden", line)

    def test_a_descriptor_that_cannot_be_read_is_a_usage_error(self):
        run = self.mask(b"text", *self.one(SECRET), "--add-fd", "99")
        self.assert_refused(run, 2, "add-fd")
        with open(os.devnull, "wb") as f:
            run = self.mask(b"text", *self.one(SECRET), "--add-fd",
                            str(f.fileno()), pass_fds=[f.fileno()])
        self.assert_refused(run, 2, "add-fd")
        self.assert_refused(
            self.mask(b"text", *self.one(SECRET), "--add-fd", "1"), 2,
            "add-fd")


if __name__ == "__main__":
    maskpipe_cli.main()
