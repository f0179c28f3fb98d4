"""A PDF is kept when it only shows something, and refused when it would do something."""

import io
import zlib

import pytest

from services.gateway.domain.kept_file import NotSupported
from services.gateway.files.cleaning import ContentCleaner
from services.gateway.files.pdf import checked_pdf
from tests.unit.gateway.files.uploads import A_PDF

HEAD, END = b"%PDF-1.7\n", b"\nstartxref\n0\n%%EOF\n"
CATALOG = b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n"
SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"


def a_pdf(*parts: bytes, catalog: bytes = b"") -> bytes:
    return HEAD + CATALOG % catalog + b"".join(parts) + END


def an_object(content: bytes, number: int = 7) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, content)


def a_stream(content: bytes, dictionary: bytes = b"/Type /ObjStm /N 1 /First 4") -> bytes:
    packed = zlib.compress(content)
    return an_object(
        b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (dictionary, len(packed), packed)
    )


def refusal_of(upload: bytes) -> str:
    with pytest.raises(NotSupported) as refused:
        ContentCleaner().cleaned(io.BytesIO(upload))
    return refused.value.code


class TestDocument:
    @pytest.mark.parametrize(
        "upload",
        [
            A_PDF,
            a_pdf(catalog=b"/OpenAction [3 0 R /Fit]"),
            a_pdf(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
            a_pdf(an_object(b"<< /S /URI /URI (https://example.gov.cn) >>")),
            a_pdf(a_stream(b"BT (see /JavaScripts) Tj ET", b"")),
            a_pdf(a_stream(bytes(5_000_000), b"/Subtype /Image /Width 10")),
            a_pdf() + b"\r\n\x00\x1a",
            a_pdf(an_object(b"<< /EncryptMetadata true >>")),
            # By chance in a photograph.
            a_pdf(b"9 0 obj\n<< >>\nstream\n\x81/XFA(\x00/JS \x9f\nendstream\nendobj\n"),
        ],
    )
    def test_that_only_shows_something_is_kept_as_it_came(self, upload: bytes) -> None:
        assert checked_pdf(io.BytesIO(upload)).read() == b""
        assert ContentCleaner().cleaned(io.BytesIO(upload)).size == len(upload)

    @pytest.mark.parametrize(
        "upload",
        [
            a_pdf(catalog=b"/OpenAction " + SCRIPT),
            a_pdf(an_object(SCRIPT)),
            a_pdf(an_object(b"<</S/JavaScript/JS(x)>>")),
            a_pdf(an_object(b"<< /S /Java#53cript >>")),
            a_pdf(an_object(b"<< /S /#4a#61#76#61#53#63#72#69#70#74 >>")),
            a_pdf(catalog=b"/AA << /WC " + SCRIPT + b" >>"),
            a_pdf(an_object(b"<< /S /Launch /F (cmd.exe) >>")),
            a_pdf(an_object(b"<< /S /SubmitForm /F (http://evil.example) >>")),
            a_pdf(catalog=b"/Names << /EmbeddedFiles 5 0 R >>"),
            a_pdf(an_object(b"<< /Type /EmbeddedFile /Length 0 >>")),
            a_pdf(catalog=b"/AcroForm << /XFA 5 0 R >>"),
            a_pdf(an_object(b"<< /Subtype /RichMedia >>")),
        ],
    )
    def test_that_does_something_is_refused(self, upload: bytes) -> None:
        assert refusal_of(upload) == "file_active"

    @pytest.mark.parametrize(
        "upload",
        [
            a_pdf(a_stream(b"7 0 " + SCRIPT)),
            a_pdf(a_stream(b"7 0 " + SCRIPT, b"/Type /Obj#53tm")),
            a_pdf(a_stream(b"7 0 " + SCRIPT, b"")),
            # More than one piece, the name lying across the two.
            a_pdf(a_stream(b" " * ((1 << 20) - 6) + SCRIPT)),
            # A reader that goes by the length passes over an end that is none.
            a_pdf(a_stream(b"endstream " * 3 + SCRIPT)),
            a_pdf(a_stream(b"first", b""), a_stream(b"7 0 " + SCRIPT)),
            a_pdf(a_stream(b"7 0 " + SCRIPT).replace(b">>\nstream\n", b">>\nstream\r")),
            a_pdf(b"9 0 obj\n<< /Length 99 >>\nstream\n" + SCRIPT + b"\nendstream\nendobj\n"),
        ],
    )
    def test_that_hides_what_it_does_is_refused(self, upload: bytes) -> None:
        assert refusal_of(upload) == "file_active"

    def test_that_hides_it_in_another_packing_is_refused(self) -> None:
        stream = b"<< /Type /ObjStm /Filter /LZWDecode >>\nstream\n\x80\x0b\x60\nendstream"

        assert refusal_of(a_pdf(an_object(stream))) == "file_broken"

    def test_that_is_encrypted_is_refused(self) -> None:
        assert refusal_of(a_pdf(b"trailer\n<< /Encrypt 9 0 R >>\n")) == "file_encrypted"

    def test_that_unpacks_without_end_is_refused(self) -> None:
        bomb = zlib.compress(bytes(300 << 20), 1)
        upload = a_pdf(b"9 0 obj\n<< >>\nstream\n" + bomb + b"\nendstream\nendobj\n")

        assert refusal_of(upload) == "file_broken"

    @pytest.mark.parametrize("behind", [b"PK\x03\x04", b"<script>alert(1)</script>", b"\x7fELF"])
    def test_that_is_something_else_besides_is_refused(self, behind: bytes) -> None:
        assert refusal_of(a_pdf() + behind) == "file_broken"
