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
    "client.greeting": (
        "Здравствуйте, {first_name}! Это «{company}». Поделитесь номером телефона — "
        "и мы сможем писать вам сюда: спросить, как прошёл визит, и рассказать о бонусах."
    ),
    "client.button.contact": "Поделиться номером",
    "client.known": "Спасибо, {first_name}! Теперь мы на связи.",
    "client.foreign_card": (
        "{first_name}, это номер другого человека. Нажмите кнопку «Поделиться номером» — "
        "Telegram пришлёт ваш."
    ),
    "client.nothing_asked": (
        "Спасибо за сообщение! Этот бот только спрашивает, как прошёл визит. "
        "По остальным вопросам, пожалуйста, позвоните в «{company}»."
    ),
    "survey.hello": "Здравствуйте, {first_name}!",
    "survey.hello_stranger": "Здравствуйте!",
    "survey.invite": (
        "{hello} Это «{company}». Вы недавно были у нас — расскажите, пожалуйста, как всё прошло. "
        "Это займёт минуту и поможет нам работать лучше."
    ),
    "survey.question": "<b>Вопрос {n} из {total}.</b> {question}",
    "survey.question_only": "<b>{question}</b>",
    "survey.scale.score": "1 — очень плохо, 10 — отлично",
    "survey.scale.nps": "0 — ни за что, 10 — обязательно",
    "survey.button.back": "← Назад",
    "survey.button.skip": "Пропустить",
    "survey.unclear": "Не получилось понять ответ. Выберите, пожалуйста, кнопку под вопросом.",
    "survey.written.score": "Ответьте числом: 1 — очень плохо, 10 — отлично",
    "survey.written.nps": "Ответьте числом: 0 — ни за что, 10 — обязательно",
    "survey.written.choice": "Ответьте номером:",
    "survey.written.unclear": "Не получилось понять ответ. Напишите его, пожалуйста, ещё раз.",
    "survey.stopped": "Хорошо, больше ни о чём не спросим. Извините за беспокойство.",
    "survey.handed": "Передали ваши слова администратору, он ответит вам.",
    "survey.reminder": "«{company}» ещё ждёт ваш ответ: осталось совсем немного.",
    "survey.thanks": "Спасибо за ответы! Они помогают нам становиться лучше.",
    "survey.closed": "Опрос закрыт. Спасибо, что были у нас!",
    "survey.apology": (
        "Нам очень жаль, что визит вас огорчил. Спасибо, что рассказали. "
        "Руководитель «{company}» свяжется с вами до {until}, чтобы всё исправить."
    ),
    "survey.sms": "{hello} Это {company}. Как прошёл визит? Ответьте за минуту: {url}",
    "survey.reminder_sms": "{company} ещё ждёт ваш ответ о визите: {url}",
    "survey.apology_sms": (
        "Нам жаль, что визит вас огорчил. Руководитель «{company}» позвонит вам до {until}."
    ),
    "review.invite": (
        "Расскажите, пожалуйста, о визите на «{site}»: отзывы помогают другим выбрать."
    ),
    "review.invite_bonus": (
        "Расскажите о нас на «{site}». За переход по кнопке начислим {bonus} "
        "{bonus:бонус|бонуса|бонусов} — их можно потратить в следующий визит."
    ),
    "review.invite_sms": "Расскажите о визите в «{company}» на «{site}»: {url}",
    "review.invite_bonus_sms": (
        "Расскажите о нас на «{site}» и получите {bonus} {bonus:бонус|бонуса|бонусов}: {url}"
    ),
    "review.button": "Оставить отзыв",
    "bonus.granted": (
        "Начислили вам {bonus} {bonus:бонус|бонуса|бонусов}. Всего {balance}, "
        "потратить можно до {until}."
    ),
    "bonus.granted_sms": (
        "{company}: начислено {bonus} {bonus:бонус|бонуса|бонусов}, всего {balance}. До {until}."
    ),
    "bonus.redeemed": (
        "Списали {bonus} {bonus:бонус|бонуса|бонусов} за визит. Осталось {balance}."
    ),
    "bonus.redeemed_sms": (
        "{company}: списано {bonus} {bonus:бонус|бонуса|бонусов}, осталось {balance}."
    ),
    "bonus.expired": (
        "Сгорело {bonus} {bonus:бонус|бонуса|бонусов}: срок вышел. Осталось {balance}."
    ),
    "bonus.expired_sms": (
        "{company}: сгорело {bonus} {bonus:бонус|бонуса|бонусов}, осталось {balance}."
    ),
    "loyalty.grant": "Бонус за отзыв, сделка {deal}",
    "loyalty.redeem": "Списание в сделке {deal}",
    "loyalty.restore": "Возврат по сделке {deal}",
    "loyalty.expire": "Срок вышел, сделка {deal}",
    "loyalty.reverse": "Отмена бонуса, сделка {deal}",
    "crm.survey_note": "Опрос клиента. Средняя оценка: {average}, вариант {variant}.\n{answers}",
    "crm.survey_task": "Низкая оценка ({average}): свяжитесь с клиентом.\n{answers}",
    "crm.survey_said": "Клиент пишет: {text}",
    "crm.survey_talk_task": "Клиент ждёт ответа человека: {text}",
    "crm.bonus_shown": (
        "У клиента {bonus} {bonus:бонус|бонуса|бонусов} на эту сделку, действуют до {until}."
    ),
    "crm.bonus_taken_off": "Цена уменьшена на {bonus} {bonus:бонус|бонуса|бонусов} клиента.",
    "crm.bonus_not_taken_off": (
        "Цену изменили вручную, {bonus} {bonus:бонус|бонуса|бонусов} клиента не списаны с неё. "
        "Учтите их сами."
    ),
    "crm.bonus_given_back": (
        "{bonus} {bonus:бонус|бонуса|бонусов} клиента больше не для этой сделки. "
        "Если цена была уменьшена на них и её не меняли вручную, она восстановлена."
    ),
    "crm.bonus_stuck": (
        "Не записано в систему лояльности: {movement}, "
        "{bonus} {bonus:бонус|бонуса|бонусов}. У клиента сделки теперь другой телефон, "
        "и прежнего мы не знаем. Запишите это вручную."
    ),
    "crm.note": "Заказ взял исполнитель: {name}{login}",
    "crm.task": "Исполнитель найден: {name}{login}. Проверьте, что он связался с клиентом.",
    "page.review.from": "Вам пишет {company}",
    "page.review.title": "Отзыв на сайте «{site}»",
    "page.review.bonus": "За нажатие — {bonus} {bonus:бонус|бонуса|бонусов}",
    "page.review.whom": (
        "Бонус получит только тот, кому мы отправили эту ссылку, и только один раз. "
        "Если ссылку вам переслали, сайт откроется, но бонус придёт не вам."
    ),
    "page.review.any": "Бонус не зависит от того, что вы напишете и напишете ли вообще.",
    "page.review.button": "Открыть «{site}»",
    "page.review.again": "Мы не поняли, человек ли нажал кнопку. Нажмите её ещё раз, пожалуйста.",
    "page.unknown.title": "Такой ссылки нет",
    "page.unknown.text": (
        "Возможно, она скопирована не полностью. Откройте ссылку прямо из нашего сообщения."
    ),
    "page.expired.title": "Ссылка больше не действует",
    "page.expired.text": "Её срок закончился. Спасибо, что заглянули!",
    "page.refused.title": "Не получилось",
    "page.refused.text": "Откройте ссылку ещё раз прямо из нашего сообщения.",
    "page.survey.title": "Как всё прошло?",
    "page.survey.intro": "Ответьте, пожалуйста: это займёт минуту и поможет нам стать лучше.",
    "page.survey.optional": "— если хотите",
    "page.survey.score.low": "1 — очень плохо",
    "page.survey.score.high": "10 — отлично",
    "page.survey.nps.low": "0 — ни за что",
    "page.survey.nps.high": "10 — обязательно",
    "page.survey.send": "Отправить",
    "page.survey.incomplete": "Остались вопросы без ответа — они отмечены ниже.",
    "page.survey.strange": "Ответы пришли не полностью. Отметьте их ещё раз, пожалуйста.",
    "page.survey.busy": "Ответы не сохранились. Отправьте их ещё раз через минуту, пожалуйста.",
    "page.survey.again": "Нажмите «Отправить» ещё раз, пожалуйста.",
    "page.survey.choose": "Выберите ответ.",
    "page.survey.too_long": "Слишком длинно: сократите, пожалуйста.",
    "page.thanks.title": "Спасибо!",
    "page.thanks.text": "Ваши ответы у нас. Эту страницу можно закрыть.",
}
