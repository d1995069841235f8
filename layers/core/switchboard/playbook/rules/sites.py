"""The guard of the review sites' own rules: no reward, and nobody left out.

A site that finds out takes the reviews down, the honest ones with them, so the warning comes before
the first client is asked. It is a warning, since the owner decides and the sites' rules change.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from switchboard.playbook.model import Playbook, Site
from switchboard.playbook.read import Path
from switchboard.playbook.rules.addresses import has_host, host_of, is_plain
from switchboard.playbook.rules.objection import Objection, Rule

_NEUTRAL = (
    "For this site write `ask: everyone` and leave `bonus` out: everybody is invited, for nothing "
    "in return."
)


class Policy(NamedTuple):
    """What one site forbids, as a sentence each; None where nothing of that kind is known."""

    name: str
    hosts: re.Pattern[str]
    names: re.Pattern[str]
    """Found in the name that the playbook gives a site whose address hides it: a short link."""
    rewards: str | None = None
    happy: str | None = None
    asking: str | None = None
    source: str = ""


def _policy(name: str, hosts: str, names: str, **said: str) -> Policy:
    whole = re.compile(rf"(?:.+\.)?(?:{hosts})")
    return Policy(name, whole, re.compile(names, re.IGNORECASE), **said)


POLICIES: tuple[Policy, ...] = (
    # "Fake engagement": content posted due to an incentive; merchants may not offer incentives,
    # discourage negative reviews or selectively solicit positive ones. Profiles may be restricted.
    _policy(
        "Google Maps",
        r"google\.[a-z]{2,3}(?:\.[a-z]{2})?|g\.page|goo\.gl|g\.co",
        r"google|гугл",
        rewards="Google forbids any reward for a review, a discount included. It takes such "
        "reviews down, and may close the profile to new ones and show a warning on it.",
        happy="Google forbids to ask only the happy for a review. It takes such reviews down, and "
        "may close the profile to new ones and show a warning on it.",
        source="support.google.com/contributionpolicy/answer/7400114",
    ),
    # "Must be real": do not write a review if you are offered a discount for it; such reviews are
    # not published. Read in the edition of Yango, which is Yandex abroad: business.yango.com/
    # support/en/manage/reviews-rules. Of asking only the happy it says nothing.
    _policy(
        "Yandex Maps",
        r"yandex\.[a-z]{2,3}(?:\.[a-z]{2})?|ya\.ru|yango\.com",
        r"yandex|яндекс",
        rewards="Yandex does not publish reviews for which a discount or a payment was offered, "
        "and deletes those that it finds later.",
        source="yandex.com/support/reviews/en/rules",
    ),
    # Both stand among what is "considered fraud"; the incentives policy adds the red badge
    # (tripadvisor.com/TripAdvisorInsights/w591).
    _policy(
        "Tripadvisor",
        r"tripadvisor\.[a-z]{2,3}(?:\.[a-z]{2})?",
        r"trip ?advisor|трипэдвайзор|трипадвизор",
        rewards="Tripadvisor counts any reward for a review as fraud: it takes the reviews down "
        "and may put a red badge on the page.",
        happy="Tripadvisor counts it as fraud to ask only those who were content: it takes the "
        "reviews down and may put a red badge on the page.",
        source="tripadvisorsupport.com/hc/en-us/articles/200615037",
    ),
    _policy(
        "Trustpilot",
        r"trustpilot\.[a-z]{2,3}(?:\.[a-z]{2})?",
        r"trustpilot|трастпилот",
        rewards="Trustpilot allows no incentive of any kind, bonus points included, and may show "
        "an alert on the profile.",
        happy="Trustpilot wants all clients to be invited alike, and may show an alert on the "
        "profile of whoever leaves out the unhappy.",
        source="support.trustpilot.com/hc/en-us/articles/235472148",
    ),
    # "Don't ask customers, mailing list subscribers, friends, family, or anyone else."
    _policy(
        "Yelp",
        r"yelp\.[a-z]{2,3}(?:\.[a-z]{2})?",
        r"\byelp\b",
        asking="Yelp forbids to ask anybody for a review, and moves the pages of those who do "
        "down in its search.",
        source="searchengineland.com/yelp-increasingly-cracking-review-solicitation-across-internet-286290",
    ),
    # Review sites whose rules for firms could not be read: nothing is claimed of them.
    _policy("2GIS", r"2gis\.[a-z]{2,3}", r"2 ?gis|2 ?гис|дубльгис"),
    _policy("Flamp", r"flamp\.ru", r"flamp|фламп"),
    _policy("Otzovik", r"otzovik\.com", r"otzovik|отзовик"),
    _policy("iRecommend", r"irecommend\.ru", r"i ?recommend|айрекоменд"),
    _policy("Zoon", r"zoon\.(?:ru|com\.ua|by)", r"\bzoon\b|\bзун\b"),
    _policy("Yell", r"yell\.ru", r"\byell\b"),
)


def policy_of(site: Site) -> Policy | None:
    """The policy of the site at this address, or of the one whose name it bears."""
    host = host_of(site.url)
    by_host = (policy for policy in POLICIES if policy.hosts.fullmatch(host))
    by_name = (policy for policy in POLICIES if policy.names.search(site.name))
    return next(by_host, None) or next(by_name, None)


def _policies(playbook: Playbook) -> Iterator[Objection]:
    """Neutral mode, everyone without a bonus, has no finding but where asking is forbidden."""
    for path, site in _sites(playbook):
        policy = policy_of(site)
        if policy is not None and policy.asking is not None:
            yield _broken((*path, "url"), policy, policy.asking, "Remove this site from the list.")
            continue
        if site.bonus:
            yield _judged(path, "bonus", site, policy, policy and policy.rewards)
        if site.ask == "happy":
            yield _judged(path, "ask", site, policy, policy and policy.happy)


def _judged(
    path: Path, field: str, site: Site, policy: Policy | None, rule: str | None
) -> Objection:
    at: Path = (*path, field)
    if policy is not None and rule is not None:
        return _broken(at, policy, rule, _NEUTRAL)
    what = "a reward for reviews" if field == "bonus" else "asking only the happy"
    name = policy.name if policy is not None else host_of(site.url)
    return "site-rule-unsure", at, f"It is not known here whether {name} allows {what}."


def _broken(path: Path, policy: Policy, rule: str, advice: str) -> Objection:
    return "site-rule", path, rule, f"{advice} The rule: {policy.source}"


def _addresses(playbook: Playbook) -> Iterator[Objection]:
    for path, site in _sites(playbook):
        if is_plain(site.url):
            yield "site-address", (*path, "url"), "The address is not https."
        elif not has_host(site.url):
            yield "site-address", (*path, "url"), "No browser could be sent there."


def _names(playbook: Playbook) -> Iterator[Objection]:
    first: dict[str, int] = {}
    for position, (path, site) in enumerate(_sites(playbook)):
        name = site.name.casefold().strip()
        if name in first:
            reason = f"`{site.name}` is also entry {first[name] + 1} of the list."
            yield "site-twice", (*path, "name"), reason
        first.setdefault(name, position)


def _sites(playbook: Playbook) -> Iterator[tuple[Path, Site]]:
    sites = playbook.reviews.sites if playbook.reviews else ()
    for position, site in enumerate(sites):
        yield ("reviews", "sites", position), site


RULES: tuple[Rule, ...] = (_policies, _addresses, _names)
