#!/usr/bin/env python3
"""Writes the log corpora of this folder: invented, varied, always the same.

  generate.py --out DIR   write the five files to DIR
  generate.py --check     exit 1 and name each committed file that differs

A corpus is a grammar (common.grammar and its own), spoken record by record.
A rule has a name, a sign and its alternatives: words beside the sign, or
texts on the indented lines below it; a name said again adds to its rule. `=`
draws evenly; `~` draws earlier alternatives more often, as words in a
language and messages in a log do. In an alternative,

  {host} {Host} {HOST}   is another rule's text (capitalised, in capitals),
  {host!}                the same text again for the rest of the session,
  {hex*8} {word*2-5}     that many in a row,
  {0..255} {00..59}      a number (padded to the width of the lower bound),

and every other brace stands for itself. A record may hold line ends (`{nl}`):
a stack trace is one rule. Only integers decide what is drawn, and the
generator of chance is our own: no Python version, clock or locale changes a
byte.
"""

import argparse
import collections
import datetime
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent

SYMBOLS = {
    "hex": "0123456789abcdef",
    "digit": "0123456789",
    "alnum": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "b64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "nl": "\n", "cr": "\r", "tab": "\t", "esc": "\x1b", "sp": " ",
    "none": [""],
}

# Written out, because strftime's %b would ask the locale.
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

TIMES = {
    "iso": lambda t: t.isoformat(timespec="microseconds"),
    "zulu": lambda t: t.isoformat(timespec="milliseconds") + "Z",
    "airtime": lambda t: t.isoformat(timespec="milliseconds") + "+0000",
    "comma": lambda t: t.isoformat(" ", "milliseconds").replace(".", ","),
    "spark": lambda t: f"{t:%y/%m/%d %H:%M:%S}",
    "slash": lambda t: f"{t:%Y/%m/%d %H:%M:%S}",
    "syslog": lambda t: f"{MONTHS[t.month - 1]} {t.day:2} {t:%H:%M:%S}",
    "clf": lambda t: f"{t:%d}/{MONTHS[t.month - 1]}/{t:%Y:%H:%M:%S} +0000",
}

TOKEN = re.compile(
    r"\{(?:(\d+)\.\.(\d+)|([A-Za-z]\w*)(!|\*(\d+)(?:-(\d+))?)?)\}")


class Chance:
  """splitmix64 (Steele, Lea and Flood, 2014)."""

  def __init__(self, seed):
    self._state = seed

  def below(self, bound):
    mask = 2**64 - 1
    self._state = (self._state + 0x9E3779B97F4A7C15) & mask
    z = self._state
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
    return (z ^ (z >> 31)) % bound


def read_rules(*names):
  """Returns {name: (earlier_is_commoner, alternatives)}."""
  rules = {name: (False, texts) for name, texts in SYMBOLS.items()}
  texts = [(HERE / f"{name}.grammar").read_text("utf-8") for name in names]
  for line in "".join(texts).splitlines():
    if line.startswith(" "):
      alternatives.append(line.strip())
    else:
      name, sign, *words = line.split()
      _, alternatives = rules.setdefault(name, (sign == "~", []))
      alternatives.extend(words)
  return rules


class Speaker:
  """Speaks a grammar: `speaker("{host} is {word}")`."""

  def __init__(self, corpus):
    self.chance = Chance(corpus.seed)
    self._corpus = corpus
    self._rules = read_rules("common", corpus.name)
    self._now = datetime.datetime(2026, 11, 20, 6, 25)
    self._kept = {}

  def next_record(self):
    self._now += datetime.timedelta(
        microseconds=self.chance.below(2000 * self._corpus.step_ms))
    if self.chance.below(self._corpus.session) == 0:
      self._kept.clear()
    return self._corpus.record(self)

  def __call__(self, text):
    return TOKEN.sub(self._token, text)

  def number(self, low, high):
    return low + self.chance.below(high - low + 1)

  def pick(self, alternatives, earlier_is_commoner=False):
    bound = len(alternatives)
    if earlier_is_commoner:
      bound = 1 + self.chance.below(bound)
    return alternatives[self.chance.below(bound)]

  def _token(self, match):
    low, high, name, suffix, least, most = match.groups()
    if low:
      return str(self.number(int(low), int(high))).zfill(len(low))
    if suffix == "!":
      if name not in self._kept:
        self._kept[name] = self._rule(name)
      return self._kept[name]
    times = self.number(int(least), int(most or least)) if least else 1
    return "".join(self._rule(name) for _ in range(times))

  def _rule(self, name):
    if name in TIMES:
      return TIMES[name](self._now)
    earlier_is_commoner, alternatives = self._rules[name.lower()]
    text = self(self.pick(alternatives, earlier_is_commoner))
    if name.isupper():
      return text.upper()
    return text[:1].upper() + text[1:] if name[0].isupper() else text


def plain_record(speaker):
  return speaker("{line}")


