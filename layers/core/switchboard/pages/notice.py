"""Pages that only say something: a link that leads nowhere, answers that have come in."""

from switchboard.pages.frame import Words, page

_BODY = """<section class="card">
<h1>{title}</h1>
<p>{text}</p>
</section>"""


def notice(words: Words, key: str) -> str:
    """The texts `page.<key>.title` and `page.<key>.text`."""
    title = words(f"page.{key}.title")
    return page(words, title, _BODY.format(title=title, text=words(f"page.{key}.text")))
