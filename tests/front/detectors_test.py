"""Detectors from the outside: options, messages, cuts, false alarms."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

MASKPIPE = os.environ['MASKPIPE']
CORPORA = pathlib.Path(__file__).parent.parent / 'data' / 'corpora'
# Masks in our corpora, whose lines are made of random names and values: a name
# that ends in `token` or `service_account` before a UUID or 16 hex digits. No
# detector could know that these are none.
EXPLAINED = {
    'airflow.log': {2948, 3949},
    'hadoop.log': set(),
    'json.log': {2080},
    'nginx.log': set(),
    'syslog.log': {940, 1814, 2596, 3423, 4093},
}


def run(*arguments, text=b'', **environment):
    base = {k: v for k, v in os.environ.items() if not k.startswith('MASKPIPE_')}
    return subprocess.run([MASKPIPE, *arguments], input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**base, **environment}, timeout=120)


def masked(text, *arguments, **environment):
    result = run(*arguments, text=text.encode(), **environment)
    assert result.returncode == 0, result
    return result.stdout.decode()


def masked_lines(path):
    """The numbers of the lines that all detectors change."""
    before = path.read_bytes()
    after = run('--detect=all', str(path)).stdout
    old, new = before.split(b'\n'), after.split(b'\n')
    assert len(old) == len(new), path
    return {n for n, (a, b) in enumerate(zip(old, new), 1) if a != b}


class Detectors(unittest.TestCase):
    def test_url_passwords_and_private_keys_are_the_default_ones(self):
        text = ('x postgres://u:hunter2@h/ password=abc123x\n'
                '-----BEGIN PRIVATE KEY-----\n' + 'Ab3/' * 16 +
                '\n-----END PRIVATE KEY-----\nend\n')
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'nothing-of-this\n')
            file.flush()
            self.assertEqual(
                masked(text, '--source', f'file:{file.name}',
                       '--detect=default'),
                'x postgres://u:***@h/ password=abc123x\n'
                '-----BEGIN ***\nend\n')
            self.assertEqual(
                masked(text, '--source', f'file:{file.name}'), text)

    def test_detectors_are_chosen_by_name_and_named_in_the_mask(self):
        text = 'a://u:pw12@h token=ab12cd34ef '
        self.assertEqual(
            masked(text, '--detect=sensitive-pair', '--mask', '[{name}]'),
            'a://u:pw12@h token=[sensitive-pair] ')
        self.assertEqual(
            masked(text, '--detect=default', '--mask', '[{name} {hash}]'),
            'a://u:[url-password ********]@h token=ab12cd34ef ')

    def test_what_a_secret_and_a_detector_cover_is_one_mask(self):
        text = 'a://u:pw12secret@h and 12secret x'
        self.assertEqual(
            masked(text, '--source', 'env:S', '--mask', '[{name}]',
                   '--detect=default', S='12secret@h'),
            'a://u:[url-password] and 12secret x')

    def test_own_patterns_and_their_errors(self):
        self.assertEqual(
            masked('acme_0a1b ACME x', '--pattern', 'acme=acme_[0-9a-f]{4}',
                   '--mask', '<{name}>'), '<acme> ACME x')
        broken = run('--pattern', 'acme=acme_[0-9')
        self.assertEqual(broken.returncode, 2)
        self.assertIn(b'pattern acme', broken.stderr)
        self.assertIn(b'at character 6', broken.stderr)
        for bad in ('noequals', '=x', 'x=', 'a b=c'):
            self.assertEqual(run('--pattern', bad).returncode, 2, bad)
        costly = run('--pattern', 'card=[0-9]{16}', text=b'1234567812345678\n')
        self.assertEqual((costly.returncode, costly.stdout), (0, b'***\n'))
        self.assertIn(b'card holds no literal', costly.stderr)
        unknown = run('--detect=nonesuch')
        self.assertEqual(unknown.returncode, 2)
        self.assertIn(b'no detector nonesuch', unknown.stderr)

    def test_a_config_holds_rules_allow_lists_and_names(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'detect.yaml')

            def write(text):
                pathlib.Path(path).write_text(text)
                os.chmod(path, 0o600)

            write('''
rules:
  - id: acme-token
    description: tokens of ACME
    regex: 'acme:([a-z]+):([0-9a-f]{4,})'
    secretGroup: 2
    keywords: [acme]
    allowlist:
      stopwords: [dead]
      regexes: ['^0000']
allowlist:
  stopwords: [fixture]
sensitive-names: [kennwort]
disable: [jwt]
''')
            self.assertEqual(
                masked('acme:eu:12ab acme:eu:00001 acme:us:1dead kennwort=xy12z'
                       ' password=fixture1 ', '--detect=all', '--detect-config',
                       path),
                'acme:eu:*** acme:eu:00001 acme:us:1dead kennwort=***'
                ' password=fixture1 ')
            listed = json.loads(run('detectors', '--format', 'json',
                                    '--detect-config', path).stdout)
            rows = {d['name']: d for d in listed['detectors']}
            self.assertNotIn('jwt', rows)
            self.assertTrue(rows['acme-token']['on'])
            self.assertEqual(rows['acme-token']['about'], 'tokens of ACME')

            for text, says in (('rules:\n  - id: a\n    regx: b\n', b'regx'),
                               ('rules:\n  - id: a\n', b'lacks'),
                               ('rules:\n  - id: a\n    regex: "(x"\n', b'(x'),
                               ('rules:\n  - id: a\n    regex: xyz\n'
                                '    secretGroup: 1\n', b'no group 1'),
                               ('rules: [\n', b'line')):
                write(text)
                result = run('--detect-config', path)
                self.assertEqual(result.returncode, 2, text)
                self.assertIn(says, result.stderr)

    def test_airflows_own_sensitive_names_count(self):
        text = 'losungswort=xy12z '
        name = {'AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES': 'a, losungswort'}
        self.assertEqual(masked(text, '--detect=all'), text)
        self.assertEqual(masked(text, '--detect=all', **name),
                         'losungswort=*** ')

    def test_the_list_tells_which_are_on(self):
        rows = {d['name']: d for d in json.loads(
            run('detectors', '--detect=default', '--format=json').stdout)['detectors']}
        self.assertEqual({n for n, d in rows.items() if d['on']},
                         {'url-password', 'private-key'})
        for name, row in rows.items():
            self.assertTrue(row['source'].startswith('https://'), name)
            self.assertTrue(row['about'] and row['patterns'], name)
        table = run('detectors').stdout.decode()
        self.assertIn('jwt', table)
        self.assertEqual(run('detectors', 'x').returncode, 2)

    def test_our_logs_raise_only_the_alarms_that_are_explained(self):
        self.assertEqual({p.name: masked_lines(p)
                          for p in sorted(CORPORA.glob('*.log'))}, EXPLAINED)

    def test_real_logs_raise_no_alarm(self):
        corpora = os.environ.get('MASKPIPE_CORPORA')
        if not corpora:
            print('SKIPPED: MASKPIPE_CORPORA names no directory of real logs')
            self.skipTest('no MASKPIPE_CORPORA')
        logs = sorted(pathlib.Path(corpora).rglob('*.log'))
        self.assertGreater(len(logs), 0)
        alarms = sum(len(masked_lines(p)) for p in logs)
        lines = sum(p.read_bytes().count(b'\n') for p in logs)
        self.assertLessEqual(alarms * 20000, 2 * lines)


if __name__ == '__main__':
    unittest.main(verbosity=2)