def airflow3_record(speaker):
  """A task's log as Airflow 3's supervisor writes it."""
  record = {
      "timestamp": speaker("{iso}Z"),
      "level": speaker("{level}"),
      "event": speaker("{event}"),
      "logger": speaker("{logger}"),
      "filename": speaker("{snake}.py"),
      "lineno": speaker.number(1, 2999),
  }
  if record["level"] == "error":
    frames = [{"filename": speaker("{path}"), "lineno": speaker.number(1, 999),
               "name": speaker("{snake}")}
              for _ in range(speaker.number(2, 5))]
    record["error_detail"] = [{
        "exc_type": speaker("{Plain}Error"), "exc_value": speaker("{text}"),
        "exc_notes": [], "syntax_error": None, "is_cause": False,
        "frames": frames, "is_group": False, "exceptions": []}]
  return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def structlog_record(speaker):
  record = {"event": speaker("{event}"), "level": speaker("{level}")}
  for _ in range(speaker.number(0, 4)):
    record[speaker("{snake}")] = speaker("{detail}")
  if record["level"] == "error":
    record["exception"] = speaker("{python}")
  return json.dumps({**record, "timestamp": speaker("{iso}Z")})


def bunyan_record(speaker):
  request = {
      "method": speaker.pick(["GET", "POST", "PATCH"]),
      "url": speaker("/{plain}/{num}?{query}"),
      "headers": {"host": speaker("{host}:{port}"), "x-request-id":
                  speaker("{uuid}"), "accept": "*/*"},
      "remoteAddress": speaker("::ffff:{ip}"),
      "remotePort": int(speaker("{port}")),
  }
  record = {
      "name": speaker("{name}"), "hostname": speaker("{host}"),
      "pid": speaker.number(2, 65535), "level": 10 * speaker.number(2, 5),
      "req": request, "latency": speaker.number(0, 99999) / 1000,
      "msg": speaker("{event}"), "time": speaker("{zulu}"), "v": 0,
  }
  if record["level"] == 50:
    record["err"] = {"message": speaker("{text}"),
                     "name": speaker("{Plain}Error"),
                     "stack": speaker("{stack}")}
  return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def audit_record(speaker):
  """A Kubernetes API server's audit event."""
  namespace, resource, name = map(speaker, ("{name}", "{plain}s", "{host}"))
  record = {
      "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata",
      "auditID": speaker("{uuid}"), "stage": "ResponseComplete",
      "requestURI": f"/api/v1/namespaces/{namespace}/{resource}/{name}",
      "verb": speaker.pick(["get", "list", "watch", "patch"], True),
      "user": {"username": speaker("system:serviceaccount:{name}:{plain}"),
               "groups": ["system:serviceaccounts", "system:authenticated"]},
      "sourceIPs": [speaker("{ip}")],
      "userAgent": speaker("{name}/v{1..9}.{0..30} (linux/amd64) {hex*7}"),
      "objectRef": {"resource": resource, "namespace": namespace, "name": name},
      "responseStatus": {"metadata": {}, "code": speaker.number(200, 204)},
      "requestReceivedTimestamp": speaker("{iso}Z"),
      "annotations": {"authorization.k8s.io/decision": "allow",
                      "authorization.k8s.io/reason": speaker("{event}")},
  }
  return json.dumps(record, separators=(",", ":"))


def container_record(speaker):
  """Docker's json-file driver around a program that logs JSON itself."""
  record = {"log": structlog_record(speaker) + "\n",
            "stream": speaker.pick(["stdout", "stderr"], True),
            "time": speaker("{iso}Z")}
  return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def json_record(speaker):
  kinds = [airflow3_record, airflow3_record, structlog_record, bunyan_record,
           container_record, audit_record]
  return speaker.pick(kinds, earlier_is_commoner=True)(speaker)


Corpus = collections.namedtuple(
    "Corpus", "name seed lines step_ms session record")

CORPORA = [
    Corpus("syslog", 1, 5000, 9000, 20, plain_record),
    Corpus("airflow", 2, 5000, 2500, 25, plain_record),
    Corpus("hadoop", 3, 4000, 400, 25, plain_record),
    Corpus("nginx", 4, 4000, 1300, 1, plain_record),
    Corpus("json", 5, 4000, 700, 1, json_record),
]


def generate(corpus):
  speaker = Speaker(corpus)
  lines = []
  while len(lines) < corpus.lines:
    lines += speaker.next_record().split("\n")
  return "".join(f"{line}\n" for line in lines[:corpus.lines]).encode()


def check(folder):
  """Names the files that differ; returns the exit status."""
  status = 0
  for corpus in CORPORA:
    path = folder / f"{corpus.name}.log"
    if not path.is_file() or path.read_bytes() != generate(corpus):
      print(f"{path}: differs from what generate.py writes", file=sys.stderr)
      status = 1
  return status


def main():
  parser = argparse.ArgumentParser(description="Writes the log corpora.")
  action = parser.add_mutually_exclusive_group(required=True)
  action.add_argument("--out", metavar="DIR", type=pathlib.Path)
  action.add_argument("--check", action="store_true")
  arguments = parser.parse_args()
  if arguments.check:
    return check(HERE)
  arguments.out.mkdir(parents=True, exist_ok=True)
  for corpus in CORPORA:
    (arguments.out / f"{corpus.name}.log").write_bytes(generate(corpus))
  return 0


if __name__ == "__main__":
  sys.exit(main())
