"""Names that follow from the plate."""

import pytest

from softmeter.errors import ConfigurationError
from softmeter.meter.identity import Identity


@pytest.mark.parametrize(
    ("identity", "name", "title"),
    [
        (Identity(serial="12345678"), "KWQ1010412345678", "4B57516540BC614E"),
        (Identity(type="IQ0102065BNEM02+D", serial="12345678"), "KWQ1010512345678", "4B57516550BC614E"),
        # The device of a captured name and title: function type 07 and serial 71045183 give 743C103F.
        (Identity(serial="71045183", manufacturer="ISK"), "ISK1010471045183", "49534B65443C103F"),
    ],
)
@pytest.mark.manual("3.2.serial")
def test_names_and_titles_carry_type_and_serial(identity: Identity, name: str, title: str) -> None:
    assert identity.logical_device_name == name
    assert identity.system_title.hex().upper() == title


def test_the_equipment_identifier_has_seventeen_characters() -> None:
    assert Identity(serial="12345678", year=2021).meter_identifier == "E0099001234567821"
    assert Identity(equipment_identifier="E0012345678901223").meter_identifier == "E0012345678901223"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"type": "IQ0102065BNEM01"}, "identity.type"),
        ({"serial": "123456789"}, "identity.serial"),
        ({"serial": ""}, "identity.serial"),
        ({"manufacturer": "kwq"}, "identity.manufacturer"),
        ({"equipment_identifier": "short"}, "identity.equipment_identifier"),
        ({"equipment_identifier": "E00990012345678\r\n"}, "identity.equipment_identifier"),
    ],
)
@pytest.mark.manual("3.2.type")
def test_what_cannot_be_on_a_plate_is_refused(changes: dict[str, str], where: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Identity(**changes)  # type: ignore[arg-type]
    assert refused.value.where == where
