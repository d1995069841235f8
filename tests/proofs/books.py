"""What the books say of a bonus: our account, the contact, 1C, and the client's telephone."""

from collections.abc import Iterable

from tests.proofs.happy import Happy
from tests.proofs.report import Checks
from tests.proofs.tyres import ReviewStack

AMOUNT = 300


async def bonuses(stack: ReviewStack) -> int:
    """All that were ever earned."""
    return sum(len(one.sources) for one in (await stack.accounts()).values())


async def check_once(checks: Checks, stack: ReviewStack, clients: Iterable[Happy]) -> None:
    """Each has his bonus in every book once, and was told once."""
    shop = stack.sandbox
    grants, balances = await shop.grants(), await shop.onec_balances()
    accounts, deals = await stack.accounts(), await shop.bitrix_deals()
    told = await shop.all_arrivals()
    for one in clients:
        account = accounts.get(one.id)
        entries = account.entries if account else ()
        checks.equal(f"{one.phone}, bonuses", [entry.amount for entry in entries], [AMOUNT])
        amounts = [float(document["Сумма"]) for document in grants.get(one.phone, [])]
        checks.equal(f"{one.phone}, grants in 1C", amounts, [AMOUNT])
        checks.equal(f"{one.phone}, balance in 1C", balances.get(one.phone), AMOUNT)
        (contact,) = deals[one.deal]["contacts"]
        checks.equal(f"{one.phone}, balance in the card", contact["fields"].get("balance"), AMOUNT)
        news = [m for m in told.get(one.phone, []) if m["template"] == "tyres_bonus"]
        checks.equal(f"{one.phone}, times told", len(news), 1)


async def check_none(checks: Checks, stack: ReviewStack, clients: Iterable[Happy]) -> None:
    grants, accounts = await stack.sandbox.grants(), await stack.accounts()
    for one in clients:
        checks.equal(f"{one.phone}, bonuses", one.id in accounts, False)
        checks.equal(f"{one.phone}, grants in 1C", len(grants.get(one.phone, [])), 0)
