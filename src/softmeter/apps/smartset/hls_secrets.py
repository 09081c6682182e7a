"""The command `keys hls-secret`: another secret for HLS 6, in the meter and then in the key file.

HLS 5 and its keys stay as they are. So whatever breaks off here is mended by the same command run again.
"""

from dataclasses import replace

from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.failures import ExplainedError
from softmeter.apps.smartset.key_files import KeyFile, client_entry
from softmeter.apps.smartset.names import ASSOCIATION, NAMES
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.settings import Settings
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.keyfile import HLS_SECRET
from softmeter.runtime.keyfile import password as new_secret
from softmeter.wire.types import Data, Tag

_CHANGE_HLS_SECRET, _STATUS = 2, 8


def change(settings: Settings, *, show: bool) -> None:
    """Replace the secret of the client that comes in, and prove it by coming in with it.

    Raises:
        ExplainedError: the meter did not take it; the file is as it was.
    """
    file, place = KeyFile.read(settings.keys), NAMES["association"].obis
    file.check_settled()
    entry, secret = client_entry(settings.client, HLS_SECRET), new_secret(SystemEntropy())
    text = file.changed({entry: secret.decode("ascii")})
    with opened(settings) as meter:
        meter.call(ASSOCIATION, place, _CHANGE_HLS_SECRET, Data(Tag.OCTET_STRING, secret))
    file.put_pending(text)
    try:
        with opened(replace(settings, keys=file.pending, mechanism="hls6")) as meter:
            meter.get(ASSOCIATION, place, _STATUS)
    except ExplainedError:
        file.drop_pending()
        raise
    file.take_pending()
    if settings.json:
        print_json({"file": str(file.path), "replaced": [str(entry)], **({"secret": secret.decode()} if show else {})})
        return
    print(f"{entry}: replaced{f' by {secret.decode()}' if show else ''}")
    print(f"an association by HLS 6 proves it; {file.path} has it")
