"""Settings from the environment, validated once at start."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.kernel.deadlines.rule_rows import RowsWrong
from shared.kernel.deadlines.rule_table import district_tables
from shared.runtime.credentials import Credentials, read_credentials

PREFIX = "WANGGE_"
CipherName = Literal["aes256", "sm4"]
IndexDigest = Literal["sha256", "sm3"]


class SettingsInvalid(Exception):
    """A setting is wrong; the text has a line for each, naming the variable."""


def _listed(given: object) -> object:
    """Return the list that a variable holds as JSON."""
    if not isinstance(given, str):
        return given
    try:
        return orjson.loads(given)
    except ValueError:
        raise ValueError("write a list of seconds, such as [0.2, 1, 5]") from None


def _parts(given: object) -> list[str]:
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    return list(given) if isinstance(given, list | tuple) else [str(given)]


def _networks(given: object) -> tuple[str, ...]:
    """Return the addresses and networks that a variable lists."""
    parts = _parts(given)
    for part in parts:
        try:
            ipaddress.ip_network(part)
        except ValueError:
            raise ValueError("list addresses or networks, such as 10.0.0.5,192.0.2.0/24") from None
    return tuple(parts)


def _origins(given: object) -> tuple[str, ...]:
    """Return the origins that a variable lists; a star would let in everybody's page."""
    parts = _parts(given)
    if not all(_ORIGIN.fullmatch(part) for part in parts):
        raise ValueError(
            "list origins, such as https://console.example.gov.cn,http://127.0.0.1:5173"
        )
    return tuple(parts)


def _never_or_after_answers(days: int) -> int:
    if 0 < days <= 30:
        raise ValueError("give 0 (never) or more than 30 days")
    return days


def _clock_rules(file: Path | None) -> Path | None:
    """Return the file, once its rules have been read."""
    if file is None:
        return None
    try:
        district_tables(file.read_text("utf-8"), name=file.name)
    except (OSError, UnicodeDecodeError, RowsWrong) as error:
        raise ValueError(str(error)) from None
    return file


_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
Delay = Annotated[float, Field(gt=0, le=24 * 3600)]


