"""Airflow 3 has one SecretsMasker in each process."""
import functools
import re


class SecretsMasker:
    def __init__(self):
        self.patterns, self.replacer = set(), None

    def add_mask(self, secret, name=None):
        if isinstance(secret, str) and secret:
            self.patterns.add(re.escape(secret))
            self.replacer = re.compile("|".join(self.patterns))


@functools.lru_cache(maxsize=None)
def _secrets_masker():
    return SecretsMasker()


def mask_secret(secret, name=None):
    _secrets_masker().add_mask(secret, name)
