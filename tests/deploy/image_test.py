"""The static maskpipe and the folder of the fetcher in images that hold nothing
for them: an empty root, and Debian 11, whose C library is older than ours. And
the Debian packages in a clean Debian 12.

MASKPIPE must be the static program, MASKPIPE_FETCH the usual fetcher, and the
packages lie in MASKPIPE_DEBS. Images are kept in .build/images.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "fetch"))

import aws_case  # noqa: E402
import aws_test  # noqa: E402
from aws_case import AwsCase, binary, main  # noqa: E402
from maskpipe_cli import REPOSITORY, Run, SECONDS  # noqa: E402

SECRET = b"hunter2-Zebra"


class Image(AwsCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: only root may enter another root")
        self.root = self.image()
        for name in ("mask", "run-secrets"):
            os.mkdir(os.path.join(self.root, name))
        done = subprocess.run(
            [binary(), "install", os.path.join(self.root, "mask")],
            env=dict(self.environment(),
                     MASKPIPE_FETCH=os.environ["MASKPIPE_FETCH"]),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b""), done)
        with open(os.path.join(self.root, "run-secrets/token"), "wb") as f:
            f.write(SECRET)
        os.chmod(f.name, 0o600)

    program = "/mask/maskpipe"

    def image(self):
        return tempfile.mkdtemp(dir=self.dir)

    def inside(self, *arguments, text=b"", env=None):
        """maskpipe in the image, with no other file of ours."""
        done = subprocess.run(
            ["chroot", self.root, self.program, *arguments], input=text,
            env=self.environment(dict(env or {}, HOME="/")),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=3 * SECONDS)
        return Run(done.returncode, done.stdout, done.stderr)

    def masks_a_file(self):
        run = self.inside("--source", "dir:/run-secrets",
                          text=b"a " + SECRET + b"\n")
        self.assertEqual((run.status, run.out, run.err), (0, b"a ***\n", b""))

    def runs_a_command(self):
        """The only program there is: maskpipe, as filter of another secret."""
        run = self.inside("run", "--source", "dir:/run-secrets", "--",
                          "/mask/maskpipe", "--source", "env:OTHER", "--mask",
                          "+++", env={"OTHER": "second-Secret"},
                          text=SECRET + b" second-Secret\n")
        self.assertEqual((run.status, run.out, run.err),
                         (0, b"*** +++\n", b""), run)
        run = self.inside("run", "--source", "dir:/run-secrets", "--", "/none")
        self.assertEqual(run.status, 127, run)
        run = self.inside("run", "--source", "dir:/nowhere", "--", "/none")
        self.assertEqual(run.status, 125, run)

    def fetches(self):
        self.aws.put_secret("db", "fetched-Password")
        # Airflow's image preloads a library of its own, which need not go with
        # our C library.
        self.compile("-shared", "-fPIC", text="#include <unistd.h>\n"
                     "__attribute__((constructor)) void end(void) "
                     "{ _exit(9); }\n", to=self.root + "/preloaded.so")
        preload = {"LD_PRELOAD": "/preloaded.so", "LD_LIBRARY_PATH": "/lib"}
        ours = self.program.startswith("/mask/")
        for env in ({}, preload) if ours else ({},):
            run = self.inside(*self.manager("d"), text=b"fetched-Password",
                              env=env)
            self.assertEqual((run.status, run.out), (0, b"***"), run)
        self.assert_signed_well()
        run = self.inside(*self.manager("d", "http://127.0.0.1:9"),
                          env={"AWS_MAX_ATTEMPTS": "1"})
        self.assert_refused(run, 3, "127.0.0.1:9")
        self.reads_a_database()

    def compile(self, *options, text, to):
        source = self.file("source.c", text)
        subprocess.run(["cc", *options, source, "-o", to], check=True)

    def reads_a_database(self):
        """By a library that is loaded when it is used."""
        import sqlite3
        path = os.path.join(self.root, "airflow.db")
        with sqlite3.connect(path) as db:
            db.execute("create table variable (id integer, key text, val text, "
                       "is_encrypted boolean)")
            db.execute("create table connection (id integer, conn_id text, "
                       "conn_type text, host text, schema text, login text, "
                       "password text, port integer, extra text, is_encrypted "
                       "boolean, is_extra_encrypted boolean)")
            db.execute("insert into variable values (1, 'token', "
                       "'from-the-Database', 0)")
        db.close()
        run = self.inside("--source", "metastore:env:URL",
                          text=b"from-the-Database",
                          env={"URL": "sqlite:////airflow.db"})
        self.assertEqual((run.status, run.out), (0, b"***"), run)

    def certificates(self):
        server, ca = aws_test.Wire.tls_server(self)
        server.put_secret("db", "over-Tls-Secret")
        source = self.manager("db", server.url)
        self.assert_refused(self.inside(*source), 3, "certificate")
        self.assertEqual(server.log, [])
        return source, ca


class Empty(Image):
    """Not even /proc, /dev and a C library."""

    def test_nothing_else_is_there(self):
        self.assertEqual(sorted(os.listdir(self.root)), ["mask", "run-secrets"])
        self.assertEqual(sorted(os.listdir(self.root + "/mask")),
                         ["maskpipe", "maskpipe-fetch.d"])

    def test_the_filter(self):
        self.masks_a_file()

    def test_the_wrapper(self):
        self.runs_a_command()

    def test_the_fetcher(self):
        self.fetches()

    def test_the_fetcher_s_standard_streams_are_none_of_ours(self):
        """Nor closed, or a library would write errors to a connection."""
        self.compile("-static", to=self.root + "/fetch", text="""
            #include <sys/stat.h>
            int main(void) {
              struct stat st;
              for (int fd = 0; fd <= 2; ++fd) {
                if (fstat(fd, &st) != 0) return 30 + fd;
                if (fd != 1 && S_ISFIFO(st.st_mode)) return 40 + fd;
              }
              return 50;
            }""")
        run = self.inside(*self.manager("d"), env={"MASKPIPE_FETCH": "/fetch"})
        self.assert_refused(run, 3, "ended with status 50")

    def test_certificates_are_those_that_came_along(self):
        source, ca = self.certificates()
        brought = self.root + "/mask/maskpipe-fetch.d/ca-certificates.crt"
        with open(brought, "ab") as f:
            f.write(self.text_of(ca))
        run = self.inside(*source, text=b"over-Tls-Secret")
        self.assertEqual((run.status, run.out), (0, b"***"), run)

    def test_the_image_s_own_certificates_come_first(self):
        source, ca = self.certificates()
        os.makedirs(self.root + "/etc/pki/tls/certs")
        shutil.copy(ca, self.root + "/etc/pki/tls/certs/ca-bundle.crt")
        run = self.inside(*source, text=b"over-Tls-Secret")
        self.assertEqual((run.status, run.out), (0, b"***"), run)

    def test_it_can_be_installed_from_there(self):
        """As an init container does, into a volume."""
        os.mkdir(self.root + "/proc")
        os.mkdir(self.root + "/volume")
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c",
             'mount -t proc proc "$0/proc" && exec chroot "$0" /mask/maskpipe '
             'install /volume', self.root], env=self.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        shutil.rmtree(self.root + "/mask")
        os.rename(self.root + "/volume", self.root + "/mask")
        self.masks_a_file()
        self.fetches()


class Debian(Image):
    """A Debian as debootstrap makes it, kept for the next time."""

    failed = {}  # suites that no mirror has, and why: they are asked for once

    def debian(self, suite, *how):
        asked = "%s-%08x" % (suite, zlib.crc32(" ".join(how).encode()))
        kept = os.path.join(REPOSITORY, ".build/images", asked)
        if not os.path.exists(kept):
            self.bootstrap(kept, suite, how)
        root = os.path.join(self.dir, "root")
        subprocess.run(["cp", "-a", "--reflink=auto", kept, root], check=True)
        return root

    def bootstrap(self, kept, suite, how):
        if suite in self.failed:
            self.skipTest(self.failed[suite])
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        made = tempfile.mkdtemp(dir=os.path.dirname(kept))
        os.chmod(made, 0o755)
        try:
            done = subprocess.run(
                ["debootstrap", "--variant=minbase", *how, suite, made],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=150)
            why = done.stdout.decode(errors="replace")[-200:].split("\n")
            failed = done.returncode != 0
        except (OSError, subprocess.TimeoutExpired) as e:
            failed, why = True, [type(e).__name__]
        if failed:
            shutil.rmtree(made, ignore_errors=True)
            self.failed[suite] = "SKIPPED: debootstrap cannot fetch %s: %s" % (
                suite, " ".join(why))
            self.skipTest(self.failed[suite])
        # What it was unpacked from is half of it.
        shutil.rmtree(made + "/var/cache/apt", ignore_errors=True)
        shutil.rmtree(made + "/debootstrap", ignore_errors=True)
        os.rename(made, kept)


class OlderDebian(Debian):
    """Debian 11 as a base image has it."""

    def image(self):
        return self.debian("bullseye", "--foreign")

    def test_its_c_library_is_older_than_ours(self):
        """So a program that is linked to ours does not start there."""
        shutil.copy(os.environ["MASKPIPE_FETCH"], self.root + "/fetch")
        done = subprocess.run(["chroot", self.root, "/fetch"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 127, done)

    def test_the_programs(self):
        self.masks_a_file()
        self.runs_a_command()
        self.fetches()

    def test_its_shell_under_the_wrapper(self):
        run = self.inside("run", "--source", "dir:/run-secrets", "--", "sh",
                          "-c", "read s </run-secrets/token; echo $s; "
                          "echo $s >&2; exit 3")
        self.assertEqual((run.status, run.out, run.err),
                         (3, b"***\n", b"***\n"), run)


class Packages(Debian):
    """The .deb, installed and used in a clean Debian 12."""

    def image(self):
        root = self.debian(
            "bookworm", "--include=libre2-9,libyaml-0-2,libsodium23,libcurl4,"
            "libpugixml1v5,libssl3,libstdc++6,libsqlite3-0")
        os.mkdir(root + "/debs")
        for name in os.listdir(os.environ["MASKPIPE_DEBS"]):
            if name.startswith(("libmaskpipe0", "maskpipe_")):
                shutil.copy(os.path.join(os.environ["MASKPIPE_DEBS"], name),
                            root + "/debs")
        return root

    program = "maskpipe"

    def chroot(self, *command):
        done = subprocess.run(["chroot", self.root, *command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        return done.stdout.decode()

    def test_it_is_installed_used_and_removed(self):
        self.chroot("sh", "-c", "dpkg -i /debs/*.deb")
        self.assertIn("Status: install ok installed",
                      self.chroot("dpkg", "-s", "maskpipe"))
        shutil.rmtree(self.root + "/mask")
        self.masks_a_file()
        self.fetches()
        run = self.inside("run", "--source", "dir:/run-secrets", "--", "sh",
                          "-c", "echo $(cat /run-secrets/token); exit 3")
        self.assertEqual((run.status, run.out), (3, b"***\n"), run)
        for name in ("man/man1/maskpipe.1.gz", "doc/maskpipe/examples",
                     "bash-completion/completions/maskpipe"):
            self.assertTrue(os.path.exists(self.root + "/usr/share/" + name))
        self.assertIn("libmaskpipe.so.0", self.chroot("ldconfig", "-p"))
        self.chroot("dpkg", "--purge", "maskpipe", "libmaskpipe0")
        self.assertFalse(os.path.exists(self.root + "/usr/bin/maskpipe"))
        self.assertFalse(os.path.exists(self.root + "/usr/libexec/maskpipe"))


if __name__ == "__main__":
    for name in ("debootstrap", "chroot"):
        if shutil.which(name) is None:
            print("SKIPPED: %s is not installed" % name)
            sys.exit(77)
    for name in ("MASKPIPE_FETCH", "MASKPIPE_DEBS"):
        if name not in os.environ:
            raise SystemExit(name + " is not set")
        os.environ[name] = os.path.abspath(os.environ[name])
    assert aws_case
    main()
