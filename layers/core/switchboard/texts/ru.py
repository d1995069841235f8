"""The Russian texts, the default."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "job.offered": ("<b>{title}</b>\n{conditions}{deadline}{pay}{skills}\nКто готов взять заказ?"),
    "job.claimed": (
        "<b>{title}</b>\n{conditions}{deadline}{pay}{skills}\n✅ Исполнитель найден: {first_name}"
    ),
    "job.withdrawn": "<s>{title}</s>\n\nЗаказ снят.",
    "job.done": "<b>{title}</b>\n\n✅ Выполнено. Исполнитель: {first_name}",
    "job.line.conditions": "\n{conditions}\n",
    "job.line.deadline": "\n🕒 Срок: {deadline}",
    "job.line.pay": "\n💰 Оплата: {pay}",
    "job.line.skills": "\n🛠 Нужно: {skills}\n",
    "job.button.contact": "Получить номер телефона клиента",
    "job.button.claim": "Забрать заказ",
    "chat.found": "Исполнитель найден: {first_name}. Заказ «{title}» больше не предлагается.",
    "chat.start_first": (
        "{first_name}, я не могу написать вам первым. Нажмите кнопку, затем «Старт» — "
        "и номер клиента по заказу «{title}» придёт вам в личные сообщения."
    ),
    "chat.button.start": "Открыть личный чат",
    "worker.claimed": (
        "Заказ «{title}» ваш.\n\nКлиент: {client}\nТелефон: {phone}\n{conditions}{deadline}{pay}"
    ),
    "worker.contact": (
        "Заказ «{title}»\n\nКлиент: {client}\nТелефон: {phone}\n\n"
        "Договорились? Нажмите «Забрать заказ» в группе."
    ),
    "worker.no_phone": (
        "Заказ «{title}»\n\nКлиент: {client}\nТелефона в карточке нет — уточните у менеджера."
    ),
    "worker.contact_gone": "Заказ «{title}» уже снят, номер клиента больше не выдаётся.",
    "worker.contact_taken": "Заказ «{title}» уже занят, исполнитель: {first_name}.",
    "worker.withdrawn": "Заказ «{title}» снят менеджером. Выполнять его не нужно.",
    "worker.greeting": (
        "Здравствуйте, {first_name}! Сюда приходят контакты клиентов по заказам из рабочего чата. "
        "Отвечать на это сообщение не нужно."
    ),
    "worker.link_invalid": (
        "{first_name}, эта ссылка выдана другому исполнителю или устарела. "
        "Нажмите кнопку под заказом в рабочем чате ещё раз."
    ),
    "manager.claimed": "✅ Заказ «{title}» взял исполнитель: {name}{login}\n{url}",
    "manager.unclaimed": (
        "⏳ Заказ «{title}» не взяли за {minutes} {minutes:минуту|минуты|минут}.\n{url}"
    ),
    "press.won": "Заказ ваш! Контакты клиента — в личных сообщениях.",
    "press.yours": "Этот заказ уже ваш.",
    "press.taken": "Заказ уже занят, исполнитель: {first_name}.",
    "press.gone": "Заказ больше не актуален.",
    "press.not_member": "Этот заказ предлагается в другом чате.",
    "press.unknown": "Такого заказа нет.",
    "press.stale": "Заказ предложен заново — нажмите кнопку под новым сообщением.",
    "press.contact_sent": "Отправляю номер в личные сообщения.",
    "crm.note": "Заказ взял исполнитель: {name}{login}",
    "crm.task": "Исполнитель найден: {name}{login}. Проверьте, что он связался с клиентом.",
}
