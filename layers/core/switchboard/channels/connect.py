"""A playbook's channels to phones, ready to be called. Clients are imported only when needed."""

from typing import TYPE_CHECKING, Literal

from switchboard.channels.port import Phones
from switchboard.crm.connect import Surroundings
from switchboard.playbook.model import Playbook, Sms, Whatsapp
from switchboard.store.budgets import Budgets, Rate

if TYPE_CHECKING:
    from switchboard.crm.line import Line


def connect_phones(
    playbook: Playbook, channel: Literal["whatsapp", "sms"], around: Surroundings
) -> Phones | None:
    """The branch's client for the channel, None where the playbook has none. Calls nothing yet."""
    if channel == "whatsapp":
        return None if playbook.whatsapp is None else _whatsapp(playbook, playbook.whatsapp, around)
    return None if playbook.sms is None else _sms(playbook, playbook.sms, around)


def _whatsapp(playbook: Playbook, section: Whatsapp, around: Surroundings) -> Phones:
    from switchboard.channels.whatsapp.client import WhatsappClient
    from switchboard.channels.whatsapp.graph import Graph

    line = _line(playbook, "whatsapp", section, around)
    return WhatsappClient(Graph(line, around.secret(section.token)), section)


def _sms(playbook: Playbook, section: Sms, around: Surroundings) -> Phones:
    from switchboard.channels.sms.smsc import Smsc

    line = _line(playbook, section.kind, section, around)
    login, password = around.secret(section.login), around.secret(section.password)
    return Smsc(line, section, playbook.branch, login, password)


def _line(playbook: Playbook, name: str, section: Whatsapp | Sms, around: Surroundings) -> "Line":
    from switchboard.crm.line import Line
    from switchboard.crm.pace import Pace

    pace = Pace(
        Budgets(around.database, around.deliveries),
        playbook.branch,
        name,
        (Rate(section.messages_per_second),),
        around.clock,
        around.sleep,
    )
    return Line(around.http, section.base_url, name, pace)
