"""How a file that cannot be used is refused: always by its name."""

from shared.kernel.errors import FieldError, Invalid


def unusable(file: str, code: str, zh: str, en: str) -> Invalid:
    """Return the refusal of the whole *file*; *zh* and *en* say what is wrong and how to mend it."""
    error = FieldError(field=file, code=code, zh=f"文件 {file}：{zh}", en=f"File {file}: {en}")
    return Invalid(code=code, zh=error.zh, en=error.en, errors=(error,))
