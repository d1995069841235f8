"""Which of a CRM's fields takes which result of a survey."""

from collections.abc import Mapping

from switchboard.playbook.model import Results

Result = str | int | float


def by_field(fields: Results, results: Mapping[str, Result]) -> dict[str, Result]:
    """The results by the ids of their fields. What the playbook gives no field is left out."""
    ids = {f"score_{question}": field for question, field in fields.scores.items()}
    for name in ("average", "variant", "answers", "review", "bonus"):
        field = getattr(fields, name)
        if field is not None:
            ids[name] = field
    return {ids[name]: value for name, value in results.items() if name in ids}
