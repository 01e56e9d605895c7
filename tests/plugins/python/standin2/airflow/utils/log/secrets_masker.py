"""Airflow 2's rule: one regular expression over all values, re.sub on each record."""
import logging
import re

SENSITIVE = ("access_token", "api_key", "apikey", "authorization", "passphrase", "passwd",
             "password", "private_key", "secret", "token", "keyfile_dict", "service_account")


def is_sensitive(name):
    return isinstance(name, str) and any(word in name.strip().lower() for word in SENSITIVE)


class SecretsMasker(logging.Filter):
    def __init__(self):
        super().__init__()
        self.patterns, self.replacer = set(), None

    def add_mask(self, secret, name=None):
        if isinstance(secret, dict):
            for key, value in secret.items():
                self.add_mask(value, key)
        elif isinstance(secret, str):
            if secret and (name is None or is_sensitive(name)):
                self.patterns.add(re.escape(secret))
                self.replacer = re.compile("|".join(self.patterns))
        elif isinstance(secret, (list, tuple, set)):
            for value in secret:
                self.add_mask(value, name)

    def redact(self, item, name=None):
        if isinstance(item, dict):
            return {k: "***" if is_sensitive(k) and isinstance(v, str) else self.redact(v, k)
                    for k, v in item.items()}
        if isinstance(item, (tuple, list)):
            return type(item)(self.redact(v) for v in item)
        if isinstance(item, str) and self.replacer:
            return self.replacer.sub("***", item)
        return item

    def filter(self, record):
        if self.replacer:
            record.msg, record.args = self.redact(record.msg), self.redact(record.args)
            if record.exc_info and record.exc_info[1] is not None:
                record.exc_info[1].args = self.redact(record.exc_info[1].args)
        return True


def _secrets_masker():
    for found in logging.getLogger("airflow.task").filters:
        if isinstance(found, SecretsMasker):
            return found
    raise RuntimeError("no SecretsMasker at airflow.task")


def mask_secret(secret, name=None):
    if secret:
        _secrets_masker().add_mask(secret, name)
