"""A sender is killed at every call to its table while it posts; there is one post in the end."""

from typing import Any

import pytest

from switchboard.store.database import Database
from switchboard.store.deliveries import Deliveries
from tests.flows.story import WORKERS_CHAT
from tests.pipeline.mortal import Died, Life, MortalDatabase
from tests.pipeline.test_sender import Office
from tests.store.conftest import Tables


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_a_sender_killed_at_any_call_leaves_one_post(
    moto: Any, moto_tables: Tables, acted: bool
) -> None:
    calls = 1
    death = 0
    while death < calls:
        death += 1
        office = Office(Database(moto), moto_tables)
        table, living = moto_tables("deliveries"), Life()
        # Another message of ours is known already, as in any chat that is in use.
        office.messenger.talk(WORKERS_CHAT, "Всем доброе утро")
        Deliveries(Database(moto), table).saw_message("demo", WORKERS_CHAT, 1, "before")
        office.deliveries = Deliveries(MortalDatabase(Database(moto), living), table)
        office.deliver(office.post.model_copy(update={"id": "counted"}))
        calls = living.calls

        effect = office.post.model_copy(update={"text": f"Заказ {death}"})
        dying = MortalDatabase(Database(moto), Life(death, acted=acted))
        office.deliveries = Deliveries(dying, table)
        with pytest.raises(Died):
            office.deliver(effect)
        assert office.deliver(effect) in ("delivered", "repeated")
        assert office.chat(WORKERS_CHAT).count(effect.text) == 1, f"killed at call {death}"
    assert calls > 2
