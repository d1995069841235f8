"""The tyre services on the page: the portal's board, the clients, 1C's accounts, review sites."""

from dataclasses import asdict
from typing import Any

from sandbox.bitrix24.records import DEAL, Deal
from sandbox.page.clients import clients, key_of
from sandbox.wire import Json
from sandbox.world import World

SHOWN_DEALS = 60
SCORE = "Оценка: "
"""Begins the titles of the fields for scores."""


def tyres(world: World) -> Json:
    """Everything of the branch `tyres`. Moments are Unix seconds."""
    settings = world.settings.tyres
    bot = world.tyres_telegram.settings
    portal = world.bitrix24.portal
    deals = list(portal.deals.values())
    return {
        "bot": {"name": bot.name, "username": bot.username},
        "stages": [asdict(stage) for stage in settings.stages],
        "funnels": [{"id": number, "name": name} for number, name in settings.funnels],
        "deals": [_deal(world, deal) for deal in deals[-SHOWN_DEALS:]],
        "deals_hidden": max(0, len(deals) - SHOWN_DEALS),
        "losing_hooks": world.bitrix24.hooks.habits.lose > 0,
        "clients": clients(world),
        "sites": [asdict(site) for site in world.reviews.sites.values()],
    }


def _deal(world: World, deal: Deal) -> Json:
    portal = world.bitrix24.portal
    contact = portal.contacts[deal.contact_ids[0]] if deal.contact_ids else None
    phones = [phone.value for phone in contact.phones] if contact else []
    said = [change.what for change in deal.history if change.by == "api"]
    return {
        "id": deal.id,
        "title": deal.title,
        "stage": deal.stage_id,
        "amount": deal.opportunity,
        # A price that a person set afterwards is his again.
        "price_by_api": _last(deal, "сумма") == "api",
        "client": contact.full_name if contact else None,
        "client_key": key_of(phones),
        "phones": phones,
        "responsible": portal.settings.user_name(deal.assigned_by),
        **_values(world, deal),
        "comments": [one.text for one in portal.comments_of("deal", deal.id)],
        "tasks": _tasks(world, deal),
        "written": bool(said),
    }


def _last(deal: Deal, field: str) -> str | None:
    """Who changed this field last."""
    return next(
        (change.by for change in reversed(deal.history) if change.what.startswith(f"{field}:")),
        None,
    )


def _values(world: World, deal: Deal) -> Json:
    """The custom fields by key; scores as a list, because a playbook may ask fewer of them."""
    shown: Json = {}
    scores = []
    for field in world.settings.tyres.deal_fields:
        value: Any = deal.values.get(field.code)
        if field.title.startswith(SCORE):
            if value is not None:
                scores.append({"title": field.title.removeprefix(SCORE), "value": value})
        else:
            shown[field.key] = dict(field.items).get(value, value) if field.items else value
    return shown | {"scores": scores}


def _tasks(world: World, deal: Deal) -> list[Json]:
    portal = world.bitrix24.portal
    return [
        {
            "title": task.title,
            "description": task.description,
            "deadline": task.deadline,
            "responsible": portal.settings.user_name(task.responsible_id),
            "completed": task.completed,
        }
        for task in portal.activities_of(DEAL, deal.id)
    ]
