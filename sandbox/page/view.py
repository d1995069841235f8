"""What the page shows, as one JSON object; rebuilt after every change."""

from dataclasses import asdict
from typing import Any

from sandbox.amocrm.records import Lead
from sandbox.telegram.chats import Chat, Message, User
from sandbox.wire import Json
from sandbox.world import World

SHOWN_MESSAGES = 40
SHOWN_HAPPENINGS = 120
SHOWN_DEALS = 60


def view(world: World) -> Json:
    """Everything on the screen. Long histories are cut: the control API has them whole."""
    settings = world.settings
    chats = world.telegram.chats
    workers = [_person(world, chats.users[person.id]) for person in settings.workers]
    return {
        "revision": world.feed.revision,
        "bot": {"name": settings.bot_name, "username": settings.bot_username},
        "stages": [asdict(stage) for stage in settings.stages],
        "deals": [_deal(world, lead) for lead in _leads(world)],
        "deals_hidden": max(0, len(world.amocrm.records.leads) - SHOWN_DEALS),
        "workers": workers,
        "manager": _person(world, chats.users[settings.manager.id]),
        "group": _group(world),
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


def _person(world: World, user: User) -> Json:
    chats = world.telegram.chats
    press = world.telegram.presses.last_of(user.id)
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "username": user.username,
        "started": user.started,
        "blocked": user.blocked,
        "member": user.id in chats.group().members,
        "press": press.to_json() if press else None,
        "messages": _messages(world, chats.chats[user.id]),
    }


def _group(world: World) -> Json:
    group = world.telegram.chats.group()
    messages = _messages(world, group)
    if group.migrated_from:
        # People see one history, though the bot's chat has a new id.
        old = world.telegram.chats.chats[group.migrated_from]
        messages = (_messages(world, old) + messages)[-SHOWN_MESSAGES:]
    return {
        "id": group.id,
        "type": group.type,
        "title": group.title,
        "members": len(group.members),
        "messages": messages,
    }


def _messages(world: World, chat: Chat) -> list[Json]:
    kept = [message for message in chat.messages.values() if not message.deleted]
    return [_message(world, message) for message in kept[-SHOWN_MESSAGES:]]


def _message(world: World, message: Message) -> Json:
    sender = message.sender
    return {
        "chat_id": message.chat_id,
        "id": message.id,
        "from": sender.id if sender else 0,
        "name": sender.first_name if sender else "",
        "bot": sender is world.telegram.chats.bot,
        "html": message.content.safe_html,
        "rows": (message.keyboard or {}).get("inline_keyboard", []),
        "at": message.date,
        "edited": message.edited_at,
        "past": [version.text for version in message.past],
        "service": _service(message),
    }


def _service(message: Message) -> str | None:
    if message.service is None:
        return None
    if "migrate_to_chat_id" in message.service:
        return "Группа преобразована в супергруппу"
    return "Супергруппа создана из группы"
