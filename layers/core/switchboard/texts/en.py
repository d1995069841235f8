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
    "crm.note": "The job was taken by {name}{login}",
    "crm.task": "A worker is found: {name}{login}. Check that he has reached the client.",
}
