"""A backup of a meter: its attributes with their types and this client's rights, as XML."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser, indent, tostring

from softmeter import __version__
from softmeter.apps.smartset.classes import attribute_name
from softmeter.apps.smartset.xml_values import read, written
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.runtime.whole_file import write_whole
from softmeter.wire.types import Data

ROOT, FORM = "meter-backup", "1"
BEGINNINGS = (b"<?xml", b"<" + ROOT.encode())
"""How a backup begins, as far as can be told without reading it."""
_LONGEST = 64 << 20
_DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


class Place(NamedTuple):
    """One attribute of one object."""

    class_id: int
    obis: Obis
    attribute: int

    def __str__(self) -> str:
        name = attribute_name(self.class_id, self.attribute)
        return f"{self.obis.short}:{self.attribute}{f' ({name})' if name else ''}"


class Saved(NamedTuple):
    """The value of an attribute, and whether the client that saved it may set it."""

    data: Data
    settable: bool


@dataclass(frozen=True, slots=True)
class Backup:
    """What was read of a meter; `about` is who it was and when."""

    about: dict[str, str]
    attributes: dict[Place, Saved]
    titles: dict[Obis, str] = field(default_factory=dict)
    versions: dict[Obis, int] = field(default_factory=dict)


def write_backup(path: Path, backup: Backup) -> None:
    """Write a backup, whole or not at all.

    Raises:
        ConfigurationError: it cannot be written.
    """
    root = Element(ROOT, {"form": FORM, "program": f"softmeter {__version__}", **backup.about})
    objects: dict[tuple[int, Obis], Element] = {}
    for place, saved in backup.attributes.items():
        key = place.class_id, place.obis
        if key not in objects:
            named = {"class": str(place.class_id), "name": str(place.obis)}
            if place.obis in backup.versions:
                named["version"] = str(backup.versions[place.obis])
            objects[key] = SubElement(root, "object", named | {"title": backup.titles.get(place.obis, "")})
        name = attribute_name(place.class_id, place.attribute)
        about = {"number": str(place.attribute), "name": name, "settable": str(saved.settable).lower()}
        written(saved.data, SubElement(objects[key], "attribute", about))
    indent(root)
    try:
        write_whole(path, tostring(root, "utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None


def read_backup(path: Path) -> Backup:
    """Read a backup.

    Raises:
        ConfigurationError: it cannot be read, or is none; names what is wrong in it.
    """
    root = _parsed(path)
    if root.tag != ROOT or root.get("form") != FORM:
        raise ConfigurationError(f"is no <{ROOT}> of form {FORM}; smartset … backup writes one", str(path))
    attributes: dict[Place, Saved] = {}
    about = {name: value for name, value in root.items() if name not in {"form", "program"}}
    for number, one in enumerate(root, 1):
        where = f"object {number} ({one.get('name', 'without a name')})"
        try:
            attributes |= _attributes(one)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}", str(path)) from None
    return Backup(about, attributes)


def _parsed(path: Path) -> Element:
    try:
        if path.stat().st_size > _LONGEST:
            raise ConfigurationError(f"is longer than {_LONGEST >> 20} MiB", str(path))
        octets = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror}); is it the right path?", str(path)) from None
    if _DECLARED.search(octets):
        raise ConfigurationError("declares a document type; a backup has none", str(path))
    parser = XMLParser(target=TreeBuilder())  # noqa: S314 - what could expand is refused above
    try:
        parser.feed(octets)
        root: Element = parser.close()
    except ParseError as error:
        raise ConfigurationError(f"is no XML: {error}", str(path)) from None
    return root


def _attributes(one: Element) -> dict[Place, Saved]:
    """The attributes of one object."""
    if one.tag != "object":
        raise ConfigurationError(f"<{one.tag}> is no object")
    class_id, obis = _number(one, "class", 65_535), Obis.parse(one.get("name", ""))
    found: dict[Place, Saved] = {}
    for attribute in one:
        if attribute.tag != "attribute" or len(attribute) != 1:
            raise ConfigurationError(f"<{attribute.tag}> is no attribute with one value")
        place = Place(class_id, obis, _number(attribute, "number", 127))
        if place in found:
            raise ConfigurationError(f"{place} stands twice")
        try:
            found[place] = Saved(read(attribute[0]), attribute.get("settable") == "true")
        except ConfigurationError as error:
            raise ConfigurationError(f"attribute {place.attribute}: {error}") from None
    return found


def _number(element: Element, name: str, most: int) -> int:
    text = element.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) <= most):
        raise ConfigurationError(f"{name} {text!r} of <{element.tag}> is no number from 1 to {most}")
    return int(text)


def ordered(places: Iterable[Place], first: Sequence[int]) -> list[Place]:
    """Sorted by class in the order of `first`, then as they stand."""
    ranks = {class_id: rank for rank, class_id in enumerate(first)}
    return sorted(places, key=lambda place: ranks.get(place.class_id, len(ranks)))
