"""A page layout as plain as can be: lines of text as a PDF file (ISO 32000-1), A4, Helvetica, nothing else.

Characters outside Latin-1 become question marks: the fonts that every reader has know no others.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

WIDE, HIGH, MARGIN = 595, 842, 56
SIZE, LEADING = 10, 14
COLUMNS = 92
LINES = (HIGH - 2 * MARGIN) // LEADING


def pdf(lines: Iterable[str]) -> bytes:
    """The lines, wrapped and broken into pages, as a PDF file."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, COLUMNS, subsequent_indent="    ") or [""]]
    pages = [wrapped[start : start + LINES] for start in range(0, len(wrapped), LINES)] or [[]]
    return _file(list(_objects(pages)))


def _objects(pages: list[list[str]]) -> Iterator[bytes]:
    """Catalogue, tree of pages, font; then a page and its content for each."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()
    yield b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    for number, lines in enumerate(pages):
        box, content = f"[0 0 {WIDE} {HIGH}]", 5 + 2 * number
        fonts = "<< /Font << /F1 3 0 R >> >>"
        yield f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Resources {fonts} /Contents {content} 0 R >>".encode()
        stream = _content(lines)
        yield b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream)


def _content(lines: list[str]) -> bytes:
    start = f"BT /F1 {SIZE} Tf {LEADING} TL {MARGIN} {HIGH - MARGIN} Td".encode()
    return b"\n".join([start, *(b"(%b) Tj T*" % _escaped(line) for line in lines), b"ET"])


def _escaped(line: str) -> bytes:
    text = line.encode("latin-1", "replace")
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file(objects: list[bytes]) -> bytes:
    """The objects with the table of their places."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
