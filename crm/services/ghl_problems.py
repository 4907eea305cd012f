"""What goes wrong with GoHighLevel, in words."""

from crm.services.sync_problems import speaker, words_of

WORDS = words_of("GoHighLevel") | {
    "unauthorised": (
        "GoHighLevel does not accept this token. Create a new private integration token there, and enter it here."
    ),
    "forbidden": (
        "This token works, but may not read what we need. In GoHighLevel, let it view conversations, messages, "
        "contacts and the location."
    ),
    "not_found": "GoHighLevel does not know this location. Check its id.",
}
in_words = speaker(WORDS)
