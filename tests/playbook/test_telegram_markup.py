"""What Telegram's HTML mode takes (Bot API, Formatting options)."""

import pytest

from switchboard.playbook.rules import markup


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "<b>bold</b>",
        "<b><i>both</i></b>",
        "<strong>a</strong><em>b</em><ins>c</ins>",
        "<s>a</s><strike>b</strike><del>c</del><u>d</u>",
        "<B>capitals</B>",
        "AT&T",
        "a & b",
        '<a href="https://example.test/?a=1&amp;b=2">link</a>',
        "<a href='tg://user?id=1'>one</a>",
        '<a href="{url}">deal</a>',
        "<code>x</code>",
        '<pre><code class="language-python">x</code></pre>',
        "<tg-spoiler>x</tg-spoiler>",
        '<span class="tg-spoiler">x</span>',
        "&lt;&gt;&amp;&quot;&#65;",
        "<blockquote>x</blockquote>",
        "<blockquote expandable>x</blockquote>",
        "<b>{title}</b>",
        "",
    ],
)
def test_well_formed(text: str) -> None:
    assert markup.problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "<b>",
        "</b>",
        "<b><i></b></i>",
        "<b></i>",
        "<br>",
        "<div>x</div>",
        "<b >>",
        "a < b",
        "a > b",
        "<a>x</a>",
        "<a href=x>y</a>",
        '<a href="">x</a>',
        '<b style="x">y</b>',
        "<script>x</script>",
        '<img src="x">',
        "<span>x</span>",
        "&nbsp;",
        "&mdash;",
        "<",
        "<b",
        "< b>x</b>",
        '<a href="{title}">x</a>',
        "<b/>",
        "<!-- -->",
        "<p>x</p>",
        "<ul><li>x</li></ul>",
    ],
)
def test_refused_with_a_reason(text: str) -> None:
    reason = markup.problem(text)
    assert reason is not None
    assert reason.endswith(".")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("<b>a</b>&amp;<i>b</i>", "a&b"), ("a < b", "a < b"), ("&lt;b&gt;", "<b>"), ("", "")],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert markup.shown(text) == shown
