"""What goes wrong with CallTrackingMetrics, in words."""

from crm.services.sync_problems import speaker, words_of

WORDS = words_of("CallTrackingMetrics") | {
    "unauthorised": "CallTrackingMetrics does not accept these keys. Create a new key pair there and enter it here.",
    "forbidden": "These keys work, but may not read this account. Choose another account, or let the keys see it.",
    "not_found": "CallTrackingMetrics does not know this account number. Check the number.",
    "no_accounts": "These keys are valid but see no account at all. Give them access to the account, then try again.",
    "wrong_account": "These keys don't see this account. They see: {accounts}.",
}
in_words = speaker(WORDS)
