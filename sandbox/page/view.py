"""What the page shows, as one JSON object; rebuilt after every change."""

from dataclasses import asdict
from typing import Any

from sandbox.amocrm.records import Lead
from sandbox.control.clock import shown as shown_clock
from sandbox.page.chats import group_chat, person
from sandbox.page.tyres import tyres
from sandbox.wire import Json
from sandbox.world import World

SHOWN_HAPPENINGS = 120
SHOWN_DEALS = 60


def view(world: World) -> Json:
    """Everything on the screen. Long histories are cut: the control API has them whole."""
    settings = world.settings
    demo = world.telegram
    return {
        "revision": world.feed.revision,
        "bot": {"name": settings.bot_name, "username": settings.bot_username},
        "stages": [asdict(stage) for stage in settings.stages],
        "deals": [_deal(world, lead) for lead in _leads(world)],
        "deals_hidden": max(0, len(world.amocrm.records.leads) - SHOWN_DEALS),
        "workers": [person(demo, one.id) for one in settings.workers],
        "manager": person(demo, settings.manager.id),
        "group": group_chat(demo),
        "tyres": tyres(world),
        "clock": shown_clock(),
        "log": [asdict(line) for line in list(world.feed.happenings)[-SHOWN_HAPPENINGS:]],
        "faults": world.faults.shown(),
        "hooks": {
            "disabled": world.amocrm.hooks.disabled,
            "losing": world.amocrm.hooks.habits.lose > 0,
        },
        "pressed": world.telegram.presses.pressers(),
    }


def _leads(world: World) -> list[Lead]:
    return list(world.amocrm.records.leads.values())[-SHOWN_DEALS:]


def _deal(world: World, lead: Lead) -> Json:
    records = world.amocrm.records
    contact = records.contacts[lead.contact_ids[0]]

    def value(key: str) -> Any:
        return lead.value(world.settings.field(key).id)

    skills = lead.values.get(world.settings.field("skills").id, [])
    return {
        "id": lead.id,
        "name": lead.name,
        "status_id": lead.status_id,
        "pay": value("pay"),
        "deadline": value("deadline"),
        "conditions": value("conditions"),
        "district": value("district"),
        "skills": [one["value"] for one in skills],
        "client": contact.name,
        "phone": contact.phone,
        "responsible": records.user_name(lead.responsible_user_id),
        "responsible_changed": any(
            change.by == "api" and change.what.startswith("ответственный")
            for change in lead.history
        ),
        "worker": value("worker_name"),
        "login": value("worker_login"),
        "notes": [str(note.params.get("text", "")) for note in records.notes_of(lead.id)],
        "tasks": [task.text for task in records.tasks_of(lead.id)],
        "written": any(change.by == "api" for change in lead.history),
    }
