"""The filter in a real Fluent Bit: FLUENT_BIT names its binary, FLUENT_BIT_PLUGIN ours."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

FLUENT_BIT, PLUGIN = os.environ["FLUENT_BIT"], os.environ["FLUENT_BIT_PLUGIN"]
SECRET = "hunter2-Secret!"


class FluentBit(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.here = pathlib.Path(directory.name)
        self.secrets = self.here / "secrets.json"
        self.secrets.write_text(json.dumps({"password": SECRET, "pin": "7654321"}))
        self.secrets.chmod(0o600)

    def run_host(self, records, plugin=PLUGIN, **properties):
        """(status, what was printed on standard output as JSON, what was said)"""
        properties.setdefault("sources", f"file:{self.secrets}")
        lines = "".join(f"    {k} {v}\n" for k, v in properties.items() if v is not None)
        config = self.here / "fluent-bit.conf"
        config.write_text(
            "[SERVICE]\n    Flush 0.2\n    Grace 1\n    Log_Level info\n"
            "[INPUT]\n    Name stdin\n    Buffer_Size 4M\n[FILTER]\n    Name maskpipe\n"
            f"    Match *\n{lines}[OUTPUT]\n    Name stdout\n    Match *\n    Format json_lines\n"
            "    json_date_key false\n")
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
        done = subprocess.run([FLUENT_BIT, "-e", plugin, "-c", config], input=text, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        printed = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return done.returncode, printed, done.stderr

    def test_nested_maps_and_arrays_keys_and_integers(self):
        status, printed, _ = self.run_host([
            {"log": f"a {SECRET} b", "n": {SECRET: [SECRET, 1.5, None, True, {"x": {"y": SECRET}}]},
             "pin": 7654321, "other": 7654322, "ü": "ü"}, {"log": "clean"}, {}])
        self.assertEqual(0, status)
        self.assertEqual([{"log": "a *** b", "n": {"***": ["***", 1.5, None, True, {"x": {
            "y": "***"}}]}, "pin": "***", "other": 7654322, "ü": "ü"}, {"log": "clean"}, {}], printed)

    def test_chosen_keys(self):
        _, printed, _ = self.run_host([{"log": SECRET, "a": {"b": SECRET}, "c": SECRET}],
                                      keys="log a")
        self.assertEqual([{"log": "***", "a": {"b": "***"}, "c": SECRET}], printed)

    def test_options_are_the_librarys(self):
        _, printed, _ = self.run_host([{"log": SECRET}], mask="[{name}]")
        self.assertEqual([{"log": "[password]"}], printed)

    def test_it_does_not_start_without_its_secrets(self):
        for properties, reason in (({"sources": "file:/nowhere/at/all"}, "/nowhere/at/all"),
                                   ({"sources": None}, "there is no source"),
                                   ({"min_length": "x"}, "min-length"),
                                   ({"refresh": "soon"}, "refresh: expected")):
            status, printed, said = self.run_host([{"log": SECRET}], **properties)
            self.assertNotEqual(0, status)
            self.assertEqual([], printed)
            self.assertIn(reason, said)

    def test_another_version_is_refused_with_a_clear_message(self):
        binary = pathlib.Path(PLUGIN).read_bytes()
        version = subprocess.run([FLUENT_BIT, "--version"], stdout=subprocess.PIPE,
                                 text=True).stdout.split("v")[1].split()[0]
        series = version.rsplit(".", 1)[0] + "."
        other = "".join("9" if c.isdigit() else c for c in series)
        self.assertIn(series.encode() + b"\0", binary)
        path = self.here / "flb-filter_maskpipe.so"
        path.write_bytes(binary.replace(series.encode() + b"\0", other.encode() + b"\0").replace(
            b"Fluent Bit " + series.encode(), b"Fluent Bit " + other.encode()))
        status, printed, said = self.run_host([{"log": SECRET}], plugin=path)
        self.assertNotEqual(0, status)
        self.assertEqual([], printed)
        self.assertIn("built for Fluent Bit", said)
        self.assertNotIn("SIGSEGV", said)

    def test_20000_records_as_the_filter_masks_them(self):
        lines = [f"{n} text {SECRET if n % 3 else 'plain'} end, {n * 7919 % 1000}."
                 for n in range(20000)]
        masked = subprocess.run([os.environ["MASKPIPE"], "--source", f"file:{self.secrets}"],
                                input="".join(line + "\n" for line in lines),
                                stdout=subprocess.PIPE, text=True).stdout
        _, printed, _ = self.run_host({"log": line} for line in lines)
        self.assertEqual(masked.splitlines(), [r["log"] for r in printed])


if __name__ == "__main__":
    unittest.main(verbosity=2)
