"""The page behind a review link with a bonus: who writes, what the button does, for whom."""

from switchboard.pages.frame import Words, page
from switchboard.store.links import Link

_BODY = """<section class="card">
<p class="from">{company}</p>
<h1>{title}</h1>
{again}<p class="bonus">{bonus}</p>
<p>{whom}</p>
<form method="post">
<button>{button}</button>
</form>
</section>
<p class="note">{any}</p>"""


def review_page(link: Link, *, again: bool = False) -> str:
    """`again`: the press could not be told from a program's, and is asked for once more."""
    words = Words(link.page.language, link.page.texts)
    title = words("page.review.title", site=link.site)
    body = _BODY.format(
        company=words("page.review.from", company=link.page.company),
        title=title,
        again=f'<p class="problem" role="alert">{words("page.review.again")}</p>\n' * again,
        bonus=words("page.review.bonus", bonus=link.bonus),
        whom=words("page.review.whom"),
        any=words("page.review.any"),
        button=words("page.review.button", site=link.site),
    )
    return page(words, title, body)
