"""Secrets of several lines: whole and line by line, behind whatever a logger puts before each line,
and what of them is too common to be masked.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "front"))

from maskpipe_cli import CliTest, main  # noqa: E402

KEY = ("-----BEGIN EC PRIVATE KEY-----\n"
       "MHcCAQEEIBkg5VSeUMhvMaBBGUEzrGxCJ0Iz6jSq3v1LzCcJ0DGqoAoGCCqGSM49\n"
       "AwEHoUQDQgAEr2yq4dkxG3tjvSuC0Y3YYjWb0kLhHk7h0s7MIxYg2cQq8u9Bq0vB\n"
       "zH0t8Jc3Wf5V0uQm9w==\n"
       "-----END EC PRIVATE KEY-----\n")
CODE = ("{\n  \"endpoint\": \"https://h\",\n  else\n  return\n"
        "  \"token\": \"Zk8-q1Lr/9\"\n}\n")
PREFIXES = (
    "", "INFO - ", "[2026-11-24T10:11:12.345+0000] {logging_mixin.py:188} INFO - ",
    "2026-11-24 10:11:12,345 | worker-3 | DEBUG | ", "Nov 24 10:11:12 host etl[812]: ",
    "\x1b[36mapp-1  |\x1b[0m ", "10:11:12.345 [main] INFO  c.e.Job - ", "> ", "# ",
    "{\"log\":\"")


class Lines(CliTest):
    def out(self, value, text):
        source = "file[format=value]:" + self.file("key", value.encode())
        return self.masked(text.encode(), "--source", source, "--mask-all",
                           "--log-level=error").decode()

    def test_behind_any_prefix_no_line_of_the_key_is_left(self):
        body = KEY.split("\n")[1:-2]
        for prefix in PREFIXES:
            for end in ("\n", "\r\n", " \n"):
                with self.subTest(prefix=prefix, end=end):
                    text = "".join(prefix + line + end for line in KEY.splitlines())
                    out = self.out(KEY, "before\n" + text + "behind\n")
                    self.assertFalse([line for line in body if line in out], out)
                    self.assertTrue(out.startswith("before\n") and out.endswith("behind\n"))
                    if prefix.strip():
                        self.assertEqual(out.count(prefix), len(KEY.splitlines()),
                                         "the prefixes stay")

    def test_the_whole_is_one_mask_however_its_lines_are_parted(self):
        inner = KEY.strip()
        for name, text in {
                "lf": inner, "crlf": inner.replace("\n", "\r\n"),
                "indented": inner.replace("\n", "\n        "),
                "tabs": inner.replace("\n", "\n\t\t"),
                "one line": inner.replace("\n", " "),
                "json": json.dumps(inner)[1:-1],
                "json in json": json.dumps(json.dumps(inner))[3:-3],
                "joined": inner.replace("\n", ""),
                "yaml": inner.replace("\n", "\n\n    "),
                "percent": inner.replace("\n", "%0D%0A"),
                "xml": inner.replace("\n", "&#13;&#10;"),
        }.items():
            with self.subTest(name):
                self.assertEqual("key=<***>\n", self.out(KEY, "key=<%s>\n" % text))

    def test_bash_and_python_print_it_in_one_piece(self):
        for name, text in {
                "printf %q": subprocess.check_output(
                    ["bash", "-c", 'printf %q "$1"', "-", KEY.strip()]).decode(),
                "repr": repr(KEY.strip()), "bytes": repr(KEY.strip().encode())}.items():
            with self.subTest(name):
                out = self.out(KEY, text + "\n")
                self.assertEqual("***", out.strip().strip("$b'"), out)

    def test_lines_that_code_is_full_of_stay_alone_and_go_with_the_whole(self):
        common = "{\n}\nelse\nreturn\n-----BEGIN EC PRIVATE KEY-----\n"
        self.assertEqual(common, self.out(CODE, common))
        self.assertEqual("-----BEGIN EC PRIVATE KEY-----\n",
                         self.out(KEY, "-----BEGIN EC PRIVATE KEY-----\n"))
        self.assertEqual("x ***\ny\n", self.out(CODE, "x \"token\": \"Zk8-q1Lr/9\"\ny\n"))
        self.assertIn(self.out(CODE, "x\n" + CODE + "y\n"),
                      ["x\n{\n  ***\n}\ny\n", "x\n{\n***\ny\n"], "the whole is masked")


if __name__ == "__main__":
    main()
