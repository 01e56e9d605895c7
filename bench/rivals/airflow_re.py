"""Python's re as Airflow's SecretsMasker uses it: one alternation of all values,
longest first, over each record.

usage: airflow_re.py NEEDLES <in >out
"""
import re
import sys

with open(sys.argv[1], encoding='utf-8') as file:
    needles = file.read().splitlines()
pattern = re.compile('|'.join(
    re.escape(n) for n in sorted(needles, key=len, reverse=True)))
for line in sys.stdin:
    sys.stdout.write(pattern.sub('***', line))
