"""Serial devices and pseudo-terminals with eight bits, and a blocking line through one of them."""

import os
import select
import stat
import termios
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.transport.errors import closed, unreachable
from softmeter.transport.tap import host_of

INTER_OCTET_S = 0.2
"""The longest pause inside a frame on a device: above the standard's 25 ms, as an operating system adds its own."""
_CHUNK = 1 << 16
_SPEEDS = {
    300: termios.B300,
    600: termios.B600,
    1200: termios.B1200,
    2400: termios.B2400,
    4800: termios.B4800,
    9600: termios.B9600,
    19_200: termios.B19200,
    38_400: termios.B38400,
    57_600: termios.B57600,
    115_200: termios.B115200,
}


class SerialStream:
    """A serial device or the far end of a pseudo-terminal, with eight bits and no parity."""

    def __init__(self, device: str, baud: int) -> None:
        """Open the device.

        Raises:
            TransportError: it cannot be opened.
            ConfigurationError: it is no serial device, or has no such speed.
        """
        self.name = device
        self.ends = host_of(None), host_of(None)
        self._baud = baud
        try:
            self._file = open_serial(device, baud)
        except OSError as error:
            raise unreachable(device, error) from error

    def read(self, timeout_s: float | None) -> bytes:
        ready, _, _ = select.select([self._file], [], [], timeout_s)
        if not ready:
            raise TimeoutError
        try:
            data = os.read(self._file, _CHUNK)
        except BlockingIOError:
            raise TimeoutError from None
        except OSError as error:
            raise closed(self.name) from error
        if not data:
            raise closed(self.name)
        return data

    def write(self, octets: bytes, baud: int) -> None:
        try:
            while octets:
                select.select([], [self._file], [])
                octets = octets[os.write(self._file, octets) :]
            if baud != self._baud:
                termios.tcdrain(self._file)
                set_speed(self._file, baud)
                self._baud = baud
        except (OSError, termios.error) as error:
            raise closed(self.name) from error

    def close(self) -> None:
        os.close(self._file)


def open_serial(device: str, baud: int, *, even_parity: bool = False) -> int:
    """The file descriptor of a serial device, set to eight bits, that never blocks; without parity unless it is even.

    Raises:
        OSError: it cannot be opened.
        ConfigurationError: it is no serial device, or has no such speed.
    """
    if not stat.S_ISCHR(Path(device).stat().st_mode):
        raise ConfigurationError(f"{device} is no serial device")
    file = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        set_raw(file, even_parity=even_parity)
        set_speed(file, baud)
    except termios.error:
        os.close(file)
        raise ConfigurationError(f"{device} is no serial device") from None
    except ConfigurationError:
        os.close(file)
        raise
    return file


def set_raw(file: int, *, even_parity: bool = False) -> None:
    """Hand octets through as they are: eight bits, no line editing."""
    flags = termios.tcgetattr(file)
    flags[0] = flags[1] = flags[3] = 0
    flags[2] = termios.CS8 | termios.CREAD | termios.CLOCAL | (termios.PARENB if even_parity else 0)
    flags[6][termios.VMIN], flags[6][termios.VTIME] = 1, 0
    termios.tcsetattr(file, termios.TCSANOW, flags)


def set_speed(file: int, baud: int) -> None:
    """Set the speed of a line in both directions.

    Raises:
        ConfigurationError: there is no such speed.
    """
    if baud not in _SPEEDS:
        raise ConfigurationError(f"{baud} baud is not offered; take one of {', '.join(map(str, _SPEEDS))}")
    flags = termios.tcgetattr(file)
    flags[4] = flags[5] = _SPEEDS[baud]
    termios.tcsetattr(file, termios.TCSANOW, flags)
