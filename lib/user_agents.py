"""What a browser says of itself, as a person would say it."""

# The first that is found names it: most say that they are also what came before them.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def in_words(user_agent: str) -> str:
    """For example "Firefox on Windows"; "an unknown browser" for what is not one of the common ones."""
    browser = _first(BROWSERS, user_agent)
    system = _first(SYSTEMS, user_agent)
    if not browser:
        return f"a browser on {system}" if system else "an unknown browser"
    return f"{browser} on {system}" if system else browser


def as_title(user_agent: str) -> str:
    """The same, to begin a line with: "An unknown browser"."""
    words = in_words(user_agent)
    return words[:1].upper() + words[1:]


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if sign in user_agent), "")
