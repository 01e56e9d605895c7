"""Every #include points strictly downwards, and the top level is as promised.

usage: layout_test.py SOURCE_DIR
"""
import pathlib
import re
import subprocess
import sys
import unittest

# What each folder may include, besides itself and include/.
LOWER = {
    'base': set(),
    'match': {'base'},
    'detect': {'match', 'base'},
    'secret': {'base'},
    'source': {'secret', 'base'},
    'needle': {'match', 'secret', 'base'},
    'stream': {'match', 'detect', 'needle', 'secret', 'base'},
    'options': {'base'},
    'setup': {'stream', 'detect', 'options', 'source', 'secret', 'base'},
    'abi': {'setup', 'stream', 'options', 'source', 'base'},
    'report': {'stream', 'options', 'base'},
    'fetch': {'source', 'secret', 'base'},
    'run': {'report', 'setup', 'stream', 'options', 'source', 'secret', 'base'},
    'shipper': {'stream', 'base'},
    'front': None,  # anything; and nobody includes it
    'plugins': set(),
    'demo': set(),
    'deploy': set(),
}
TOP = {'CMakeLists.txt', 'src', 'include', 'bench', 'tests', 'README.md'}
# The only folder that may write log messages, and those that call it.
LOGS = {'report', 'run', 'front'}

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else '.')


def sources(folder):
    return [p for p in sorted((ROOT / folder).rglob('*'))
            if p.suffix in ('.cc', '.h', '.hpp', '.c')]


class Layout(unittest.TestCase):
    def test_every_folder_of_src_has_a_rank(self):
        folders = {p.name for p in (ROOT / 'src').iterdir() if p.is_dir()}
        self.assertEqual(set(), folders - set(LOWER))

    def test_includes_point_strictly_downwards(self):
        seen = 0
        for path in sources('src'):
            folder = path.relative_to(ROOT / 'src').parts[0]
            for target in re.findall(r'#include "([^"]+)"', path.read_text()):
                seen += 1
                with self.subTest(file=str(path), include=target):
                    self.assertRegex(target, r'^(src|include)/')
                    if target.startswith('include/'):
                        continue
                    other = target.split('/')[1]
                    if other != folder and LOWER[folder] is not None:
                        self.assertIn(other, LOWER[folder])
        self.assertGreater(seen, 50)

    def test_ranks_have_no_cycle(self):
        done = set()

        def visit(folder, path):
            self.assertNotIn(folder, path, 'a cycle')
            for lower in LOWER[folder] or ():
                visit(lower, path | {folder})
            done.add(folder)

        for folder in LOWER:
            visit(folder, frozenset())

    def test_public_headers_include_only_themselves_and_std(self):
        for path in sources('include'):
            text = path.read_text()
            self.assertNotIn('#include "', text, path)
            for target in re.findall(r'#include <([^>]+)>', text):
                self.assertTrue('/' not in target or
                                target.startswith('maskpipe/') or
                                (path.name == 'spdlog_sink.h' and
                                 target.startswith('spdlog/')), target)

    def test_nothing_below_the_front_logs_or_prints(self):
        for path in sources('src'):
            folder = path.relative_to(ROOT / 'src').parts[0]
            if folder in LOGS:
                continue
            self.assertIsNone(
                re.search(r'spdlog|\bprintf\(|std::c(out|err)|std::puts',
                          path.read_text()), path)

    def test_the_top_level_is_as_promised(self):
        listed = subprocess.run(['git', '-C', str(ROOT), 'ls-files'],
                                stdout=subprocess.PIPE, text=True)
        if listed.returncode != 0:
            self.skipTest('SKIPPED: no git checkout')
        top = {line.split('/')[0] for line in listed.stdout.splitlines()}
        self.assertEqual(set(), {t for t in top if t[0] != '.'} - TOP)

    def test_every_source_is_named_in_the_build(self):
        text = (ROOT / 'CMakeLists.txt').read_text()
        for path in sources('src'):
            if path.suffix == '.cc':
                self.assertIn(str(path.relative_to(ROOT)), text)


if __name__ == '__main__':
    unittest.main(verbosity=2)  # so that skips say why
