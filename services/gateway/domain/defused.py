"""Text for a cell of a table that a spreadsheet opens: whatever was written, it is text there."""

# What Excel, LibreOffice and WPS take for the beginning of a formula, or skip before one; on Chinese
# systems the wide signs too (OWASP, "CSV Injection").
_BEGINNINGS = tuple("=+-@\t\r\n＝＋－＠")


def defused(text: str) -> str:
    """Return *text* with an apostrophe before it where it would be read as a formula (OWASP, "CSV Injection").

    Spaces before such a sign do not count: some programs pass over them.
    """
    return f"'{text}" if text.lstrip(" \u3000\u00a0\ufeff").startswith(_BEGINNINGS) else text
