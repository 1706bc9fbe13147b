"""What holds a system back, in a sentence, from its key figures.

The rules are those of a planner's eye: people who hardly rest hold everything back; if they
wait while work is asked for, it is the bots; and what the bots' time goes into says why.
"""

from __future__ import annotations

from collections.abc import Mapping

BUSY = 0.85
"""A share of time at which a person or a fleet counts as fully used."""
WAITS = 0.25
"""A share of the lead time that is worth naming."""
MOSTLY = 0.5
"""A share of the lead time that is most of it."""
LARGE = 0.2
"""A share of the bots' time that is worth naming."""


def bottleneck(means: Mapping[str, float]) -> str:
    """The sentence for the mean figures of a variant."""
    people = _people(means)
    if people is not None:
        return people
    if means.get("balcony_unattended", 0.0) >= LARGE:
        return _nobody(means)
    if _busy_bots(means) >= BUSY:
        return _bots(means)
    if _lead_share(means, "charge") >= WAITS or means.get("bot_share_fault", 0.0) >= LARGE:
        return _batteries(means)
    return _nothing(means)


def _people(means: Mapping[str, float]) -> str | None:
    stem = "balcony_utilisation."
    by_balcony = {name.removeprefix(stem): value for name, value in means.items() if name.startswith(stem)}
    if not by_balcony:
        return None
    busiest = max(by_balcony, key=lambda balcony: by_balcony[balcony])
    if by_balcony[busiest] < BUSY:
        return None
    others = [value for balcony, value in by_balcony.items() if balcony != busiest and value > 0]
    if others and min(others) < 0.7 * by_balcony[busiest]:
        return (
            f"The bottleneck is the person at balcony {busiest}, who works"
            f" {_percent(by_balcony[busiest])} of the time, while the least busy one works"
            f" {_percent(min(others))}: spread the work more evenly."
        )
    return (
        f"The bottleneck is the people: they work {_percent(means['balcony_utilisation'])} of the time,"
        f" and an order waits {means.get('lead_wait_for_person', 0.0):.0f} s for them. More bots would not"
        " help; a shorter takt or another balcony would."
    )


def _nobody(means: Mapping[str, float]) -> str:
    return (
        "The bottleneck is that nobody is there: carriers stand at balconies without a person"
        f" {_percent(means['balcony_unattended'])} of the time, and people work"
        f" {_percent(means.get('balcony_utilisation', 0.0))} of it. Longer shifts help; more bots would not."
    )


def _busy_bots(means: Mapping[str, float]) -> float:
    """The share of the bots' time in which they could not have taken work."""
    return 1 - means.get("bot_share_idle", 1.0)


def _bots(means: Mapping[str, float]) -> str:
    said = (
        f"The bottleneck is the bots: they are idle {_percent(means['bot_share_idle'])} of the time, while"
        f" people wait for carriers {_percent(means.get('balcony_starved', 0.0))} of theirs"
    )
    causes = {
        "charging": means.get("charge_share", 0.0),
        "waiting for one another": means.get("bot_share_wait_traffic", 0.0),
        "moving carriers out of the way": means.get("bot_share_dig", 0.0),
        "standing at balconies": means.get("bot_share_wait_station", 0.0),
    }
    cause = max(causes, key=lambda name: causes[name])
    advice = {
        "charging": "Faster charging or larger batteries free them",
        "waiting for one another": "More bots would meet even more; wider aisles or other ways help",
        "moving carriers out of the way": "Less depth, a lower fill or fast movers in front help",
        "standing at balconies": "They are held there by the people; more hands or a shorter takt help",
    }
    driving = means.get("bot_share_travel_empty", 0.0) + means.get("bot_share_travel_laden", 0.0)
    if causes[cause] < max(LARGE, driving / 2):
        return f"{said}. Their time goes into driving; more bots help."
    return f"{said}. {_percent(causes[cause])} of the bots' time goes into {cause}. {advice[cause]}."


def _batteries(means: Mapping[str, float]) -> str:
    waits = means.get("lead_charge", 0.0)
    return (
        f"The bottleneck is energy: an order waits {waits:.0f} s for a bot to be charged, and"
        f" {_percent(means.get('charge_share', 0.0))} of the bots' time goes into charging"
        f" ({_percent(means.get('bot_share_fault', 0.0))} into faults). More chargers or larger batteries"
        " help."
    )


def _nothing(means: Mapping[str, float]) -> str:
    parts = {name: value for name, value in means.items() if name in _PARTS}
    longest = max(parts, key=lambda name: parts[name], default=None)
    said = (
        f"Nothing is used up: bots are idle {_percent(means.get('bot_share_idle', 0.0))} of the time, and"
        f" people work {_percent(means.get('balcony_utilisation', 0.0))} of theirs."
    )
    if longest is None or not sum(parts.values()):
        return said
    share = parts[longest] / sum(parts.values())
    if longest == "lead_queue" and share >= MOSTLY:
        return (
            f"{said} Yet {_percent(share)} of an order's time is {_PARTS[longest]}: handover places, carriers"
            " that others use, or people who are not there hold it back."
        )
    return f"{said} The largest part of an order's time ({_percent(share)}) is {_PARTS[longest]}."


_PARTS = {
    "lead_queue": "waiting until a bot sets out for it",
    "lead_dig": "digging",
    "lead_travel": "travel",
    "lead_blocked": "waiting in traffic",
    "lead_charge": "waiting for charge",
    "lead_wait_for_person": "waiting for the person",
    "lead_pick": "picking",
}


def _lead_share(means: Mapping[str, float], part: str) -> float:
    whole = means.get("order_lead_time_mean", 0.0)
    return means.get(f"lead_{part}", 0.0) / whole if whole else 0.0


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
