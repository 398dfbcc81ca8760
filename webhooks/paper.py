"""Headings with lines below them, as a file to read: plain text, and a document for apps that show no text. Pure.

The document is the least that word processors and phones open (ECMA-376, Office Open XML). Fonts and the shaping of
scripts are theirs: that is why it is no PDF, which would have to bring fonts for every language along.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

Parts = Mapping[str, Sequence[str]]
NOTHING = "–"
MARK = "\ufeff"
"""What tells a viewer that a text is UTF-8: a phone's guesses otherwise, and wrongly where letters are not Latin."""
MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BEGIN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
OFFICE = "http://schemas.openxmlformats.org"
FILES = {
    "[Content_Types].xml": (
        f'{BEGIN}<Types xmlns="{OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.wordprocessingml.document.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{BEGIN}<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
}
BOLD = "<w:rPr><w:b/><w:bCs/></w:rPr>"


def plain(parts: Parts) -> bytes:
    """As a text in UTF-8."""
    blocks = ("\n".join([title, *(lines or [NOTHING])]) for title, lines in parts.items())
    return (MARK + "\n\n".join(blocks) + "\n").encode("utf-8", "replace")


def word(parts: Parts) -> bytes:
    """As a document of word processors (.docx), headings in bold."""
    paragraphs = "".join(_paragraphs(parts))
    body = f'<w:document xmlns:w="{OFFICE}/wordprocessingml/2006/main"><w:body>{paragraphs}</w:body></w:document>'
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as packed:
        for name, text in {**FILES, "word/document.xml": BEGIN + body}.items():
            packed.writestr(name, text)
    return made.getvalue()


def _paragraphs(parts: Parts) -> Iterator[str]:
    for title, lines in parts.items():
        yield _paragraph(title, BOLD)
        yield from (_paragraph(line) for line in lines or [NOTHING])
        yield "<w:p/>"


def _paragraph(text: str, look: str = "") -> str:
    said = NOT_IN_XML.sub("", text).splitlines() or [""]
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{line.translate(MARKUP)}</w:t>' for line in said)
    return f"<w:p><w:r>{look}{lines}</w:r></w:p>"
