"""Does with each message what its body says, and notes what it saw."""

import json
import os
import time
from typing import Any

from tiny import client, note


def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    failures = []
    for record in event["Records"]:
        order = json.loads(record["body"])
        attempt = int(record["attributes"]["ApproximateReceiveCount"])
        note(
            "seen",
            f"{time.time_ns()}",
            name=order["name"],
            attempt=str(attempt),
            pid=str(os.getpid()),
            batch=str(len(event["Records"])),
            record=json.dumps(record),
        )
        if attempt > order.get("times", 1):
            note("done", f"{time.time_ns()}", name=order["name"])
            continue
        act = order.get("do", "succeed")
        if act == "fail":
            failures.append({"itemIdentifier": record["messageId"]})
        elif act == "raise":
            raise RuntimeError("as ordered")
        elif act == "die":
            os._exit(7)
        elif act == "hang":
            time.sleep(60)
        elif act == "later":
            client("sqs").change_message_visibility(
                QueueUrl=queue_url(record),
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=order["seconds"],
            )
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            time.sleep(order.get("seconds", 0))
            note("done", f"{time.time_ns()}", name=order["name"])
    return {"batchItemFailures": failures}


def queue_url(record: dict[str, Any]) -> str:
    name = record["eventSourceARN"].rsplit(":", 1)[1]
    return str(client("sqs").get_queue_url(QueueName=name)["QueueUrl"])
