"""Answers as the request's body or query asks it to."""

import base64
import json
import os
import time
from typing import Any


def handler(event: dict[str, Any], context: Any) -> Any:
    order = event.get("queryStringParameters", {}).get("do", "event")
    if order == "event":
        known = {
            "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis(),
        }
        return {"statusCode": 200, "body": json.dumps({"event": event, "context": known})}
    if order == "environment":
        return {
            name: os.environ.get(name)
            for name in event["queryStringParameters"]["names"].split(",")
        }
    if order == "binary":
        body = base64.b64decode(event["body"])
        answer = base64.b64encode(bytes(reversed(body))).decode()
        headers = {"Content-Type": "application/octet-stream", "X-Number": 5}
        cookies = ["a=1; Secure", "b=2"]
        return {
            "statusCode": 201,
            "headers": headers,
            "cookies": cookies,
            "body": answer,
            "isBase64Encoded": True,
        }
    if order == "text":
        return "plain"
    if order == "nothing":
        return {"statusCode": 204}
    if order == "raise":
        raise RuntimeError("as ordered")
    if order == "die":
        os._exit(7)
    if order == "nonsense":
        return {"statusCode": "what"}
    if order == "large":
        return "x" * int(event["queryStringParameters"]["size"])
    if order == "sleep":
        time.sleep(float(event["queryStringParameters"]["seconds"]))
        return {"pid": os.getpid()}
    raise ValueError(order)
