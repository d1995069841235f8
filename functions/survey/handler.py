"""The survey page: survey links of every branch."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from switchboard.runtime.loading import loading

with loading():
    from switchboard.runtime import http
    from switchboard.runtime.wiring_survey import SurveyDoorSettings, survey_door

door = cache(lambda: survey_door(SurveyDoorSettings.load(os.environ)))


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    del context
    return door()(http.request(event))
