"""amoCRM's webhooks: the form, the retries, and how they get lost."""

import asyncio
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from sandbox.server import Running
from tests.sandbox.door import Door

pytestmark = pytest.mark.anyio

NEW, SEARCH = "71001001", "71001002"


@pytest.fixture
def lead_id(sandbox: Running) -> int:
    return next(iter(sandbox.world.amocrm.records.leads))


async def move(control: httpx.AsyncClient, lead_id: int, stage: str = "search") -> None:
    answer = await control.post(f"/deals/{lead_id}/move", json={"stage": stage})
    assert answer.status_code == 200


async def hooks(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list((await control.get("/amocrm/hooks")).json()["hooks"])


async def settled(control: httpx.AsyncClient) -> list[dict[str, Any]]:
    for _ in range(300):
        sent = await hooks(control)
        if all(hook["state"] != "waiting" for hook in sent):
            return sent
        await asyncio.sleep(0.01)
    raise AssertionError("some hooks are still on their way")


async def test_a_move_sends_the_form_that_amocrm_sends(
    control: httpx.AsyncClient, door: Door, lead_id: int
) -> None:
    await move(control, lead_id)
    seen = await door.expect(2)
    status = next(one for one in seen if "leads[status][0][id]" in one.form())
    assert status.path == "/crm/demo/amocrm/demo-amocrm-secret"
    assert status.headers["user-agent"] == "amoCRM-WebHook-client/1.0"
    assert status.headers["content-type"] == "application/x-www-form-urlencoded"
    form = status.form()
    head = "leads[status][0]"
    assert form[f"{head}[id]"] == str(lead_id)
    assert (form[f"{head}[old_status_id]"], form[f"{head}[status_id]"]) == (NEW, SEARCH)
    assert (form["account[subdomain]"], form["account[id]"]) == ("demo", "31000001")
    assert form[f"{head}[custom_fields][0][values][0][value]"].startswith("Комната")
    # A date is a scalar, without [value].
    assert form[f"{head}[custom_fields][1][id]"] == "510002"
    assert form[f"{head}[custom_fields][1][values][0]"].isdigit()
    assert form[f"{head}[custom_fields][3][values][0][enum]"] == "610001"
    update = next(one for one in seen if one is not status).form()
    assert update["leads[update][0][status_id]"] == SEARCH


async def patch(sandbox: Running, path: str, body: dict[str, Any]) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        answer = await client.patch(
            f"{sandbox.url}/amocrm/api/v4{path}",
            json=body,
            headers={"Authorization": "Bearer demo-long-lived-token"},
        )
        assert answer.status_code == 200


async def test_a_changed_contact_is_told_once(sandbox: Running, door: Door, lead_id: int) -> None:
    contact = sandbox.world.amocrm.records.leads[lead_id].contact_ids[0]
    change = {"custom_fields_values": [{"field_id": 520001, "values": [{"value": "500"}]}]}
    for _ in range(2):
        await patch(sandbox, f"/contacts/{contact}", change)
    (seen,) = await door.expect(1)
    form = seen.form()
    head = "contacts[update][0]"
    assert not [key for key in form if key.startswith("leads")]
    assert (form[f"{head}[id]"], form[f"{head}[type]"]) == (str(contact), "contact")
    assert form[f"{head}[linked_leads_id][{lead_id}][ID]"] == str(lead_id)
    assert form[f"{head}[custom_fields][0][code]"] == "PHONE"
    assert form[f"{head}[custom_fields][1][id]"] == "520001"
    assert form[f"{head}[custom_fields][1][values][0][value]"] == "500"
    (sent,) = sandbox.world.amocrm.hooks.log
    assert (sent.entity, sent.event, sent.entity_id) == ("contacts", "update", contact)


async def test_results_and_a_price_are_told_as_updates(
    sandbox: Running, door: Door, lead_id: int
) -> None:
    change = {"custom_fields_values": [{"field_id": 510012, "values": [{"value": "8.5"}]}]}
    await patch(sandbox, f"/leads/{lead_id}", change | {"price": 3700})
    (seen,) = await door.expect(1)
    form = seen.form()
    assert form["leads[update][0][price]"] == "3700"
    last = max(int(key.split("[")[4][:-1]) for key in form if "[custom_fields]" in key)
    assert form[f"leads[update][0][custom_fields][{last}][id]"] == "510012"
    assert form[f"leads[update][0][custom_fields][{last}][values][0][value]"] == "8.5"


async def test_the_digital_pipeline_sends_ids_only(
    control: httpx.AsyncClient, door: Door, lead_id: int
) -> None:
    await control.put("/amocrm/hooks", json={"style": "ids_only", "account_id": False})
    await move(control, lead_id)
    forms = [seen.form() for seen in await door.expect(2)]
    status = next(form for form in forms if "leads[status][0][id]" in form)
    assert sorted(status) == [
        "account[_links][self]",
        "account[subdomain]",
        "leads[status][0][id]",
        "leads[status][0][old_pipeline_id]",
        "leads[status][0][old_status_id]",
        "leads[status][0][pipeline_id]",
        "leads[status][0][status_id]",
    ]


async def test_a_new_and_a_deleted_deal_are_told(control: httpx.AsyncClient, door: Door) -> None:
    made = (await control.post("/deals", json={"phone": None})).json()["ids"][0]
    await control.request("DELETE", f"/deals/{made}", headers={"Content-Type": "application/json"})
    forms = [seen.form() for seen in await door.expect(2)]
    assert {key.split("]")[0] for form in forms for key in form if key.startswith("leads")} == {
        "leads[add",
        "leads[delete",
    }


@pytest.mark.parametrize(("status", "attempts"), [(503, 5), (400, 3), (499, 5)])
async def test_bad_replies_are_retried(
    control: httpx.AsyncClient, door: Door, status: int, attempts: int
) -> None:
    door.answers = lambda _: Response(status_code=status)
    await control.post("/deals", json={})
    sent = await settled(control)
    assert [(hook["state"], len(hook["attempts"])) for hook in sent] == [("given_up", attempts)]


async def test_a_retry_that_is_accepted_ends_it(control: httpx.AsyncClient, door: Door) -> None:
    door.answers = lambda _: Response(status_code=204 if door.seen else 500)
    await control.post("/deals", json={})
    sent = await settled(control)
    assert [attempt["status"] for attempt in sent[0]["attempts"]] == ["500", "204"]


async def test_more_than_a_hundred_bad_replies_switch_hooks_off(
    control: httpx.AsyncClient, door: Door
) -> None:
    door.answers = lambda _: Response(status_code=400)
    await control.post("/deals", json={"count": 34})
    await settled(control)
    assert (await control.get("/amocrm/hooks")).json()["disabled"] is True
    await control.post("/deals", json={})
    assert (await hooks(control))[-1]["state"] == "disabled"
    await control.post("/amocrm/hooks/enable", json={})
    assert (await control.get("/amocrm/hooks")).json()["disabled"] is False


async def test_hooks_are_lost_and_doubled_on_demand(control: httpx.AsyncClient, door: Door) -> None:
    await control.put("/amocrm/hooks", json={"lose": 1})
    await control.post("/deals", json={})
    await control.put("/amocrm/hooks", json={"repeat": 3, "spread": 0.05})
    await control.post("/deals", json={})
    sent = await settled(control)
    assert [hook["state"] for hook in sent] == ["lost", "delivered", "delivered", "delivered"]
    assert len({seen.body for seen in door.seen}) == 1


async def test_the_apis_own_changes_are_told_too(
    sandbox: Running, door: Door, lead_id: int
) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        await client.patch(
            f"{sandbox.url}/amocrm/api/v4/leads/{lead_id}",
            json={"price": 7},
            headers={"Authorization": "Bearer demo-long-lived-token"},
        )
    form = (await door.expect(1))[0].form()
    assert form["leads[update][0][modified_user_id]"] == "8000000"
