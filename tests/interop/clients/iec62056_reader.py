"""An independent IEC 62056-21 client, iec62056-21, reads out the optical port in mode C over TCP.

Run by the interpreter of the environment `iec62056-21` with an address; prints who answered and every data set.
"""

from __future__ import annotations

import json
import sys

from iec62056_21.client import Iec6205621Client


def main() -> None:
    host, port = sys.argv[1].rsplit(":", 1)
    client = Iec6205621Client.with_tcp_transport(address=(host, int(port)))
    client.connect()
    answer = client.standard_readout()
    client.disconnect()
    sets = [one for line in answer.data_block.data_lines for one in line.data_sets]
    data = {one.address: [one.value, one.unit] for one in sets}
    sys.stdout.write(json.dumps({"manufacturer": client.manufacturer_id, "data": data}))


if __name__ == "__main__":
    main()
