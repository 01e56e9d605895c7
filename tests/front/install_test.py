"""maskpipe install DIR copies the programs, whole or not at all.

tests/deploy/image_test.py runs what it made in images that hold nothing else.
"""

import os
import shutil
import stat
import subprocess

import maskpipe_cli
from maskpipe_cli import CliTest

FOLDER = "maskpipe-fetch.d"


class Install(CliTest):
    def setUp(self):
        super().setUp()
        os.mkdir(self.path("d"))

    def program(self, name="fetch", linked=True):
        """A small program in place of the fetcher."""
        source = self.file("fetch.c", "int main(void) { return 0; }\n")
        path = self.path(name)
        subprocess.run(["cc", source, "-o", path,
                        *(() if linked else ("-static",))], check=True)
        return path

    def install(self, *arguments, fetch=None, **more):
        env = {"MASKPIPE_FETCH": fetch or self.program()}
        return self.mask(b"", "install", *(arguments or [self.path("d")]),
                         env=env, **more)

    def test_the_copy_is_the_program(self):
        for _ in range(2):  # also over an older one
            run = self.install()
            self.assertEqual((run.status, run.out), (0, b""), run)
            self.assertEqual(sorted(os.listdir(self.path("d"))),
                             ["maskpipe", FOLDER])
        copy = self.path("d/maskpipe")
        self.assertEqual(stat.S_IMODE(os.stat(copy).st_mode), 0o755)
        self.assertEqual(self.text_of(copy), self.text_of(
            maskpipe_cli.binary()))

    def test_the_fetcher_brings_its_libraries_loader_and_certificates(self):
        fetch = self.program()
        self.assertEqual(self.install(fetch=fetch).status, 0)
        folder = self.path("d/" + FOLDER)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o755)
        for name, mode in (("maskpipe-fetch", 0o755), ("ld.so", 0o755),
                           ("libc.so.6", 0o644), ("libsqlite3.so.0", 0o644),
                           ("libpq.so.5", 0o644), ("libmariadb.so.3", 0o644),
                           ("caching_sha2_password.so", 0o644),
                           ("libcrypto.so.3", 0o644),
                           ("ca-certificates.crt", 0o644)):
            path = os.path.join(folder, name)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, name)
            self.assertFalse(os.path.islink(path), name)
        self.assertEqual(self.text_of(folder + "/maskpipe-fetch"),
                         self.text_of(fetch))
        started = subprocess.run([folder + "/ld.so", "--library-path", folder,
                                  folder + "/maskpipe-fetch"])
        self.assertEqual(started.returncode, 0)

    def test_every_library_that_is_loaded_later_is_brought(self):
        wanted = set()
        sql = os.path.join(maskpipe_cli.REPOSITORY, "src/fetch/sql")
        for name in os.listdir(sql):
            for word in self.text_of(os.path.join(sql, name)).split(b'"'):
                if word.startswith(b"lib") and b".so." in word:
                    wanted.add(word.decode())
        self.assertEqual(len(wanted), 3)
        self.install()
        self.assertLessEqual(wanted, set(os.listdir(self.path("d/" + FOLDER))))

    def test_such_a_folder_is_copied_again(self):
        self.install()
        os.mkdir(self.path("e"))
        first = self.path("d/%s/maskpipe-fetch" % FOLDER)
        self.assertEqual(self.install(self.path("e"), fetch=first).status, 0)
        for folder in ("d/", "e/"):
            folder = self.path(folder + FOLDER)
            names = {n: (self.text_of(os.path.join(folder, n)),
                         os.stat(os.path.join(folder, n)).st_mode)
                     for n in os.listdir(folder)}
            if folder.startswith(self.path("d")):
                before = names
        self.assertEqual(names, before)
        # To where it stands already.
        self.assertEqual(self.install(fetch=first).status, 0)

    def test_it_can_be_run_while_it_is_replaced(self):
        self.install()
        old = [os.open(self.path("d/" + name), os.O_RDONLY)
               for name in ("maskpipe", FOLDER)]
        self.install()
        for fd, name in zip(old, ("maskpipe", FOLDER)):
            self.assertNotEqual(os.fstat(fd).st_ino,
                                os.stat(self.path("d/" + name)).st_ino)
            os.close(fd)

    def test_a_static_fetcher_needs_no_loader(self):
        run = self.install(fetch=self.program(linked=False))
        self.assertEqual(run.status, 0, run)
        self.assertEqual(sorted(os.listdir(self.path("d/" + FOLDER))),
                         ["ca-certificates.crt", "maskpipe-fetch"])

    def test_without_a_fetcher_it_says_what_cannot_be_read(self):
        alone = self.path("alone")
        os.mkdir(alone)
        shutil.copy(maskpipe_cli.binary(), alone)
        run = self.mask(b"", "install", self.path("d"),
                        executable=alone + "/maskpipe")
        if os.path.exists("/usr/libexec/maskpipe"):
            return  # one is installed on this machine
        self.assertEqual(run.status, 0, run)
        self.assertIn(b"only maskpipe is copied", run.err)
        self.assertEqual(os.listdir(self.path("d")), ["maskpipe"])

    def test_a_fetcher_that_is_no_program_is_an_error_and_leaves_nothing(self):
        for name, content, words in (
                ("script", b"#!/bin/sh\n", "no program of this machine"),
                ("cut", self.text_of(self.program())[:100], "cut off")):
            fetch = self.file(name, content, 0o700)
            self.assert_refused(self.install(fetch=fetch), 1, fetch, words)
            self.assertEqual(os.listdir(self.path("d")), [])

    def test_a_library_that_is_missing_is_an_error_and_leaves_nothing(self):
        library = self.file("m.c", "int m(void) { return 0; }\n")
        subprocess.run(["cc", "-shared", "-fPIC", library, "-o",
                        self.path("libm-gone.so")], check=True)
        source = self.file("f.c", "int m(void); int main(void) { return m(); }")
        subprocess.run(["cc", source, "-o", self.path("f"),
                        self.path("libm-gone.so")], cwd=self.dir, check=True)
        os.remove(self.path("libm-gone.so"))
        run = self.install(fetch=self.path("f"))
        self.assert_refused(run, 1, self.path("f"))
        self.assertEqual(os.listdir(self.path("d")), [])

    def test_a_full_disk_leaves_nothing(self):
        run = subprocess.run(
            ["bash", "-c", "ulimit -f 40; exec \"$0\" install \"$1\"",
             maskpipe_cli.binary(), self.path("d")],
            env=self.environment({"MASKPIPE_FETCH": self.program()}),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=ignore_file_size)
        self.assertEqual(run.returncode, 1, run)
        self.assertIn(b"File too large", run.stderr)
        self.assertEqual(os.listdir(self.path("d")), [])

    def test_a_folder_that_is_not_there_is_an_error(self):
        self.assert_refused(self.install("/nonexistent/x"), 1,
                            "/nonexistent/x/maskpipe", "No such file")

    def test_it_takes_one_folder(self):
        for arguments in ((), ("a", "b")):
            self.assert_refused(self.mask(b"", "install", *arguments), 2,
                                "one folder")


def ignore_file_size():
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


if __name__ == "__main__":
    maskpipe_cli.main()
