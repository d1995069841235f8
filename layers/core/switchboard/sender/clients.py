"""Messages to clients, where they can be reached: in Telegram, by WhatsApp, by SMS.

A channel that cannot reach the client hands the message to the next one, as an effect of its own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from switchboard.channels.port import PhoneMessage
from switchboard.domain.effects import (
    AnswerClient,
    Button,
    Channel,
    LinkTo,
    Parcel,
    PassOn,
    TellClient,
    VoidLink,
    parcels,
)
from switchboard.domain.errors import Held, Postponed, Refused, Unreachable
from switchboard.flows.daytime import next_daytime, zone_of
from switchboard.playbook.model import Playbook, Reviews
from switchboard.sender.branch import Branch, Post, client_of
from switchboard.store.deliveries import Busy, Deliveries
from switchboard.store.links import Page, code_of, page_of

_NEXT: dict[Channel, tuple[Literal["whatsapp", "sms"], ...]] = {
    "telegram": ("whatsapp", "sms"),
    "whatsapp": ("sms",),
    "sms": (),
}
"""Where a message goes whose channel does not reach the client."""


class Links(Protocol):
    def put(self, code: str, link: LinkTo, branch: str, page: Page) -> None: ...
    def sent(self, code: str, at: datetime) -> None: ...
    def void(self, code: str) -> None: ...


class _Link(NamedTuple):
    code: str = ""
    url: str = ""


class ClientPost:
    def __init__(
        self,
        links: Links,
        deliveries: Deliveries,
        playbook_at: Callable[[str, int], Playbook],
        outbound: Post,
        now: Callable[[], datetime],
    ) -> None:
        self._links = links
        self._deliveries = deliveries
        self._playbook_at = playbook_at
        self._outbound = outbound
        self._now = now

    def tell(
        self, parcel: Parcel, effect: TellClient, branch: Branch, chat: int | None, *, again: bool
    ) -> int | None:
        """The message's number in Telegram, None elsewhere. Raises Refused when nothing leads to
        the client."""
        reviews = self._reviews(parcel, branch)
        self._not_at_night(effect, branch, reviews)
        link = self._link(parcel, effect, branch, reviews)
        # Before it goes: a client may open it sooner than the provider answers.
        going, message = self._now(), None
        try:
            if effect.channel == "telegram":
                message = self._in_chat(effect, branch, chat, link)
            else:
                self._by_phone(parcel, effect, effect.channel, branch, link, again=again)
        except Unreachable as unreachable:
            self._by_next(parcel, effect, branch, str(unreachable))
            return None
        if link.code:
            self._links.sent(link.code, going)
        return message

    def is_over(self, effect: TellClient) -> bool:
        """Whether it was held (for the night, by an outage) until its link led nowhere any more.

        In Telegram the message is sent all the same: what edits it follows.
        """
        return effect.channel != "telegram" and _is_over(effect, self._now())

    def answer(self, parcel: Parcel, effect: AnswerClient, branch: Branch, *, again: bool) -> None:
        """Raises Refused where WhatsApp does not lead to him any more: there he has asked."""
        phones = branch.phones("whatsapp")
        if phones is None:
            raise Refused("the branch has no whatsapp any more")
        client = client_of(parcel.branch, effect.client, effect.deal, branch)
        message = PhoneMessage(about="answer", text=effect.text, values={}, free=True)
        try:
            phones.send(client.phone, message, effect.id, again=again)
        except Unreachable as unreachable:
            raise Refused(str(unreachable)) from None

    def pass_on(self, effect: PassOn, branch: Branch) -> None:
        """By the next channel, unless he wants none of it or it is too late for it."""
        sent = self._deliveries.standing(branch.playbook.branch, effect.of, self._now())
        if isinstance(sent, Busy):
            # Its failure is told before its sender has noted that it went, or he goes once more.
            raise Postponed("the message is still being sent")
        if sent is None or not sent.parcel:
            return
        parcel = parcels.validate_json(sent.parcel)
        told, why = parcel.effect, f"{effect.channel}: not delivered, code {effect.code}"
        if not isinstance(told, TellClient) or _is_over(told, self._now()):
            return
        # It may have become night since he was told this, or had written himself.
        by_day = told.model_copy(update={"timezone": told.timezone or ""})
        self._by_next(parcel, by_day, branch, why)

    def void(self, parcel: Parcel, effect: VoidLink, branch: Branch) -> None:
        """The link shows no promise from now on; a message that was never sent has none."""
        key = branch.secret(self._reviews(parcel, branch).link_key)
        self._links.void(_code(parcel, effect, key))

    def _reviews(self, parcel: Parcel, branch: Branch) -> Reviews:
        """What is live; where it was taken out, what is under way goes by what decided it."""
        return (
            branch.playbook.reviews or self._playbook_at(parcel.branch, parcel.playbook).reviewing
        )

    def _not_at_night(self, effect: TellClient, branch: Branch, reviews: Reviews) -> None:
        """It was decided by day; an outage or a full queue may have kept it until now."""
        if effect.timezone is None:
            return
        now = self._now()
        zone = zone_of(effect.timezone, branch.playbook.timezone)
        morning = next_daytime(now, reviews.survey.quiet_hours, zone)
        if morning > now:
            raise Held("it is night where the client lives", (morning - now).total_seconds())

    def _link(self, parcel: Parcel, effect: TellClient, branch: Branch, reviews: Reviews) -> _Link:
        """The link's item is there before anybody can follow it. Repeating makes the same one."""
        link = effect.link
        if link is None or (effect.channel == "telegram" and not effect.button):
            return _Link()
        code = _code(parcel, link, branch.secret(reviews.link_key))
        page = page_of(self._playbook_at(parcel.branch, link.playbook))
        self._links.put(code, link, parcel.branch, page)
        way = "r" if link.purpose == "review" else "s"
        base = reviews.public_url.rstrip("/")
        return _Link(code, f"{base}/{way}/{code}")

    def _in_chat(self, effect: TellClient, branch: Branch, chat: int | None, link: _Link) -> int:
        if chat is None:
            raise Unreachable("telegram: no chat of the client's is known")
        rows = effect.buttons
        if link.url and effect.button:
            rows = (*rows, (Button(text=effect.button, url=link.url),))
        return branch.messenger().send(chat, effect.text.replace("{url}", link.url), rows)

    def _by_phone(
        self,
        parcel: Parcel,
        effect: TellClient,
        channel: Literal["whatsapp", "sms"],
        branch: Branch,
        link: _Link,
        *,
        again: bool,
    ) -> None:
        phones = branch.phones(channel)
        if phones is None:
            raise Unreachable(f"the branch has no {channel}")
        client = client_of(parcel.branch, effect.client, effect.deal, branch)
        message = PhoneMessage(
            about=effect.about,
            text=effect.sms.replace("{url}", link.url),
            values={
                "first_name": client.first_name,
                "company": self._reviews(parcel, branch).company,
                **{name: value for name, value in effect.values.items() if value},
                "url": link.url,
            },
            link=link.url,
            code=link.code,
            free=effect.free and channel == "whatsapp",
        )
        phones.send(client.phone, message, effect.id, again=again)

    def _by_next(self, parcel: Parcel, effect: TellClient, branch: Branch, why: str) -> None:
        for channel in _NEXT[effect.channel]:
            if branch.phones(channel) is None:
                continue
            update = {"id": f"{effect.id}.{channel}", "channel": channel, "chat": None}
            onward = effect.model_copy(update=update)
            self._outbound.put([parcel.model_copy(update={"effect": onward})])
            return
        raise Refused(why) from None


def _is_over(effect: TellClient, now: datetime) -> bool:
    """Whether what the message leads to has ended meanwhile."""
    return effect.link is not None and effect.link.expires_at <= now


def _code(parcel: Parcel, link: LinkTo | VoidLink, key: str) -> str:
    """One survey's invitation and its reminder lead to one page, by whatever channel."""
    name = f"{link.survey}:{link.run}:{link.purpose}:{link.site}"
    return code_of(key, parcel.branch, name)
