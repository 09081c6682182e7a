"""An independent M-Bus parser, pymbusparser (written in Rust), reads frames, deciphered where a key is given.

Run by the interpreter of the environment `pymbusparser` with a JSON list of frames and keys in hex.
"""

import json
import sys

import pymbusparser


def main() -> None:
    asked = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps([pymbusparser.parse(frame, key=key) for frame, key in asked]))


if __name__ == "__main__":
    main()