class Settings(BaseSettings):
    """Every setting of the platform. `PORT` has no prefix, as process managers expect."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    data: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=1, le=65535, validation_alias="PORT")
    amqp_url: str | None = Field(default=None, pattern=r"^amqps?://")
    database_url: str | None = Field(default=None, pattern=r"^postgresql(\+psycopg2)?://")
    # What this process signs as, and whom it believes (`identity_keys`); without, files under `data`.
    identity_key: SecretStr | None = None
    identity_keys: str | None = None
    # For a process that speaks for several services: a JSON file with the URLs of each.
    credentials: Path | None = None
    statement_timeout_s: float = Field(default=30, gt=0, le=3600)
    lock_timeout_s: float = Field(default=5, gt=0, le=600)
    idle_in_transaction_timeout_s: float = Field(default=60, gt=0, le=3600)
    demo_password: SecretStr | None = Field(default=None, min_length=8)
    token_minutes: int = Field(default=30, ge=1, le=24 * 60)
    # A sign-in ends when it is not renewed for so long, and altogether after so many days.
    refresh_hours: int = Field(default=12, ge=1, le=24 * 30)
    sign_in_days: int = Field(default=30, ge=1, le=366)
    # The same for administrators.
    idle_minutes: int = Field(default=30, ge=3, le=24 * 60)
    administrator_hours: int = Field(default=12, ge=1, le=24 * 30)
    password_length: int = Field(default=10, ge=8, le=64)
    # After so many days a password has to be changed; 0: never.
    password_days: int = Field(default=0, ge=0, le=3660)
    administrator_password_days: int = Field(default=90, ge=0, le=3660)
    # Of the three administrators; unset: required in production, optional in one process.
    second_factor: Literal["required", "optional"] | None = None
    # How clients reach the edge, where it is not what their requests say: behind a proxy.
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#]+$")
    # An OpenID Connect provider by which people may enter; without TLS only on this machine.
    oidc_issuer: str | None = Field(
        default=None, pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])"
    )
    oidc_client_id: str | None = None
    oidc_client_secret_file: Path | None = None
    oidc_account_claim: str = "preferred_username"
    rpc_timeout_s: float = Field(default=10, gt=0, le=300)
    # What a service's process serves at once; the broker hands it as many calls.
    workers: int = Field(default=40, ge=1, le=200)
    retry_delays_s: Annotated[tuple[Delay, ...], NoDecode, BeforeValidator(_listed)] = (
        0.2,
        1,
        5,
        30,
        120,
    )
    # What chains the audit trail: SHA-256, or SM3 (GB/T 32905-2016) where commercial cryptography is asked for.
    audit_digest: Literal["sha256", "sm3"] = "sha256"
    # Where the keys of personal data come from (`shared.runtime.keyring`): a file, or what a command prints.
    keyring: Path | None = None
    keyring_command: str | None = Field(default=None, min_length=1)
    # What personal data is sealed with: AES-256, or SM4 (GB/T 32907-2016); and blinded with, to be found.
    cipher: CipherName = "aes256"
    index_digest: IndexDigest = "sha256"
    # How long after the end of an incident it is kept whom to ask about it (PIPL, article 19).
    contact_kept_days: int = Field(default=180, ge=1, le=3650)
    # And what people wrote about it and who they were; three years, as reports of impact assessments are kept
    # (PIPL, article 56; none says it of incidents). 0: for ever. Answers to repeated commands live a month.
    incident_text_kept_days: Annotated[int, AfterValidator(_never_or_after_answers)] = Field(
        default=1095, ge=0, le=36500
    )
    # How long it is kept of whom a record of the register is that has ended (PIPL, article 19; a proposal).
    register_kept_days: Annotated[int, AfterValidator(_never_or_after_answers)] = Field(
        default=1095, ge=0, le=36500
    )
    # How long after its upload a file is kept that nothing names, or no longer; 0: for ever.
    unnamed_file_kept_days: int = Field(default=30, ge=0, le=36500)
    # A district's own time limits and office hours, as TOML (`shared/kernel/deadlines/rule_rows.py`).
    clock_rules: Annotated[Path | None, AfterValidator(_clock_rules)] = None
    # Whether the platform urges by itself where little is left of a limit, and hands what ran out to the next level.
    urge_near_due: bool = False
    escalate_overdue: bool = False
    # How often each trail's end is told and kept elsewhere, and a command that gets it as a line of JSON.
    audit_anchor_minutes: float = Field(default=60, gt=0, le=24 * 60)
    anchor_command: str | None = Field(default=None, min_length=1)
    # Requests a minute, counted by each copy of the edge; 0 is no limit. A whole office may share an address.
    rate_address_per_minute: int = Field(default=120_000, ge=0)
    rate_account_per_minute: int = Field(default=60_000, ge=0)
    rate_sign_in_per_minute: int = Field(default=300, ge=0)
    rate_upload_per_minute: int = Field(default=300, ge=0)
    # Reports by Open311, for a key and for an address; another platform sends all of its own from one.
    open311_per_minute: int = Field(default=60, ge=0)
    open311_per_day: int = Field(default=5_000, ge=0)
    connections_per_address: int = Field(default=512, ge=0)
    # The edge speaks TLS when it has both: PEM files, the certificate with what it is signed by.
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    # Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and networks, by commas.
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_networks)] = ()
    # Pages of these origins may call the interface from a browser; none may by default.
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = ()
    snap_tolerance_m: float = Field(default=50, ge=0, le=1000)
    # Rounds of patrol (rules GRID-07, proposals): metres within which a required point is reached, in town and
    # in the country; metres of accuracy beyond which a position shows nothing; share of required points; minutes.
    patrol_radius_urban_m: float = Field(default=50, ge=5, le=1000)
    patrol_radius_rural_m: float = Field(default=100, ge=5, le=1000)
    patrol_accuracy_m: float = Field(default=100, ge=5, le=2000)
    patrol_points_share: float = Field(default=0.8, ge=0, le=1)
    patrol_least_minutes: int = Field(default=10, ge=0, le=24 * 60)
    patrol_early_minutes: int = Field(default=60, ge=0, le=24 * 60)
    # Faster than this nobody patrols: such a step of a track is marked.
    patrol_most_speed_mps: float = Field(default=50, gt=0, le=400)
    # So long after its planned end a round that nobody ended is over: whoever forgot is not followed home.
    patrol_overrun_minutes: int = Field(default=120, ge=0, le=24 * 60)
    # After a round's end its track and check-ins may still come for so long.
    patrol_late_hours: float = Field(default=24, gt=0, le=24 * 30)
    # Where officers were is kept so long (PIPL, articles 19 and 28); what was counted of it stays.
    track_kept_days: int = Field(default=90, ge=1, le=3650)
    # Whoever was due to check in is missed so long after, and who walks alone when nothing came for so long.
    patrol_grace_minutes: float = Field(default=5, ge=0, le=24 * 60)
    patrol_silent_minutes: float = Field(default=30, gt=0, le=24 * 60)
    # Older than this, a last known position says nothing of where somebody is.
    position_fresh_minutes: float = Field(default=30, gt=0, le=24 * 60)
    # How near a report is to one before it that may be of the same, in metres and in days; ours.
    nearby_metres: float = Field(default=200, gt=0, le=5_000)
    nearby_days: int = Field(default=7, ge=1, le=90)
    # Of what early warning tells, the share that may be chance (`services.command.domain.warning`).
    warning_false_rate: float = Field(default=0.05, gt=0, le=0.5)
    # When something counts as happening again: so near to what was done there so few days before.
    recurrence_metres: float = Field(default=50, ge=0, le=5000)
    recurrence_days: int = Field(default=30, ge=1, le=366)
    # What the plan asks for: satisfaction with what was done (item 9), grave incidents of public safety (item 10).
    target_satisfaction: float = Field(default=0.9, ge=0, le=1)
    target_major_safety: int = Field(default=0, ge=0)
    upload_limit_mb: int = Field(default=20, ge=1, le=1000)
    boundary_limit_mb: int = Field(default=300, ge=1, le=4000)
    # Exports: rows in all, rows up to which a file is waited for, hours for which it is kept; at once by
    # an account, and in all of one copy of the edge.
    export_most_rows: int = Field(default=1_000_000, ge=1, le=1_048_575)
    export_rows_at_once: int = Field(default=2_000, ge=0)
    export_kept_hours: float = Field(default=4, gt=0, le=24 * 7)
    exports_per_account: int = Field(default=2, ge=1, le=64)
    exports_at_once: int = Field(default=8, ge=1, le=64)
    heartbeat: Path | None = None
    copies: int = Field(default=1, ge=1, le=64)
    amqp_admin_url: str | None = Field(default=None, pattern=r"^https?://")
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    log_to: str = Field(default="file", pattern=r"^(file|stderr)$")

    @property
    def is_embedded(self) -> bool:
        """Tell whether broker and database live in this process and under `data`."""
        return self.amqp_url is None and self.credentials is None

    @property
    def keyring_file(self) -> Path:
        return self.keyring or self.data / "secrets" / "keyring.json"

    @property
    def needs_second_factor(self) -> bool:
        """Tell whether administrators have to enrol a second factor before all else."""
        if self.second_factor is None:
            return not self.is_embedded
        return self.second_factor == "required"

    @property
    def speaks_tls(self) -> bool:
        """Tell whether the edge speaks TLS; raises `SettingsInvalid` when it has half of what it takes."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingsInvalid(
                "WANGGE_TLS_CERTIFICATE and WANGGE_TLS_KEY: set both or neither · "
                "WANGGE_TLS_CERTIFICATE 与 WANGGE_TLS_KEY 须一并设置"
            )
        return self.tls_certificate is not None

    @property
    def broker_url(self) -> str:
        return self.amqp_url or "inprocess://"

    def service_broker_url(self, service: str) -> str:
        """Return the broker as a service's own user reaches it."""
        return self._credentials_of(service).amqp_url or self.broker_url

    def log_file(self, process: str) -> Path | None:
        """Return the file of a process's log; None means standard error."""
        return self.data / "log" / f"{process}.log" if self.log_to == "file" else None

    def service_database_url(self, service: str) -> str:
        """Return the database a service keeps its tables in.

        Raises:
            SettingsInvalid: there are credentials, but none for this service.
        """
        url = self._credentials_of(service).database_url or self.database_url
        if url is not None:
            # SQLAlchemy's own choice, psycopg 3, blocks the whole process under eventlet.
            return re.sub(r"^postgresql(\+\w+)?://", "postgresql+psycopg2://", url)
        if self.credentials is not None:
            raise SettingsInvalid(
                f"WANGGE_CREDENTIALS: {self.credentials} names no database of {service} · "
                f"凭据文件 {self.credentials} 中没有 {service} 的数据库"
            )
        return f"sqlite:///{self.data.resolve() / service}.sqlite"

    def _credentials_of(self, service: str) -> Credentials:
        if self.credentials is None:
            return Credentials()
        try:
            return read_credentials(self.credentials).get(service, Credentials())
        except (OSError, ValueError) as error:
            raise SettingsInvalid(
                f"WANGGE_CREDENTIALS: {error} · 凭据文件 {self.credentials} 无法读取"
            ) from None


def load_settings(**changed: object) -> Settings:
    """Read the settings; *changed* ones come from a command line.

    Raises:
        SettingsInvalid: with one line for each wrong variable.
    """
    try:
        return Settings(**changed)  # type: ignore[arg-type]
    except ValidationError as invalid:
        lines = [_line(error["loc"], error["msg"], error["input"]) for error in invalid.errors()]
        raise SettingsInvalid("\n".join(lines)) from None


def _line(location: tuple[int | str, ...], message: str, given: object) -> str:
    name = str(location[0])
    variable = name if name.isupper() else PREFIX + name.upper()
    may_hold_a_secret = variable.endswith(("PASSWORD", "URL"))
    shown = "(hidden)" if may_hold_a_secret else repr(given)
    return f"{variable}: {message} (got {shown}) · 环境变量 {variable} 的值不合要求"
