"""A certificate authority of one's own, and certificates for the servers of one machine.

For a district that has none: whoever trusts `ca.pem` can check that he speaks with this platform's edge,
broker and database. The authority's key is needed only to make further certificates; take it away.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, AUTHORITY_KEY = "ca.pem", "ca.key"
AUTHORITY_FOR = timedelta(days=3650)
# The longest that browsers take (CA/Browser Forum Baseline Requirements, 6.3.2, until 2026).
SERVER_FOR = timedelta(days=397)
# A clock that is a little behind shall not find it not valid yet.
_BACKDATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The files a server speaks TLS with, and that of the authority that signed its certificate."""

    authority: Path
    certificate: Path
    key: Path


def make_authority(folder: Path) -> Path:
    """Make an authority in *folder*; return its certificate.

    Raises:
        FileExistsError: there is one already; those who trust it would trust no new one.
    """
    if (folder / AUTHORITY).exists():
        raise FileExistsError(folder / AUTHORITY)
    folder.mkdir(parents=True, exist_ok=True)
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("Wangge CA")
    certificate = (
        _begun(name, name, key.public_key(), AUTHORITY_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / AUTHORITY_KEY, key)
    _write_certificate(folder / AUTHORITY, certificate)
    return folder / AUTHORITY


def make_certificate(folder: Path, name: str, hosts: Sequence[str]) -> Tls:
    """Make the certificate of a server that is reached as *hosts*, names or addresses; again is anew.

    Raises:
        FileNotFoundError: there is no authority in *folder*.
    """
    signer = serialization.load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)  # noqa: S101 – as it was made above
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun(_name(name), authority.subject, key.public_key(), SERVER_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    made = Tls(
        authority=folder / AUTHORITY, certificate=folder / f"{name}.pem", key=folder / f"{name}.key"
    )
    _write_key(made.key, key)
    _write_certificate(made.certificate, certificate)
    return made


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid_for: timedelta
) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - _BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + valid_for)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_certificate(file: Path, certificate: x509.Certificate) -> None:
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    file.chmod(0o644)


def _write_key(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
