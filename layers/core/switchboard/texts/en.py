"""The English texts."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "job.offered": "<b>{title}</b>\n{conditions}{deadline}{pay}{skills}\nWho will take the job?",
    "job.claimed": "<b>{title}</b>\n{conditions}{deadline}{pay}{skills}\n✅ Taken by {first_name}",
    "job.withdrawn": "<s>{title}</s>\n\nThe job has been withdrawn.",
    "job.done": "<b>{title}</b>\n\n✅ Done by {first_name}",
    "job.line.conditions": "\n{conditions}\n",
    "job.line.deadline": "\n🕒 Deadline: {deadline}",
    "job.line.pay": "\n💰 Pay: {pay}",
    "job.line.skills": "\n🛠 Needed: {skills}\n",
    "job.button.contact": "Get the client's phone number",
    "job.button.claim": "Take the job",
    "chat.found": "A worker is found: {first_name}. “{title}” is no longer offered.",
    "chat.start_first": (
        "{first_name}, I cannot write to you first. Press the button, then “Start”, and the "
        "client's number for “{title}” will come to you in private."
    ),
    "chat.button.start": "Open the private chat",
    "worker.claimed": (
        "“{title}” is yours.\n\nClient: {client}\nPhone: {phone}\n{conditions}{deadline}{pay}"
    ),
    "worker.contact": (
        "“{title}”\n\nClient: {client}\nPhone: {phone}\n\n"
        "Agreed? Press “Take the job” in the group."
    ),
    "worker.no_phone": (
        "“{title}”\n\nClient: {client}\nThe card holds no phone number: please ask the manager."
    ),
    "worker.contact_gone": "“{title}” has been withdrawn; the client's number is no longer given.",
    "worker.contact_taken": "“{title}” has already been taken by {first_name}.",
    "worker.withdrawn": "“{title}” has been withdrawn by the manager. Please do not carry it out.",
    "worker.greeting": (
        "Hello, {first_name}! The clients' contacts for jobs from the workers' chat come here. "
        "There is no need to answer this message."
    ),
    "worker.link_invalid": (
        "{first_name}, this link was made for another worker or is too old. "
        "Please press the button under the job in the workers' chat again."
    ),
    "manager.claimed": "✅ “{title}” was taken by {name}{login}\n{url}",
    "manager.unclaimed": (
        "⏳ Nobody has taken “{title}” in {minutes} {minutes:minute|minutes}.\n{url}"
    ),
    "press.won": "The job is yours! The client's contact is in your private messages.",
    "press.yours": "This job is already yours.",
    "press.taken": "The job has already been taken by {first_name}.",
    "press.gone": "The job is no longer offered.",
    "press.not_member": "This job is offered in another chat.",
    "press.unknown": "There is no such job.",
    "press.stale": "The job was offered anew: press the button under the new message.",
    "press.contact_sent": "The number is on its way to your private messages.",
    "client.greeting": (
        "Hello {first_name}! This is {company}. Share your phone number and we can write to you "
        "here: to ask how your visit was and to tell you about bonuses."
    ),
    "client.button.contact": "Share my number",
    "client.known": "Thank you, {first_name}! We are in touch now.",
    "client.foreign_card": (
        "{first_name}, this is somebody else's number. Press “Share my number” and Telegram "
        "will send yours."
    ),
    "client.nothing_asked": (
        "Thank you for your message! This bot only asks how your visit was. "
        "For anything else please call {company}."
    ),
    "survey.hello": "Hello {first_name}!",
    "survey.hello_stranger": "Hello!",
    "survey.invite": (
        "{hello} This is {company}. You have visited us lately: please tell us how it was. "
        "It takes a minute and helps us to do better."
    ),
    "survey.question": "<b>Question {n} of {total}.</b> {question}",
    "survey.question_only": "<b>{question}</b>",
    "survey.scale.score": "1 is very bad, 10 is excellent",
    "survey.scale.nps": "0 is never, 10 is certainly",
    "survey.button.back": "← Back",
    "survey.button.skip": "Skip",
    "survey.unclear": "We could not understand that. Please choose a button under the question.",
    "survey.written.score": "Answer with a number: 1 is very bad, 10 is excellent",
    "survey.written.nps": "Answer with a number: 0 is never, 10 is certainly",
    "survey.written.choice": "Answer with its number:",
    "survey.written.unclear": "We could not understand that. Please write your answer once more.",
    "survey.stopped": "Very well, no more questions. Sorry to have troubled you.",
    "survey.handed": "We have passed your words on, and a person will answer you.",
    "survey.reminder": "{company} is still waiting for your answer: it is only a moment.",
    "survey.thanks": "Thank you for your answers! They help us to do better.",
    "survey.closed": "The survey is closed. Thank you for your visit!",
    "survey.apology": (
        "We are very sorry about your visit. Thank you for telling us. "
        "The manager of {company} will be in touch by {until} to put it right."
    ),
    "survey.sms": "{hello} This is {company}. How was your visit? One minute: {url}",
    "survey.reminder_sms": "{company} is still waiting for your answer: {url}",
    "survey.apology_sms": (
        "We are sorry about your visit. The manager of {company} will call you by {until}."
    ),
    "review.invite": "Please tell others about your visit on {site}: reviews help them to choose.",
    "review.invite_bonus": (
        "Please tell others about us on {site}. Press the button and get {bonus} "
        "{bonus:bonus point|bonus points} for your next visit."
    ),
    "review.invite_sms": "Please tell others about {company} on {site}: {url}",
    "review.invite_bonus_sms": (
        "Tell others about us on {site} and get {bonus} {bonus:bonus point|bonus points}: {url}"
    ),
    "review.button": "Write a review",
    "bonus.granted": (
        "You have got {bonus} {bonus:bonus point|bonus points}. {balance} in all, "
        "to be spent by {until}."
    ),
    "bonus.granted_sms": (
        "{company}: {bonus} {bonus:bonus point|bonus points} added, {balance} in all. By {until}."
    ),
    "bonus.redeemed": (
        "{bonus} {bonus:bonus point|bonus points} went towards your visit. {balance} left."
    ),
    "bonus.redeemed_sms": (
        "{company}: {bonus} {bonus:bonus point|bonus points} spent, {balance} left."
    ),
    "bonus.expired": ("{bonus} {bonus:bonus point has|bonus points have} expired. {balance} left."),
    "bonus.expired_sms": (
        "{company}: {bonus} {bonus:bonus point|bonus points} expired, {balance} left."
    ),
    "loyalty.grant": "Bonus for a review, deal {deal}",
    "loyalty.redeem": "Spent in deal {deal}",
    "loyalty.restore": "Given back for deal {deal}",
    "loyalty.expire": "Expired, deal {deal}",
    "loyalty.reverse": "Bonus cancelled, deal {deal}",
    "crm.survey_note": "Client survey. Average: {average}, variant {variant}.\n{answers}",
    "crm.survey_task": "Low score ({average}): get in touch with the client.\n{answers}",
    "crm.survey_said": "The client writes: {text}",
    "crm.survey_talk_task": "The client waits for a person: {text}",
    "crm.bonus_shown": (
        "The client has {bonus} {bonus:bonus point|bonus points} for this deal, until {until}."
    ),
    "crm.bonus_taken_off": "The price is less by the client's {bonus} {bonus:point|points}.",
    "crm.bonus_not_taken_off": (
        "The price was changed by hand, so the client's {bonus} {bonus:point|points} are not "
        "taken off it. Please see to them."
    ),
    "crm.bonus_given_back": (
        "The client's {bonus} {bonus:point is|points are} not for this deal any more. If the "
        "price was lowered by that and nobody has changed it since, it is put back."
    ),
    "crm.bonus_stuck": (
        "Not written into the loyalty system: {movement}, {bonus} {bonus:point|points}. The "
        "deal's client has another phone now, and we do not know the one he had. Please write it "
        "down by hand."
    ),
    "crm.note": "The job was taken by {name}{login}",
    "crm.task": "A worker is found: {name}{login}. Check that he has reached the client.",
    "page.review.from": "{company} writes to you",
    "page.review.title": "Your review on “{site}”",
    "page.review.bonus": "For your press: {bonus} {bonus:bonus point|bonus points}",
    "page.review.whom": (
        "The bonus goes to the person whom we sent this link, and once. "
        "If it was forwarded to you, the site will open, but the bonus will not be yours."
    ),
    "page.review.any": "The bonus does not depend on what you write, or whether you write at all.",
    "page.review.button": "Open “{site}”",
    "page.review.again": (
        "We could not tell whether a person pressed the button. Please press it once more."
    ),
    "page.unknown.title": "There is no such link",
    "page.unknown.text": (
        "Perhaps it was not copied as a whole. Please open the link from our message itself."
    ),
    "page.expired.title": "This link is no longer valid",
    "page.expired.text": "Its time is over. Thank you for looking in!",
    "page.refused.title": "That did not work",
    "page.refused.text": "Please open the link once more from our message itself.",
    "page.survey.title": "How was it?",
    "page.survey.intro": "Please answer: it takes a minute and helps us to do better.",
    "page.survey.optional": "(if you like)",
    "page.survey.score.low": "1 is very bad",
    "page.survey.score.high": "10 is excellent",
    "page.survey.nps.low": "0 is never",
    "page.survey.nps.high": "10 is certainly",
    "page.survey.send": "Send",
    "page.survey.incomplete": "Some questions have no answer yet: they are marked below.",
    "page.survey.strange": "Your answers did not come as a whole. Please choose them again.",
    "page.survey.busy": "Your answers were not saved. Please send them again in a minute.",
    "page.survey.again": "Please press “Send” once more.",
    "page.survey.choose": "Please choose an answer.",
    "page.survey.too_long": "That is too long: please shorten it.",
    "page.thanks.title": "Thank you!",
    "page.thanks.text": "Your answers have arrived. You can close this page.",
}
