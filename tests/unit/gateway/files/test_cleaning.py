"""What an upload is by its content, and what is left of it."""

import io
import zlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from services.gateway.domain.kept_file import NotSupported
from services.gateway.files.cleaning import ContentCleaner
from services.gateway.files.images import MOST_PIXELS
from tests.unit.gateway.files.uploads import A_PDF, SECRET, a_picture, a_video, box

clean = ContentCleaner()


def cleaned(upload: bytes) -> tuple[str, bytes]:
    found = clean.cleaned(io.BytesIO(upload))
    found.content.seek(0)
    content = found.content.read()
    assert len(content) == found.size
    return found.media_type, content


def refusal_of(upload: bytes) -> str:
    with pytest.raises(NotSupported) as refused:
        cleaned(upload)
    assert refused.value.zh
    assert refused.value.en
    return refused.value.code


def drawn(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


class TestImages:
    @pytest.mark.parametrize(
        ("kind", "mode", "media_type"),
        [
            ("JPEG", "RGB", "image/jpeg"),
            ("JPEG", "L", "image/jpeg"),
            ("JPEG", "CMYK", "image/jpeg"),
            ("PNG", "RGB", "image/png"),
            ("PNG", "RGBA", "image/png"),
            ("PNG", "P", "image/png"),
            ("PNG", "1", "image/png"),
            ("PNG", "I;16", "image/png"),
            ("WEBP", "RGB", "image/webp"),
            ("WEBP", "RGBA", "image/webp"),
        ],
    )
    def test_lose_everything_but_the_picture(self, kind: str, mode: str, media_type: str) -> None:
        upload = a_picture(kind, mode=mode)
        assert SECRET in upload

        kept_as, content = cleaned(upload)

        assert kept_as == media_type
        assert SECRET not in content
        assert not drawn(content).getexif()
        assert drawn(content).size == (40, 20)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        ("orientation", "size", "red_corner"),
        [
            (1, (40, 20), (1, 1)),
            (2, (40, 20), (38, 1)),
            (3, (40, 20), (38, 18)),
            (6, (20, 40), (1, 1)),
            (8, (20, 40), (1, 38)),
        ],
    )
    def test_stand_upright_afterwards(
        self, kind: str, orientation: int, size: tuple[int, int], red_corner: tuple[int, int]
    ) -> None:
        _, content = cleaned(a_picture(kind, orientation=orientation))
        picture = drawn(content).convert("RGB")
        assert picture.size == size
        red, _, blue = picture.getpixel(red_corner)  # type: ignore[misc]
        assert red > 200
        assert blue < 60

    def test_of_a_jpeg_keep_the_compression_they_came_with(self) -> None:
        upload = a_picture()
        _, content = cleaned(upload)
        before, after = drawn(upload), drawn(content)
        assert after.quantization == before.quantization  # type: ignore[attr-defined]
        assert after.layer == before.layer  # type: ignore[attr-defined]

    def test_keep_their_colour_profile(self) -> None:
        profile = b"a colour profile"
        _, content = cleaned(a_picture(icc_profile=profile))
        assert drawn(content).info["icc_profile"] == profile

    def test_keep_a_palettes_transparency(self) -> None:
        upload = a_picture("PNG", mode="P", transparency=0)
        _, content = cleaned(upload)
        assert drawn(upload).info["transparency"] == 0
        assert drawn(content).info["transparency"] == 0

    def test_of_several_frames_keep_the_first(self) -> None:
        kept = io.BytesIO()
        frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
        frames[0].save(kept, "MPO", save_all=True, append_images=frames[1:])
        media_type, content = cleaned(kept.getvalue())
        assert media_type == "image/jpeg"
        assert drawn(content).format == "JPEG"
        assert len(content) < len(kept.getvalue())

    def test_lose_what_is_hidden_behind_them(self) -> None:
        _, content = cleaned(a_picture("PNG") + b"PK\x03\x04" + SECRET)
        assert b"PK\x03\x04" not in content

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
    def test_with_damaged_exif_are_kept(self) -> None:
        kept = io.BytesIO()
        Image.new("RGB", (8, 8)).save(kept, "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
        assert cleaned(kept.getvalue())[0] == "image/jpeg"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
    def test_that_are_cut_short_are_refused(self, kind: str, part: float) -> None:
        noise = Image.effect_noise((64, 64), 80).convert("RGB")
        kept = io.BytesIO()
        noise.save(kept, kind)
        upload = kept.getvalue()
        assert refusal_of(upload[: int(len(upload) * part)]) == "file_broken"

    @pytest.mark.parametrize("side", [7_100, 9_600, 14_000, 60_000])
    def test_that_would_fill_the_memory_are_refused_before_they_are_drawn(self, side: int) -> None:
        assert side * side > MOST_PIXELS
        header = side.to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
        assert refusal_of(a_png_of(header)) == "image_too_large"


def a_png_of(header: bytes) -> bytes:
    """Return a PNG that claims a size and has next to nothing inside."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(bytes(1000))),
            chunk(b"IEND", b""),
        ]
    )


class TestVideos:
    def test_lose_what_does_not_serve_to_play_them(self) -> None:
        upload = a_video()
        assert Counter(upload.split(SECRET)).total() == 8

        media_type, content = cleaned(upload)

        assert media_type == "video/mp4"
        assert SECRET not in content
        assert b"\xa9xyz" not in content

    def test_keep_every_offset(self) -> None:
        upload = a_video()
        _, content = cleaned(upload)
        assert len(content) == len(upload)
        for kept in (b"the pictures themselves", b"offsets!", b"mvhd", b"tkhd", b"stco"):
            assert content.index(kept) == upload.index(kept)

    @pytest.mark.parametrize("brand", [b"isom", b"mp42", b"iso5", b"avc1", b"xxxx"])
    def test_of_any_brand_of_mp4_are_kept(self, brand: bytes) -> None:
        assert cleaned(a_video(brand=brand))[0] == "video/mp4"

    @pytest.mark.parametrize("brand", [b"qt  ", b"heic", b"avif", b"M4A "])
    def test_of_other_brands_are_refused(self, brand: bytes) -> None:
        assert refusal_of(a_video(brand=brand)) == "file_kind"

    @pytest.mark.parametrize(
        "tail",
        [
            b"\x00\x00\x00\x04mdat",
            b"\x00\x00\xff\xffmdat",
            b"\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x00\x00",
            b"\x00\x00\x00\x09moov\x01",
        ],
    )
    def test_whose_boxes_do_not_add_up_are_refused(self, tail: bytes) -> None:
        assert refusal_of(a_video(extra=tail)) == "file_broken"

    def test_without_a_film_are_refused(self) -> None:
        assert refusal_of(box(b"ftyp", b"isom", bytes(4), b"mp42")) == "file_broken"

    def test_may_end_in_a_box_without_length(self) -> None:
        assert cleaned(a_video(extra=bytes(4) + b"mdat" + b"to the end"))[0] == "video/mp4"

    @pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9, 0.99])
    def test_that_are_cut_short_are_refused(self, part: float) -> None:
        upload = a_video()

        assert refusal_of(upload[: int(len(upload) * part)]) in {"file_broken", "file_kind"}


class TestFilesThatAreTwoThingsAtOnce:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        "second", [b"PK\x03\x04" + bytes(30), A_PDF, b"<script>alert(1)</script>", b"\x7fELF"]
    )
    def test_keep_only_the_picture(self, kind: str, second: bytes) -> None:
        _, kept = cleaned(a_picture(kind) + second)

        assert second[:8] not in kept

    def test_with_text_that_would_unpack_without_end_are_refused(self) -> None:
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", "x" * 30_000_000, zip=True)
        kept = io.BytesIO()
        Image.new("RGB", (4, 4)).save(kept, "PNG", pnginfo=told)

        assert refusal_of(kept.getvalue()) == "file_broken"


class TestDocuments:
    def test_are_kept_as_they_come(self) -> None:
        assert cleaned(A_PDF) == ("application/pdf", A_PDF)

    def test_cut_short_are_refused(self) -> None:
        assert refusal_of(A_PDF[:-8]) == "file_broken"


class TestAnythingElse:
    @pytest.mark.parametrize(
        "upload",
        [
            b"",
            b"\x00",
            b"<html><script>alert(1)</script>",
            b"GIF89a" + bytes(20),
            b"PK\x03\x04" + bytes(40),
            b"MZ" + bytes(100),
            b"RIFF\x00\x00\x00\x00WAVE",
            b"  %PDF-1.7\n%%EOF",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        ],
    )
    def test_is_refused(self, upload: bytes) -> None:
        assert refusal_of(upload) == "file_kind"

    @given(
        st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-", b"RIFF0000WEBP"])
        | st.just(box(b"ftyp", b"isom", bytes(4))),
        st.binary(max_size=400),
    )
    def test_however_it_begins_is_kept_whole_or_refused(self, head: bytes, rest: bytes) -> None:
        try:
            media_type, _ = cleaned(head + rest)
        except NotSupported:
            return
        assert media_type in {
            "application/pdf",
            "video/mp4",
            "image/jpeg",
            "image/png",
            "image/webp",
        }

    @given(st.data())
    def test_damaged_anywhere_is_kept_whole_or_refused(self, data: st.DataObject) -> None:
        upload = bytearray(data.draw(st.sampled_from(GOOD)))
        for _ in range(data.draw(st.integers(1, 8))):
            upload[data.draw(st.integers(0, len(upload) - 1))] = data.draw(st.integers(0, 255))
        try:
            cleaned(bytes(upload))
        except NotSupported:
            return


GOOD = [a_picture("JPEG"), a_picture("PNG"), a_picture("WEBP"), a_video(), A_PDF]
