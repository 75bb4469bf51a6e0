"""XML bodies -> params. Namespaces are ignored (clients send S3's, none, or a wrong one), document types refused."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from emulator.aws import model
from emulator.aws.parse import text
from emulator.errors import ServiceError


def malformed() -> ServiceError:
    """S3's 400 for a body that is no XML or not the expected one."""
    return ServiceError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )


def document(shape: model.Shape, data: bytes) -> Any:
    """The value of a shape in an XML document, whatever its root is called. Raises ``MalformedXML``."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise malformed()
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise malformed() from error
    return read(shape, root)


def read(shape: model.Shape, element: ElementTree.Element) -> Any:
    """The value of a shape in an element."""
    if shape.type_name == "structure":
        return _structure(shape, element)
    if shape.type_name == "list":
        wanted = shape.member.serialization.get("name", "member")
        return [read(shape.member, child) for child in element if local(child.tag) == wanted]
    if shape.type_name == "map":
        return _entries(shape, [child for child in element if local(child.tag) == "entry"])
    try:
        return text.convert(shape, element.text or "")
    except (ValueError, OverflowError) as error:
        raise malformed() from error


def local(tag: str) -> str:
    """A tag or attribute name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def _structure(shape: model.Shape, element: ElementTree.Element) -> dict[str, Any]:
    children: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        children.setdefault(local(child.tag), []).append(child)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        where = member.serialization
        if "location" in where:
            continue
        wire = where.get("name", name)
        if where.get("xmlAttribute"):
            value = _attribute(element, wire.rsplit(":", 1)[-1])
            if value is not None:
                found[name] = value
        elif wire in children:
            found[name] = _member(member, children[wire])
    return found


def _member(shape: model.Shape, elements: list[ElementTree.Element]) -> Any:
    if not shape.serialization.get("flattened"):
        return read(shape, elements[0])
    if shape.type_name == "list":
        return [read(shape.member, element) for element in elements]
    return _entries(shape, elements)


def _entries(shape: model.Shape, elements: list[ElementTree.Element]) -> dict[str, Any]:
    key = shape.key.serialization.get("name", "key")
    value = shape.value.serialization.get("name", "value")
    found = {}
    for element in elements:
        parts = {local(child.tag): child for child in element}
        if key in parts and value in parts:
            found[read(shape.key, parts[key])] = read(shape.value, parts[value])
    return found


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    return next((value for key, value in element.attrib.items() if local(key) == name), None)
