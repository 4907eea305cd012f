"""A mail server that keeps what it is given and shows it on a page; nothing leaves this machine."""
