"""What the system still holds of octets that were written to a serial line or a socket."""

import array
import fcntl
import termios


def unsent_octets(file: int) -> int:
    """Octets that were written and have not left; over TCP those, too, that the peer's system has not acknowledged.

    Raises:
        OSError: the system does not tell.
    """
    count = array.array("i", [0])
    fcntl.ioctl(file, termios.TIOCOUTQ, count)
    return count[0]
