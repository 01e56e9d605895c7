"""maskpipe: removes secret values from text, over libmaskpipe's C ABI.

    masker = maskpipe.Masker(sources=["file:/run/secrets.json"], options={"mask": "[{name}]"})
    masker.mask("login with hunter2!")          # str or bytes, one whole record

    stream = maskpipe.Stream(masker, sys.stdout.buffer.write)
    stream.write(chunk)                         # bytes, in any chunks
    stream.finish()

    live = maskpipe.LiveMasker(["airflow:"])    # loaded once, refreshed, safe to fork()
    maskpipe.logs.install(live)                 # every record of logging

For Airflow see maskpipe.airflow. Whoever gets a maskpipe.Error must not print what it wanted
masked. No error holds a value.
"""
from maskpipe import logs
from maskpipe.abi import Error, version
from maskpipe.live import LiveMasker
from maskpipe.masker import MaskedWriter, Masker, Secrets, Stream

__all__ = ["Error", "LiveMasker", "MaskedWriter", "Masker", "Secrets", "Stream", "logs", "version"]
