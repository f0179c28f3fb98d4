"""What is a secret is found wherever it stands, and what is made up on purpose is not."""

import pytest

from deploy.scans.secrets import secrets_in

# Put together here, or this file would be found.
RANDOM = "".join(["9f2c41", "d07be8", "aa31c5"])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "a private key"),
        ("-----BEGIN " + "PRIVATE KEY-----", "a private key"),
        (f"amqp://patrol:{RANDOM}@broker:5672/", "a password in an address"),
        (f"url = 'postgresql://postgres:{RANDOM}@database'", "a password in an address"),
        ("Bearer eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiJhIjoxfQ." + RANDOM * 2, "a token"),
        (f"DEMO_PASSWORD = '{RANDOM}'", "a value that is called a secret"),
        (f'"client_secret": "{RANDOM}"', "a value that is called a secret"),
        ("AKIA" + "IOSFODNN7ABCDEFG", "a key of a cloud"),
    ],
)
def test_a_secret_is_found_and_not_quoted(line: str, kind: str) -> None:
    assert list(secrets_in(f"first line\n{line}")) == [(2, kind)]


@pytest.mark.parametrize(
    "line",
    [
        "amqp://patrol:{password}@broker",
        "postgresql://postgres:…@database/postgres",
        'PASSWORD = "just-for-the-tests"',
        "password: str = Field(min_length=8)",
        'password = os.environ["WANGGE_DEMO_PASSWORD"]',
        "https://example.gov.cn/a:b@c",
        "a mail to zhang@example.gov.cn",
    ],
)
def test_what_is_none_is_not_found(line: str) -> None:
    assert list(secrets_in(line)) == []
