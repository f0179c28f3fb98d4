"""Why somebody is not let in: the words in which the audit trail says it."""

from enum import StrEnum


class Reason(StrEnum):
    """What was wrong. Most of it is for the trail alone: the answer tells a stranger less."""

    UNKNOWN_ACCOUNT = "unknown_account"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 – a word of the trail
    LOCKED = "locked"
    DISABLED = "disabled"
    ACCOUNT_GONE = "account_gone"

    SECOND_FACTOR_NEEDED = "second_factor_needed"
    SECOND_FACTOR_WRONG = "second_factor_wrong"
    CODE_REPLAYED = "code_replayed"
    CHALLENGE_WRONG = "challenge_wrong"

    REFRESH_UNKNOWN = "refresh_unknown"
    REFRESH_EXPIRED = "refresh_expired"
    REFRESH_REUSED = "refresh_reused"
    SIGN_IN_ENDED = "sign_in_ended"

    PROOF_MISSING = "proof_missing"
    PROOF_WRONG = "proof_wrong"
    PROOF_STALE = "proof_stale"
    PROOF_REPLAYED = "proof_replayed"

    CLIENT_UNKNOWN = "client_unknown"
    CLIENT_SECRET_WRONG = "client_secret_wrong"  # noqa: S105 – a word of the trail
    CLIENT_DISABLED = "client_disabled"
    CLIENT_NOT_VALID = "client_not_valid"
    ASSERTION_WRONG = "assertion_wrong"
    ASSERTION_REPLAYED = "assertion_replayed"

    STATE_WRONG = "state_wrong"
    PROVIDER_REFUSED = "provider_refused"
    ID_TOKEN_WRONG = "id_token_wrong"  # noqa: S105 – a word of the trail
    NOT_LINKED = "not_linked"
    ENTRY_CODE_WRONG = "entry_code_wrong"


# What counts towards the lock: somebody guesses.
GUESSES = frozenset({Reason.WRONG_PASSWORD, Reason.SECOND_FACTOR_WRONG, Reason.CODE_REPLAYED})
