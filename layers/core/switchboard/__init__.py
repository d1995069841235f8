"""Switchboard's core: everything the functions share. Imports point inward, towards `domain`."""
