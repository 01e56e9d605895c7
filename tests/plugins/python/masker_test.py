"""maskpipe.Masker, Stream, MaskedWriter and LiveMasker: the C ABI as Python sees it."""
import contextlib
import copy
import io
import os
import pathlib
import pickle
import signal
import sys
import tempfile
import threading
import time
import unittest

import maskpipe
from maskpipe import settings


def in_child(function):
    """Runs function() in a forked child; what it returned, as text."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            try:
                answer = str(function())
            except BaseException as e:
                answer = f"{type(e).__name__}: {e}"
            os.write(write, answer.encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read().decode()
    os.waitpid(child, 0)
    return answer


class MaskerTest(unittest.TestCase):
    def test_str_gives_str_and_bytes_give_bytes(self):
        masker = maskpipe.Masker(secrets={"db": "hunter2!"}, options={"mask": "[{name}]"})
        self.assertEqual("é [db] é", masker.mask("é hunter2! é"))
        self.assertEqual(b"\xff\x00[db]", masker.mask(b"\xff\x00hunter2!"))
        clean = "nothing here"
        self.assertIs(clean, masker.mask(clean))
        self.assertEqual("", masker.mask(""))
        self.assertEqual(b"[db]", masker.mask(bytearray(b"hunter2!")))

    def test_text_that_is_no_utf8_survives(self):
        masker = maskpipe.Masker(secrets={"a": b"se\xffcret\x00x", "b": "pässword-ü"})
        for text in ("\udcff \ud800 x", "a\udcfe", "\ud800"):
            self.assertIs(text, masker.mask(text))
            self.assertEqual(text + "***", masker.mask(text + "pässword-ü"))
        self.assertEqual("a ***\udcfe", masker.mask("a se\udcffcret\x00x\udcfe"))

    def test_sources_and_options(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "s.json")
            path.write_text('{"password": "from-a-file-1"}')
            path.chmod(0o600)
            allow = pathlib.Path(directory, "allow")
            allow.write_text("allowed-value\n")
            masker = maskpipe.Masker(sources=[f"file:{path}"], secrets={"x": "allowed-value"},
                                     options={"allow": [str(allow)], "mask-all": True})
            self.assertEqual("*** allowed-value", masker.mask("from-a-file-1 allowed-value"))

    def test_errors_name_what_and_hold_no_value(self):
        with self.assertRaises(maskpipe.Error) as caught:
            maskpipe.Masker(sources="file:/nowhere/at/all")
        self.assertIn("/nowhere/at/all", str(caught.exception))
        self.assertEqual(maskpipe.abi.SOURCE, caught.exception.code)
        for options in ({"nosuch": "MARKER"}, {"min-length": "MARKER"}, {"mask": ""},
                        {"mask": "a\nb"}):
            with self.assertRaises(maskpipe.Error) as caught:
                maskpipe.Masker(secrets={"x": "MARKER"}, options=options)
            self.assertNotIn("MARKER", str(caught.exception))
            self.assertEqual(maskpipe.abi.USAGE, caught.exception.code)

    def test_many_threads_share_one_masker(self):
        masker, wrong = maskpipe.Masker(secrets={"db": "hunter2!"}), []

        def work():
            for i in range(2000):
                if masker.mask(f"{i} hunter2! {i}") != f"{i} *** {i}":
                    wrong.append(i)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual([], wrong)

    def test_a_forked_child_is_refused_and_not_given_the_text(self):
        masker = maskpipe.Masker(secrets={"db": "hunter2!"})
        answer = in_child(lambda: masker.mask("hunter2!"))
        self.assertIn("forked child", answer)
        self.assertNotIn("hunter2!", answer)


    def test_nothing_can_be_copied_or_pickled(self):
        """A copy would be freed twice."""
        masker = maskpipe.Masker(secrets={"db": "hunter2!"})
        for made in (masker, maskpipe.Secrets(), maskpipe.Stream(masker, print),
                     maskpipe.LiveMasker([])):
            for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
                with self.assertRaisesRegex(TypeError, "make one in each process"):
                    attempt(made)


class StreamTest(unittest.TestCase):
    def setUp(self):
        self.masker = maskpipe.Masker(secrets={"db": "hunter2!"})

    def test_any_cut_gives_the_same(self):
        text = b"a hunter2! b hunter2!hunter2! hunt"
        for cut in range(len(text) + 1):
            out = []
            stream = maskpipe.Stream(self.masker, out.append)
            stream.write(text[:cut])
            stream.write(text[cut:])
            stream.finish()
            self.assertEqual(b"a *** b *** hunt", b"".join(out), cut)
            with self.assertRaises(maskpipe.Error):
                stream.write(b"x")

    def test_an_exception_of_the_sink_reaches_the_caller_and_kills_the_stream(self):
        def write(data):
            raise OSError("disk full")
        stream = maskpipe.Stream(self.masker, write)
        with self.assertRaisesRegex(OSError, "disk full"):
            stream.write(b"text")
        with self.assertRaises(maskpipe.Error) as caught:
            stream.write(b"text")
        self.assertEqual(maskpipe.abi.SINK, caught.exception.code)

    def test_a_masker_is_swapped_over_what_is_held_back(self):
        out = []
        stream = maskpipe.Stream(self.masker, out.append)
        stream.write(b"one hunter2")
        stream.set_masker(maskpipe.Masker(secrets={"x": "hunter2-other"}))
        stream.write(b"-other hunter2!")
        stream.finish()
        self.assertEqual(b"one *** hunter2!", b"".join(out))

    def test_what_is_printed_is_masked(self):
        target = io.StringIO()
        with maskpipe.MaskedWriter(self.masker, target) as writer:
            with contextlib.redirect_stdout(writer):
                print("a hun", end="")
                print("ter2! ü", 7)
            self.assertEqual("a *** ü 7\n", target.getvalue())
            writer.write("hunt")
        self.assertEqual("a *** ü 7\nhunt", target.getvalue())

    def test_a_writer_follows_a_live_masker(self):
        live, target = maskpipe.LiveMasker([]), io.StringIO()
        with maskpipe.MaskedWriter(live, target) as writer:
            writer.write("later-1 ")
            live.add("later-1")
            writer.write("later-1 ")
        self.assertEqual("later-1 *** ", target.getvalue())


class LiveMaskerTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name, "secrets.json")
        self.put("first-value-1")
        self.problems = []

    def put(self, value):
        new = self.path.with_suffix(".new")
        new.write_text(f'{{"password": "{value}"}}')
        new.chmod(0o600)
        new.rename(self.path)

    def live(self, **kwargs):
        return maskpipe.LiveMasker([f"file:{self.path}"], on_problem=self.problems.append, **kwargs)

    def eventually(self, condition):
        end = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), end, "waited for 20 s")
            time.sleep(0.01)

    def test_it_loads_once(self):
        live = self.live()
        self.assertEqual("***", live.mask("first-value-1"))
        self.path.unlink()
        self.assertEqual("***", live.mask("first-value-1"))

    def test_added_values_are_masked_from_the_next_call_on(self):
        live = self.live()
        live.add("added-before")
        self.assertEqual("*** ***", live.mask("added-before first-value-1"))
        live.add("added-after", "name")
        live.add(b"added-\xff-bytes")
        self.assertEqual("*** ***", live.mask("added-after added-before"))
        self.assertEqual(b"***", live.mask(b"added-\xff-bytes"))

    def test_a_refresh_brings_new_values_and_keeps_old_ones(self):
        live = self.live(refresh=0.02)
        live.mask("")
        live.add("added-value")
        self.put("second-value-2")
        self.eventually(lambda: live.mask("second-value-2") == "***")
        self.put("third-value-3")
        self.eventually(lambda: live.mask("third-value-3") == "***")
        self.assertEqual("*** *** ***", live.mask("first-value-1 second-value-2 added-value"))
        self.assertEqual([], self.problems)

    def test_old_values_are_given_up_only_after_their_time(self):
        live = self.live(refresh=0.02, keep=0.5)
        live.mask("")
        live.add("added-value")
        begun = time.monotonic()
        self.put("second-value-2")
        self.eventually(lambda: live.mask("first-value-1") != "***")
        self.assertGreater(time.monotonic() - begun, 0.4)
        self.assertEqual("*** ***", live.mask("second-value-2 added-value"))

    def test_a_refresh_that_fails_keeps_the_old_set_and_tells_once(self):
        live = self.live(refresh=0.02)
        live.mask("")
        self.path.write_text("{ broken MARKER")
        self.eventually(lambda: live.mask("") == "" and self.problems)
        time.sleep(0.1)
        self.assertEqual("***", live.mask("first-value-1"))
        self.assertEqual(1, len(self.problems), self.problems)
        self.assertNotIn("MARKER", self.problems[0])

    def test_whoever_logs_does_not_suffer_where_no_thread_can_be_had(self):
        live = self.live(refresh=0.001)
        live.mask("")
        start = threading.Thread.start

        def fails(thread):
            raise RuntimeError("can't start new thread")
        threading.Thread.start = fails
        try:
            time.sleep(0.01)
            for _ in range(3):
                self.assertEqual("***", live.mask("first-value-1"))
        finally:
            threading.Thread.start = start

    def test_nothing_is_given_back_before_the_sources_answered(self):
        self.path.unlink()
        live = self.live()
        live.add("added-value")
        for _ in range(3):
            with self.assertRaises(maskpipe.Error) as caught:
                live.mask("text")
            self.assertIn(str(self.path), str(caught.exception))
        self.put("late-value-1")
        self.eventually(lambda: self.tried(live, "late-value-1 added-value") == "*** ***")

    def tried(self, live, text):
        try:
            return live.mask(text)
        except maskpipe.Error:
            return None

    def test_a_forked_child_loads_anew_and_adds_again(self):
        live = self.live()
        live.mask("")
        live.add("added-value")
        self.put("changed-value-2")
        self.assertEqual("*** ***", in_child(lambda: live.mask("changed-value-2 added-value")))
        # A grandchild, too; and where the source is gone nothing is printed.
        self.path.unlink()
        answer = in_child(lambda: live.mask("first-value-1"))
        self.assertIn("Error", answer)
        self.assertNotIn("first-value-1", answer)
        self.assertEqual("***", live.mask("first-value-1"))

    def test_forks_while_others_mask_and_refresh_do_not_hang(self):
        live = self.live(refresh=0.001)
        live.mask("")
        stop = threading.Event()

        def work():
            while not stop.is_set():
                live.mask("first-value-1")
                live.add(f"value-{time.monotonic_ns() % 50}-x")

        threads = [threading.Thread(target=work) for _ in range(3)]
        for t in threads:
            t.start()
        try:
            signal.alarm(60)  # a hang ends the test
            for _ in range(30):
                self.assertEqual("***", in_child(lambda: live.mask("first-value-1")))
        finally:
            signal.alarm(0)
            stop.set()
            for t in threads:
                t.join()

    def test_options_are_refused_at_once(self):
        with self.assertRaises(maskpipe.Error):
            maskpipe.LiveMasker([], {"nosuch": "1"})

    def test_the_variables_of_the_program_are_read(self):
        found = settings.from_environment(["airflow"], {
            "MASKPIPE_MASK": "[x]", "MASKPIPE_MIN_LENGTH": "8", "MASKPIPE_ALLOW": "a\nb",
            "MASKPIPE_REFRESH": "1h", "MASKPIPE_LOG_LEVEL": "debug"})
        self.assertEqual({"sources": ["airflow"], "refresh": 3600,
                          "options": {"mask": "[x]", "min-length": "8", "allow": ["a", "b"]}},
                         found)
        found = settings.from_environment(["airflow"], {"MASKPIPE_SOURCE": "env:A\nenv:B"})
        self.assertEqual((["env:A", "env:B"], 300), (found["sources"], found["refresh"]))
        with self.assertRaises(maskpipe.Error):
            settings.from_environment([], {"MASKPIPE_REFRESH": "soon"})


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
