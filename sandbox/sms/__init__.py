"""Stand-in for the SMS gateway SMSC.ru."""
