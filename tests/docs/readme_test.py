"""Everything that the README says to type works and prints what it says.

usage: readme_test.py README.md LIBRARY_DIR INCLUDE_DIR

A fenced block in `sh`, `c` or `cpp` is run or built and run, in a fresh
directory, with maskpipe on the PATH; a `text` block behind it is what it
prints. All sh blocks run one after the other in one shell's directory.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

README, LIBRARY, INCLUDE = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
del sys.argv[1:]
MASKPIPE = pathlib.Path(os.environ['MASKPIPE']).resolve()
COMPILERS = {'c': ['cc', '-std=c99', '-x', 'c'],
             'cpp': ['c++', '-std=c++17', '-x', 'c++']}


def blocks():
    """(language, text, expected output or None) of each fenced block."""
    found = re.findall(r'^```(\w+)\n(.*?)^```$', README.read_text(),
                       re.MULTILINE | re.DOTALL)
    for i, (language, text) in enumerate(found):
        if language == 'text':
            continue
        behind = found[i + 1] if i + 1 < len(found) else ('', '')
        yield language, text, behind[1] if behind[0] == 'text' else None


class Readme(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        # What chooses among our tests is no part of a reader's machine.
        theirs = {name: value for name, value in os.environ.items()
                  if not name.startswith('MASKPIPE_')}
        self.environment = dict(
            theirs, PATH=f'{MASKPIPE.parent}:{os.environ["PATH"]}',
            LD_LIBRARY_PATH=str(LIBRARY))

    def run_block(self, command):
        done = subprocess.run(command, cwd=self.directory,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(0, done.returncode)
        return done.stdout

    def test_shell_examples_print_what_stands_behind_them(self):
        script, expected = 'set -eu\n', ''
        for language, text, output in blocks():
            if language == 'sh':
                script += text
                expected += output or ''
        self.assertTrue(expected)
        self.assertEqual(expected, self.run_block(['bash', '-c', script]))

    def test_programs_build_and_print_what_stands_behind_them(self):
        built = 0
        for language, text, output in blocks():
            if language not in COMPILERS:
                continue
            with self.subTest(language=language):
                source = self.directory / f'example.{language}'
                program = self.directory / f'example_{language}'
                source.write_text(text)
                subprocess.run(
                    COMPILERS[language] +
                    [str(source), '-x', 'none', '-Wall', '-Wextra', '-Werror',
                     '-I', str(INCLUDE), '-L', str(LIBRARY), '-lmaskpipe',
                     '-o', str(program)], check=True)
                self.assertEqual(output, self.run_block([str(program)]))
                built += 1
        self.assertEqual(2, built)

    def test_every_option_of_the_help_stands_in_the_table(self):
        usage = self.run_block([str(MASKPIPE), '--help'])
        text = README.read_text()
        for option in re.findall(r'^  (--[a-z-]+)', usage, re.MULTILINE):
            self.assertIn(f'`{option}', text, option)

    def test_every_folder_of_src_stands_in_the_map(self):
        text = README.read_text()
        for folder in (README.parent / 'src').iterdir():
            if folder.is_dir():
                self.assertIn(f'src/{folder.name}/', text)


if __name__ == '__main__':
    unittest.main()
