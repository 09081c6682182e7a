"""The module and the firmware of a meter, as the panel shows them."""

from softmeter.apps.panel.contract import Firmware, Modem
from softmeter.cosem.classes.gsm_diagnostic import PacketSwitched
from softmeter.device.device import Device
from softmeter.device.radio import is_heard
from softmeter.meter.identity import Identity

_TECHNOLOGIES = {
    PacketSwitched.GPRS: "GPRS",
    PacketSwitched.EDGE: "EDGE",
    PacketSwitched.UMTS: "UMTS",
    PacketSwitched.HSDPA: "HSDPA",
    PacketSwitched.LTE: "LTE",
    PacketSwitched.CDMA: "CDMA",
    PacketSwitched.LTE_CAT_M1: "LTE Cat-M1",
    PacketSwitched.NB_IOT: "NB-IoT",
}


def modem(device: Device) -> Modem:
    """The module and what it hears."""
    part, around = device.behaviours.modem, device.feeling.state
    registration = part.registration(device).name.lower().replace("_", " ")
    return Modem.model_validate(
        {
            "registration": registration,
            "online": device.powered and part.online,
            "operator": device.settings.network.operator if is_heard(around) else "",
            "technology": _TECHNOLOGIES.get(PacketSwitched(around.technology), ""),
            "rsrp_dbm": around.rsrp,
            "rsrq_db": around.rsrq,
            "sent": part.sent,
            "received": part.received,
        }
    )


def firmware(device: Device, identity: Identity) -> Firmware:
    """What runs, and the image that is on its way."""
    images = device.behaviours.firmware
    announced = images.announced
    return Firmware(
        legal=identity.legal_firmware,
        application=identity.application_firmware,
        phase=images.phase.name.lower().replace("_", " "),
        image="" if announced is None else announced.identifier.decode("ascii", "replace"),
        received=images.held.bit_count(),
        blocks=images.count,
    )
