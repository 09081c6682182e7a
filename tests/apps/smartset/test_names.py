import pytest

from softmeter.apps.smartset.names import NAMES, Target, name_of
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis


@pytest.mark.parametrize(
    ("written", "obis", "class_id", "part"),
    [
        ("1-0:1.8.0", "1-0:1.8.0", 3, ""),
        ("1-0:1.8.0:3", "1-0:1.8.0", 3, "3"),
        ("1-0:1.8.0.255:2", "1-0:1.8.0", 3, "2"),
        ("1.0.1.8.0.255", "1-0:1.8.0", 3, ""),
        ("1.0.1.8.0.255:3", "1-0:1.8.0", 3, "3"),
        ("1-0:1.8.0*255", "1-0:1.8.0", 3, ""),
        ("clock", "0-0:1.0.0", 8, ""),
        ("clock:time_zone", "0-0:1.0.0", 8, "time_zone"),
        ("0-0:1.0.0:time_zone", "0-0:1.0.0", 8, "time_zone"),
        ("Voltage", "1-0:32.7.0", 3, ""),
        ("active_import_t4", "1-0:1.8.4", 3, ""),
        ("load", "1-0:99.1.0", 7, ""),
        ("0-0:44.0.0:5", "0-0:44.0.0", None, "5"),
    ],
)
def test_a_target_is_a_name_or_a_code_with_or_without_a_part(
    written: str, obis: str, class_id: int | None, part: str
) -> None:
    assert Target.parse(written) == Target(Obis.parse(obis), class_id, part, written)


def test_a_class_that_is_told_beats_the_known_one() -> None:
    assert Target.parse("voltage", 5).class_id == 5


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("volage", "did you mean voltage"),
        ("active_imports", "did you mean active_import"),
        ("xyz", "write it like 1-0:1.8.0"),
        ("1-0:1.8", "write it like 1-0:1.8.0"),
        ("1-0:1.8.300", "no OBIS code"),
        ("", "write it like"),
    ],
)
def test_what_is_not_known_is_answered_with_what_is(written: str, hint: str) -> None:
    with pytest.raises(ConfigurationError, match=hint):
        Target.parse(written)


def test_every_name_leads_to_its_object_and_back() -> None:
    for name, (class_id, obis) in NAMES.items():
        assert name_of(obis) == name
        assert Target.parse(name) == Target(obis, class_id, "", name)
