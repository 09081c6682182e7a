"""The module and the firmware of a meter, as the panel shows them."""

from softmeter.apps.panel.contract import Breaker, Firmware, Mode, Modem
from softmeter.device.device import Device
from softmeter.device.radio import Technology, is_heard, technology
from softmeter.meter.identity import Identity

_TECHNOLOGIES = {
    Technology.GPRS: "GPRS",
    Technology.EDGE: "EDGE",
    Technology.LTE: "LTE",
    Technology.LTE_CAT_M: "LTE Cat-M1",
    Technology.NB_IOT: "NB-IoT",
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
            "technology": _TECHNOLOGIES[technology(around)],
            "rsrp_dbm": around.rsrp,
            "rsrq_db": around.rsrq,
            "sent": part.sent,
            "received": part.received,
            "pushes_waiting": len(device.behaviours.pushes.waiting_for),
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


def breaker(device: Device) -> Breaker | None:
    """How the breaker stands; None on a meter without one."""
    if not device.settings.has_breaker:
        return None
    return "closed" if device.behaviours.breaker.closed else "open"


def modes(device: Device) -> tuple[Mode, ...]:
    """What the meter is set to beside its service; nothing of it outlives a power failure."""
    display, outputs = device.behaviours.display, device.behaviours.outputs
    holding: dict[Mode, bool] = {
        "certification": display.certification,
        "programming": display.may_program(device.now),
        "measuring periods": outputs.gives_periods,
    }
    return tuple(mode for mode, holds in holding.items() if holds)
