"""A rule about a time limit as people are shown it, with its source."""

from typing import Any

from shared.kernel.deadlines.rule import Rule


def shown_rule(rule: Rule) -> dict[str, Any]:
    """Return the rule; `can_be_set` tells that a district may set it otherwise."""
    extension = None
    if rule.allowance is not None:
        extension = {
            "cap": rule.allowance.cap,
            "times": rule.allowance.times,
            "approver": {"zh": rule.allowance.approver_zh, "en": rule.allowance.approver_en},
        }
    return {
        "id": rule.id,
        "version": rule.version,
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "name": {"zh": rule.zh, "en": rule.en},
        "amount": rule.amount,
        "unit": rule.unit,
        "direction": rule.direction,
        "roll_forward": rule.rolls,
        "ends": rule.ends,
        "duty": rule.duty,
        "stop_grounds": sorted(rule.grounds),
        "extension": extension,
        "source": {"law": rule.law, "article": rule.article},
        "confidence": rule.confidence,
        "can_be_set": rule.can_be_set,
    }
