"""What the lint can find. Every code stands here once, with how to mend it; docs/playbook.md
shows this table."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Level = Literal["error", "warning"]


class Place(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


START = Place(1, 1)


class Finding(NamedTuple):
    """One thing to mend. `where` is the dotted path of the field, empty for the file as a whole."""

    line: int
    column: int
    level: Level
    code: str
    where: str
    reason: str
    advice: str


class Code(NamedTuple):
    level: Level
    meaning: str
    advice: str


CODES: Mapping[str, Code] = {
    # Reading the file.
    "file-unreadable": Code(
        "error",
        "The file or folder does not exist, cannot be read, or holds no playbook.",
        "Check the path; a playbook's name ends in .yaml or .yml.",
    ),
    "file-too-big": Code(
        "error", "The file is larger than 1 MB.", "A playbook is a few pages of text: shorten it."
    ),
    "file-not-utf8": Code(
        "error",
        "The file is not saved as UTF-8, so letters would be garbled.",
        "Save the file again with the encoding UTF-8.",
    ),
    "file-empty": Code("error", "The file says nothing.", "Start from playbooks/demo.yaml."),
    "yaml-syntax": Code(
        "error",
        "The file cannot be read as YAML from this place on.",
        "Compare the line with its neighbours: indentation, the colon and space after a name, "
        "closed quotes. A text with a colon, #, @ or % in it belongs in quotes.",
    ),
    "yaml-tab": Code(
        "error",
        "A tab stands where YAML wants spaces.",
        "Replace the tab by spaces, as in the lines around it.",
    ),
    "yaml-duplicate-key": Code(
        "error",
        "The same name stands twice in one place; only one of them could count.",
        "Remove one of the two.",
    ),
    "yaml-expands": Code(
        "error",
        "The file unfolds into far too many values, or nests too deeply.",
        "Write the values out instead of repeating them by `*name`.",
    ),
    "yaml-tag": Code(
        "error",
        "A YAML tag or merge (`!name`, `<<`) stands here, which a playbook does not use.",
        "Write the plain value.",
    ),
    "yaml-documents": Code(
        "error",
        "The file holds several documents, one after another.",
        "Keep one playbook per file: remove the second line `---` and what follows it.",
    ),
    "yaml-not-mapping": Code(
        "error",
        "The file is not a list of `name: value` lines.",
        "Start from playbooks/demo.yaml.",
    ),
    "yaml-ambiguous": Code(
        "warning",
        "Some programs read this word or number otherwise (`no` as false, `0123` as 83).",
        "Put it in quotes; for a switch, write true or false.",
    ),
    # What the model wants.
    "unknown-field": Code(
        "error", "There is no such field here.", "Remove it, or correct its name."
    ),
    "missing-field": Code(
        "error", "A field that must be there is missing.", "Add it; docs/playbook.md explains it."
    ),
    "wrong-kind": Code(
        "error",
        "`kind` is missing or names something that does not exist.",
        "Choose one of the kinds named in the reason.",
    ),
    "wrong-type": Code(
        "error",
        "The value is of the wrong sort: a text where a number belongs, for example.",
        "Write what the reason asks for. Text that looks like a number belongs in quotes.",
    ),
    "wrong-value": Code(
        "error",
        "The value is of the right sort but not one of those allowed.",
        "Write what the reason asks for.",
    ),
    "playbook-too-big": Code(
        "error",
        "The playbook does not fit into one item of the database.",
        "Shorten the texts.",
    ),
    # Secrets.
    "secret-pasted": Code(
        "error",
        "A secret's place is named by env:NAME or ssm:/path, and something else stands here, "
        "perhaps the secret itself.",
        "Move the value into the environment and write env:NAME here. If a real secret stood in "
        "the file, have a new one made: the old one has been seen.",
    ),
    "secret-missing": Code(
        "warning",
        "The environment holds no value for this secret. An error when secrets are checked.",
        "Set the variable before the program is started.",
    ),
    "secret-shared": Code(
        "error",
        "One secret is used for two purposes: whoever learns it in one place has both.",
        "Make a secret of its own for each purpose.",
    ),
    # Addresses.
    "plain-http": Code(
        "warning",
        "The address begins with http://, so secrets and phone numbers travel unencrypted.",
        "Write https://, unless the server stands in your own closed network.",
    ),
    "telegram-address": Code(
        "warning",
        "The token is appended to this address, and Bot API servers expect /bot before it.",
        "Let the address end in /bot.",
    ),
    "crm-path": Code(
        "error",
        "The path does not say which deal, or since when.",
        "Let `read` contain {deal}, and `changed` contain {since}.",
    ),
    "crm-placeholder": Code(
        "error",
        "The call to the CRM cannot fill in that placeholder.",
        "Use only the placeholders named in the reason.",
    ),
    # Stages, fields, people, chats.
    "nothing-to-do": Code(
        "error",
        "The playbook describes no work: neither jobs for workers nor surveys of clients.",
        "Add a section `dispatch` or `reviews`; playbooks/demo.yaml and playbooks/tyres.yaml have "
        "one each.",
    ),
    "search-missing": Code(
        "error",
        "No stage says that a deal is looking for a worker, so no job would ever be posted.",
        "Name the stage in crm.stages.search, or leave `dispatch` out.",
    ),
    "field-id": Code(
        "error",
        "The CRM has no field of this name, so it would refuse what is written.",
        "amoCRM's fields have numbers; those of your own in Bitrix24 are `ufCrm_…`, as "
        "`crm.item.fields` lists them.",
    ),
    "crm-user": Code(
        "error",
        "This CRM names its users by numbers.",
        "Write the number that ends the address of the user's page in the CRM.",
    ),
    "stage-twice": Code(
        "error",
        "A stage stands twice, in one list or in two, so its meaning is not clear.",
        "Leave it in one list, once.",
    ),
    "claimed-stage": Code(
        "error",
        "The stage for claimed deals also stands in a list, so a claim would reopen or close the "
        "job by itself.",
        "Choose a stage that stands in none of the lists, or leave claimed_stage out.",
    ),
    "field-twice": Code(
        "error",
        "Two things are kept in the same field of the CRM, and would overwrite each other.",
        "Give each a field of its own.",
    ),
    "worker-unnamed": Code(
        "error",
        "Nothing says who in Telegram this CRM user is.",
        "Add `telegram` (the number) or `login` (without the @).",
    ),
    "worker-twice": Code(
        "error",
        "The same worker stands in the list twice.",
        "Leave one entry for each worker.",
    ),
    "worker-login": Code(
        "error",
        "This is not a Telegram login.",
        "Write it without the @ and without https://t.me/, as in `login: ivan_petrov`.",
    ),
    "chats-same": Code(
        "error",
        "The manager's chat is the workers' chat, so workers would read the manager's notices.",
        "Give the manager a chat of his own, or leave manager_chat out.",
    ),
    "chat-not-group": Code(
        "warning",
        "A group's id is negative in Telegram; a positive one is a private chat.",
        "Copy the group's id with its minus sign.",
    ),
    "timezone-unknown": Code(
        "error",
        "There is no such time zone.",
        "Write it as Region/City, for example Europe/Moscow or Asia/Yekaterinburg.",
    ),
    "branch-twice": Code(
        "error",
        "Two playbooks are for the same branch; the second would replace the first.",
        "Give each branch one playbook.",
    ),
    "bot-twice": Code(
        "error",
        "Two playbooks use the same bot, and Telegram brings a bot's news to one address only.",
        "Make a bot of its own for each branch.",
    ),
    # Surveys.
    "survey-stage": Code(
        "error",
        "The stage that starts the survey also says that the deal goes on or came to nothing.",
        "Let the survey begin at the stage of finished work, and name that stage in no other of "
        "these lists.",
    ),
    "question-twice": Code(
        "error",
        "Two questions have the same id, so that one answer would replace the other.",
        "Give each question an id of its own.",
    ),
    "question-choices": Code(
        "error",
        "What may be chosen does not fit the question.",
        "Give a question of kind `choice` two choices or more, each another, and the other kinds "
        "none.",
    ),
    "result-question": Code(
        "error",
        "A field waits for the score of a question that asks for none.",
        "Write the id of a question of kind `score` or `nps`, or remove the line.",
    ),
    "score-missing": Code(
        "warning",
        "No question asks for a score, so nobody counts as happy or unhappy.",
        "Add a question of kind `score`. Without one leave `ask: happy` out.",
    ),
    "happy-low": Code(
        "warning",
        "Unhappy clients count as happy: nobody calls them, and they are sent to write reviews.",
        "Choose 8, or 7; below 6 is the worse half of the scale.",
    ),
    "quiet-hours": Code(
        "warning",
        "Clients may be written to in the night.",
        "Let the quiet hours begin at 22:00 or sooner and end at 08:00 or later.",
    ),
    "delay-long": Code(
        "warning",
        "Clients are asked later than `latest_hours` says that they may be.",
        "Shorten the delay or raise `latest_hours`.",
    ),
    "reminder-late": Code(
        "warning",
        "The survey closes before its reminder is due, so nobody is reminded.",
        "Remind sooner, close later, or write `remind_after_hours: null`.",
    ),
    "link-short": Code(
        "warning",
        "The link to the review dies sooner than the survey: who is late opens a dead link.",
        "Let link_days be at least as long as close_after_hours; 30 days is usual.",
    ),
    "asked-too-often": Code(
        "warning",
        "Nothing keeps the same client from being asked after every deal.",
        "Let some days pass: `again_after_days: 30` is usual.",
    ),
    "variant-weights": Code(
        "error",
        "The variants' weights are per cent of the clients, and do not add up to 100.",
        "Let them add up to 100, as 50 and 50.",
    ),
    "variant-twice": Code(
        "error",
        "Two variants have the same name, so their results could not be told apart.",
        "Give each variant a name of its own: A, B, C.",
    ),
    "variant-alone": Code(
        "warning",
        "There is one variant, so there is nothing to compare it with.",
        "Add a second one, or leave `variants` out and word the text under `texts`.",
    ),
    "variant-same": Code(
        "warning",
        "Two variants do not differ, so a comparison finds chance only.",
        "Give one of them another text or delay, or remove it.",
    ),
    # Reviews.
    "site-rule": Code(
        "warning",
        "The site's own rules forbid this. It takes such reviews down, and honest ones with them.",
        "Use the neutral mode for this site: `ask: everyone`, without a bonus.",
    ),
    "site-rule-unsure": Code(
        "warning",
        "Most review sites forbid rewards and asking only the happy; this one's rules are not "
        "known here.",
        "Read the site's rules for firms before you publish, or use the neutral mode: `ask: "
        "everyone`, without a bonus.",
    ),
    "site-address": Code(
        "error",
        "The address begins with http://, so that anybody on the way can send the client "
        "elsewhere, or leads nowhere.",
        "Open the page in a browser and copy its address; all review sites have https://.",
    ),
    "site-twice": Code(
        "error",
        "Two sites have the same name, so nobody could tell which one a client was sent to.",
        "Give each site a name of its own.",
    ),
    # Bonuses and 1C.
    "bonus-missing": Code(
        "error",
        "A site promises a bonus, and nothing says how much it is.",
        "Add the section reviews.bonus, or leave the site's `bonus` out.",
    ),
    "bonus-unearned": Code(
        "warning",
        "There is a bonus that nobody can earn.",
        "Write `bonus: true` for a site whose rules allow it, or remove reviews.bonus.",
    ),
    "bonus-stages": Code(
        "error",
        "A bonus would be offered without end, since no stage says that it is to be taken off or "
        "is spent.",
        "Name the stage where the bonus is taken off in `stages` and the one of finished work in "
        "`spent_stages`.",
    ),
    "bonus-unshown": Code(
        "warning",
        "Nobody who serves the client sees the bonus.",
        "Name in `stages` the stage of a new deal.",
    ),
    "bonus-unseen": Code(
        "warning",
        "The CRM does not show the client's bonuses.",
        "Make a field for it in the CRM and name it under crm.results.",
    ),
    "bonus-categories": Code(
        "error",
        "The kind of service is not known, so the bonus would fit no deal.",
        "Name the field in crm.fields.category (Bitrix24), or leave `categories` out.",
    ),
    "bonus-crm": Code(
        "error",
        "This kind of CRM cannot do what the bonus wants of it.",
        "Write `spend: show`: the manager then takes the bonus off by hand.",
    ),
    "loyalty-unused": Code(
        "warning",
        "A loyalty system is connected, and nothing is ever written there.",
        "Add reviews.bonus, or remove `loyalty`.",
    ),
    "onec-placeholder": Code(
        "error",
        "The call to 1C cannot fill in that placeholder.",
        "Use only the placeholders named in the reason.",
    ),
    "onec-incomplete": Code(
        "error",
        "1C could not tell what is wanted from this request.",
        "Let it hold {phone} and, where bonuses are moved, {amount} or {points}.",
    ),
    "onec-repeats": Code(
        "warning",
        "After a lost answer bonuses may be written twice: nothing tells a movement that arrived "
        "from one that did not.",
        "Name in `find` a path with {id} that answers with the movement, or let 1C take a PUT with "
        "{id}, the same movement however often it comes.",
    ),
    # WhatsApp and SMS.
    "telegram-only": Code(
        "warning",
        "Only clients who have met the bot in Telegram can be asked; all others are left out.",
        "Add the section `sms`, or `whatsapp` with a template `survey`.",
    ),
    "whatsapp-template": Code(
        "warning",
        "Without an approved template WhatsApp carries no message to a client who has not written "
        "first.",
        "Have the template approved and name it here, or add the section `sms`.",
    ),
    "whatsapp-unheard": Code(
        "warning",
        "Nothing that WhatsApp tells later is heard: a client who has no WhatsApp gets no SMS "
        "instead, and what clients answer there reaches nobody.",
        "Set up the webhook as docs/phones.md says, and write `app_secrets` and `verify_token` "
        "here.",
    ),
    "whatsapp-parameter": Code(
        "error",
        "This message has no value for that variable, and WhatsApp refuses an empty one.",
        "Use only the names in the reason, in the order of the template's variables.",
    ),
    "whatsapp-link": Code(
        "error",
        "The message would come without its link.",
        "Write `link: button` for a template whose button opens the link, or put `url` among the "
        "parameters.",
    ),
    "whatsapp-promise": Code(
        "warning",
        "One template invites to all sites, so it would promise a bonus of 0 where none is given.",
        "Use a template without the bonus, or none: the invitation then goes by SMS, worded for "
        "each site.",
    ),
    # Texts.
    "text-unknown": Code(
        "error",
        "The product says no text of this name.",
        "Correct the name; docs/playbook.md lists them all.",
    ),
    "text-empty": Code(
        "error",
        "The text is empty, and an empty message cannot be sent.",
        "Write something, or remove the line to use the usual wording.",
    ),
    "text-placeholder": Code(
        "error",
        "This text cannot fill in that placeholder.",
        "Use only the placeholders named in the reason.",
    ),
    "text-braces": Code(
        "error",
        "Braces stand here that are no placeholder, and the reader would see them.",
        "A placeholder is one name from the list in braces, as in {title}. Other braces must go.",
    ),
    "text-plural": Code(
        "error",
        "The forms of a word after a number are not as many as the language has, or stand after "
        "something that is no number.",
        "Russian takes three, `{minutes:минуту|минуты|минут}`; English two, "
        "`{minutes:minute|minutes}`.",
    ),
    "text-markup": Code(
        "error",
        "Telegram would refuse the text, or show its marks: a tag is unknown, not closed, closed "
        "in wrong order.",
        "Use `<b>`, `<i>`, `<u>`, `<s>`, `<code>`, `<pre>`, `<tg-spoiler>`, `<blockquote>` and "
        '`<a href="…">`, each closed; write `&lt;` `&gt;` `&amp;` for the signs themselves.',
    ),
    "text-markup-forbidden": Code(
        "error",
        "This text is shown as it is written: tags would be read as letters.",
        "Remove the tags.",
    ),
    "text-link": Code(
        "error",
        "This text is sent for the sake of its link, and the link is missing.",
        "Put {url} where the link should stand.",
    ),
    "text-too-long": Code(
        "error",
        "The text is longer than the place where it is shown allows.",
        "Shorten it; the reason says by how much.",
    ),
}


def finding(code: str, place: Place, where: str, reason: str, advice: str | None = None) -> Finding:
    """A finding of a known code, with the code's own advice unless a better one is given."""
    known = CODES[code]
    return Finding(*place, known.level, code, where, reason, advice or known.advice)
