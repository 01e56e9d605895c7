"""maskpipe install DIR copies the program, whole or not at all."""

import os
import stat

import maskpipe_cli
from maskpipe_cli import CliTest


class Install(CliTest):
    def test_the_copy_is_the_program(self):
        os.mkdir(self.path("d"))
        for _ in range(2):  # also over an older one
            run = self.mask(b"", "install", self.path("d"))
            self.assertEqual((run.status, run.out, run.err), (0, b"", b""))
            self.assertEqual(os.listdir(self.path("d")), ["maskpipe"])
        copy = self.path("d/maskpipe")
        self.assertEqual(stat.S_IMODE(os.stat(copy).st_mode), 0o755)
        self.assertEqual(self.text_of(copy), self.text_of(
            maskpipe_cli.binary()))

    def test_it_can_be_run_while_it_is_replaced(self):
        os.mkdir(self.path("d"))
        self.mask(b"", "install", self.path("d"))
        before = os.stat(self.path("d/maskpipe")).st_ino
        self.mask(b"", "install", self.path("d"))
        self.assertNotEqual(before, os.stat(self.path("d/maskpipe")).st_ino)

    def test_a_folder_that_is_not_there_is_an_error(self):
        self.assert_refused(self.mask(b"", "install", "/nonexistent/x"), 1,
                            "/nonexistent/x/maskpipe", "No such file")

    def test_it_takes_one_folder(self):
        for arguments in ((), ("a", "b")):
            self.assert_refused(self.mask(b"", "install", *arguments), 2,
                                "one folder")


if __name__ == "__main__":
    maskpipe_cli.main()
