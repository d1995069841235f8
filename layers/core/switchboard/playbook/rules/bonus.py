"""Bonuses and the loyalty system: earned somewhere, seen somewhere, spent once, written once."""

from collections.abc import Iterator

from switchboard.crm.generic.requests import placeholders
from switchboard.crm.onec import mapping
from switchboard.playbook.model import Bitrix24, Bonus, Generic, GenericRequest, OnecHttp, Playbook
from switchboard.playbook.read import Path, dotted
from switchboard.playbook.rules.objection import Objection, Rule

_BONUS: Path = ("reviews", "bonus")
_STAGES = ("stages", "spent_stages", "lost_stages")


def _earned(playbook: Playbook) -> Iterator[Objection]:
    if playbook.reviews is None:
        return
    giving = [position for position, site in enumerate(playbook.reviews.sites) if site.bonus]
    if playbook.reviews.bonus is None:
        for position in giving:
            path: Path = ("reviews", "sites", position, "bonus")
            yield "bonus-missing", path, "There is no section `bonus` that says how much."
    elif not giving:
        yield "bonus-unearned", _BONUS, "No site has `bonus: true`."


def _stages(playbook: Playbook) -> Iterator[Objection]:
    for bonus in _bonuses(playbook):
        first: dict[str, Path] = {}
        for name in _STAGES:
            for position, stage in enumerate(getattr(bonus, name)):
                path: Path = (*_BONUS, name, position)
                if stage in first:
                    reason = f"Stage {stage} also stands in {dotted(first[stage])}."
                    yield "stage-twice", path, reason
                first.setdefault(stage, path)


def _spending(playbook: Playbook) -> Iterator[Objection]:
    for bonus in _bonuses(playbook):
        takes_off = bonus.spend == "take_off"
        if takes_off and not bonus.stages:
            yield "bonus-stages", _BONUS, "`spend: take_off` needs `stages`: which deals."
        elif not bonus.stages:
            yield "bonus-unshown", _BONUS, "`stages` is empty, so no deal is shown a bonus."
        if (takes_off or bonus.stages) and not bonus.spent_stages:
            reason = "`spent_stages` is empty, so no bonus is ever spent for good."
            yield "bonus-stages", _BONUS, reason
        if takes_off and isinstance(playbook.crm, Generic):
            reason = "A CRM of kind `generic` has no call that changes a deal's price."
            yield "bonus-crm", (*_BONUS, "spend"), reason


def _categories(playbook: Playbook) -> Iterator[Objection]:
    for bonus in _bonuses(playbook):
        crm, path = playbook.crm, (*_BONUS, "categories")
        if not bonus.categories:
            continue
        if not isinstance(crm, Bitrix24):
            yield "bonus-categories", path, f"No kind of service is read from {crm.kind}."
        elif crm.fields.category is None:
            yield "bonus-categories", path, "`crm.fields.category` names no field for it."


def _seen(playbook: Playbook) -> Iterator[Objection]:
    for bonus in _bonuses(playbook):
        crm = playbook.crm
        if isinstance(crm, Generic):
            yield "bonus-unseen", ("crm",), "A CRM of kind `generic` is not told of a balance."
            return
        if crm.results.balance is None:
            yield "bonus-unseen", ("crm", "results"), "`balance` names no field of the contact."
        if bonus.stages and crm.results.bonus is None:
            yield "bonus-unseen", ("crm", "results"), "`bonus` names no field of the deal."


def _bonuses(playbook: Playbook) -> Iterator[Bonus]:
    if playbook.reviews is not None and playbook.reviews.bonus is not None:
        yield playbook.reviews.bonus


def _loyalty_used(playbook: Playbook) -> Iterator[Objection]:
    """It is used for bonuses, or for 1C's own calls about sales."""
    loyalty = playbook.loyalty
    if loyalty is None or any(_bonuses(playbook)):
        return
    if playbook.reviews is None or loyalty.webhook_secrets is None:
        yield "loyalty-unused", ("loyalty",), "No section `reviews.bonus` grants anything."


def _onec_placeholders(playbook: Playbook) -> Iterator[Objection]:
    for section in _services(playbook):
        for name, allowed in mapping.PLACEHOLDERS.items():
            known = ", ".join(f"{{{one}}}" for one in sorted(allowed))
            for path, template in _templates(getattr(section, name), ("loyalty", name)):
                for used in placeholders(template):
                    if used not in allowed:
                        reason = f"{{{used}}} has no value here; allowed: {known}."
                        yield "onec-placeholder", path, reason


def _onec_says_all(playbook: Playbook) -> Iterator[Objection]:
    for section in _services(playbook):
        for name in ("grant", "take"):
            request: GenericRequest = getattr(section, name)
            path: Path = ("loyalty", name)
            templates = _templates(request, path)
            used = {one for _, text in templates for one in placeholders(text)}
            if "phone" not in used:
                yield "onec-incomplete", path, "{phone} stands nowhere: whose bonuses?"
            if not used & {"amount", "points"}:
                yield "onec-incomplete", path, "Neither {amount} nor {points}: how many?"
            if not mapping.idempotent(section, request):
                reason = f"{request.method} again makes a second movement."
                yield "onec-repeats", path, reason
            if not _fits(request):
                reason = "One key stands inside another that holds a value itself."
                yield "onec-incomplete", (*path, "body"), reason
        if section.balance is not None and "{phone}" not in section.balance:
            yield "onec-incomplete", ("loyalty", "balance"), "{phone} stands nowhere."


def _fits(request: GenericRequest) -> bool:
    """Whether its keys make a body: those with dots stand inside of objects, not of values."""
    return not any(
        inner.startswith(f"{outer}.") for outer in request.body for inner in request.body
    )


def _services(playbook: Playbook) -> Iterator[OnecHttp]:
    if isinstance(playbook.loyalty, OnecHttp):
        yield playbook.loyalty


def _templates(request: str | GenericRequest | None, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(request, str):
        yield path, request
    elif request is not None:
        yield (*path, "path"), request.path
        yield from (((*path, "body", key), text) for key, text in request.body.items())


RULES: tuple[Rule, ...] = (
    _earned,
    _stages,
    _spending,
    _categories,
    _seen,
    _loyalty_used,
    _onec_placeholders,
    _onec_says_all,
)
