"""Stand-ins for the providers Switchboard talks to, and one page to play the whole story.

Knows Switchboard only through HTTP: it calls the doors, and Switchboard calls it through the
base URLs of the playbook. All state is in memory.
"""
