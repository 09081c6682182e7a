"""An independent M-Bus master, pyMeterBus, on a line: finds sub-meters by their secondary addresses and reads them."""

import json
import sys
from typing import Any

import meterbus
import serial

ANY = "F" * 16


def answer(line: Any) -> Any:
    return meterbus.load(meterbus.recv_frame(line))


def read(line: Any, address: str) -> dict[str, Any]:
    meterbus.send_select_frame(line, address)
    if meterbus.recv_frame(line, 1) != b"\xe5":
        raise SystemExit(f"nobody is selected by {address}")
    meterbus.send_request_frame(line, meterbus.ADDRESS_NETWORK_LAYER)
    told = answer(line)
    values: dict[str, Any] = json.loads(told.to_JSON())
    return values


def main() -> None:
    where, *addresses = sys.argv[1:]
    line = serial.serial_for_url(where, 2400, 8, "E" if where.startswith("/") else "N", 1, timeout=2)
    sys.stdout.write(json.dumps([read(line, address) for address in addresses]))


if __name__ == "__main__":
    main()
