"""Uses the services of a meter with gurux-dlms and prints one JSON object.

Run by the interpreter of the environment `gurux`. Called with the meter's address, its key file, the name of a client,
the services to propose, the size of its APDUs, the blocks of one burst, and a JSON list of tasks.
"""

# ruff: noqa: ANN001, ANN201  (the library has no types)

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tomllib
from pathlib import Path

from gurux_client import COUNTERS, Reader, plain
from gurux_dlms import GXByteBuffer, GXDLMSAccessItem
from gurux_dlms.enums import AccessServiceCommandType, Conformance, ObjectType


class ServiceReader(Reader):
    """A client that also takes blocks in bursts.

    The library's acknowledgement reads a setting that it never sets (`blockNumber`): it is set here, to what the
    library itself expects to be acknowledged.
    """

    def one(self, frame, reply) -> None:
        self.client.settings.resetBlockIndex()
        self.exchange(frame, reply)
        while reply.isMoreData():
            self.blocks += 1
            self.client.settings.blockNumber = self.client.settings.blockIndex
            self.exchange(b"" if reply.isStreaming() else self.client.receiverReady(reply), reply)
        if reply.error:
            raise ValueError(f"the meter answered error {reply.error}")

    def item(self, class_id, name):
        found = self.client.createObject(ObjectType(class_id))
        found.logicalName = name
        return found

    def perform(self, task):
        match task:
            case ["list", *wanted]:
                pairs = [(self.item(class_id, name), attribute) for class_id, name, attribute in wanted]
                values = []
                for frames in self.client.readList(pairs):
                    values += self.ask(frames).value
                return values
            case ["access", *wanted]:
                return self.access(wanted)
            case ["negotiated"]:
                return int(self.client.negotiatedConformance)
        return super().perform(task)

    def access(self, wanted):
        items = []
        for class_id, name, number in wanted:  # the library cannot build a SET or an ACTION: it raises
            items.append(GXDLMSAccessItem(AccessServiceCommandType.GET, self.item(class_id, name), number))
        reply = self.ask(self.client.accessRequest(None, items))
        self.client.parseAccessResponse(items, GXByteBuffer(reply.data))
        return [[int(item.error), item.value] for item in items]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meter", required=True)
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--services", required=True, help="names of conformance bits, with commas")
    parser.add_argument("--pdu-size", type=int, default=0xFFFF)
    parser.add_argument("--window", type=int, default=1)
    parser.add_argument("tasks", type=json.loads)
    arguments = parser.parse_args()
    host, port = arguments.meter.rsplit(":", 1)
    keys = tomllib.loads(arguments.keys.read_text(encoding="utf-8"))
    answers = []
    with contextlib.redirect_stdout(sys.stderr):
        counter = 0
        if arguments.client in ("management", "maintenance"):
            public = Reader((host, int(port)), "public", keys, 0, 0xFFFF)
            public.open()
            counter = public.read(1, COUNTERS[arguments.client], 2)[1] + 1
            public.close()
        reader = ServiceReader((host, int(port)), arguments.client, keys, counter, arguments.pdu_size)
        conformance = Conformance.NONE
        for name in arguments.services.split(","):
            conformance |= Conformance[name]
        reader.client.proposedConformance = conformance
        reader.client.settings.gbtWindowSize = arguments.window
        reader.open()
        for task in arguments.tasks:
            reader.blocks = 0
            answer = plain(reader.perform(task))
            answers.append({"value": answer, "blocks": reader.blocks})
        reader.close()
    sys.stdout.write(json.dumps({"answers": answers}) + "\n")


if __name__ == "__main__":
    main()
