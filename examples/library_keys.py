"""What other examples take from the `keys.toml` of a meter: address and credentials of its management client."""

import tomllib
from pathlib import Path

from softmeter.dlms.acse import Mechanism
from softmeter.dlms.credentials import Credentials, Family
from softmeter.security.suites import Key


def management(path: str) -> tuple[int, Credentials]:
    """The client address, and what proves who is there."""
    client = tomllib.loads(Path(path).read_text("utf-8"))["clients"]["management"]
    return client["sap"], Credentials(
        Mechanism.HLS_GMAC,
        family=Family.SERVICE,
        system_title=b"EXAMPLE1",
        encryption_key=Key(bytes.fromhex(client["unicast_encryption_key"])),
        authentication_key=Key(bytes.fromhex(client["authentication_key"])),
    )
