"""The sender: one effect to one chat or one CRM, once per effect id, at the provider's pace.

    pace     is this chat (and this bot) due? if not, the effect goes back to its queue for a while
    begin    a lease on the effect's id: whoever else has it is told so
    act      one call to the provider
    finish   done, with what the provider called it

How often it can happen, by provider: a CRM's fields are written with the same values again, its
notes and tasks are read back before a second attempt (effectively once). 1C's movements carry a key
of ours. SMSC is asked for the message before it is sent again. Telegram and WhatsApp have neither
key nor read-back for new messages: the post of a job is looked for before it is sent again, and any
other message may come twice if the sender dies in the very moment of sending.
"""
