"""One plain sentence on what the caller wanted, made of the caller's own words. Nothing is added that was not said."""

import re
from collections.abc import Sequence, Set

from crm.classification.facts import CallFacts
from crm.classification.speech import Sentence

MAX_WORDS = 30
FIRST_SENTENCES = 6  # people say early what they want
I_AM = r"\b(?:i|we)(?:'m|'re| am| are| was| were)? (?:also |just |still |actually )?"
WISHES = [
    (re.compile(pattern, re.IGNORECASE), opening)
    for pattern, opening in [
        (r"\b(?:i|we)(?:'d| would)(?: really| also| just)? (?:like|love) (.+)", "Would like "),
        (r"\b(?:i|we) would like (.+)", "Would like "),
        (rf"{I_AM}(?:wondering|hoping|wanted to ask|want to ask) (?:if|whether) (.+)", "Asked whether "),
        (rf"{I_AM}calling (?:you )?(?:about|regarding) (.+)", "Called about "),
        (rf"{I_AM}calling (to .+)", "Called "),
        (rf"(?:{I_AM}|^)(looking (?:for|into|to) .+)", "Is "),
        (rf"(?:{I_AM}|^)(interested in .+)", "Is "),
        (rf"{I_AM}(?:starting to think|thinking) (?:about|of) (.+)", "Is thinking about "),
        (rf"{I_AM}(dreaming (?:about|of) .+)", "Is "),
        (rf"{I_AM}(trying to .+)", "Is "),
        (rf"{I_AM}(getting quotes .+)", "Is "),
        (rf"{I_AM}want(?:ed)? (.+)", "Wants "),
        (rf"{I_AM}need (.+)", "Needs "),
    ]
]
HAS = re.compile(r"^(?:i|we)(?:'ve got| have) (?!been|to |had|never|not)(.+)", re.IGNORECASE)
THEY = {
    "i": "they", "we": "they", "me": "them", "us": "them", "my": "their", "our": "their", "mine": "theirs",
    "ours": "theirs", "myself": "themselves", "ourselves": "themselves", "i'm": "they're", "we're": "they're",
    "i've": "they've", "we've": "they've", "i'd": "they'd", "we'd": "they'd", "i'll": "they'll", "we'll": "they'll",
    "am": "are",
}  # fmt: skip
PERSON = re.compile(rf"\b(?:{'|'.join(sorted(THEY, key=len, reverse=True))})\b(?!')", re.IGNORECASE)
NEXT_CLAUSE = re.compile(
    r", (?:i|we|they) .*|,? (?:and|but|so|if|because) (?:i|we|i'm|we're|it|it's|there|there's|then|wanted)\b.*",
    re.IGNORECASE,
)
SAYS_NOTHING = re.compile(
    r"^(?:to (?:know|ask|do|talk|move)\b.{0,8}|.*\b(?:it|that|this|them)(?: \w+)?)$", re.IGNORECASE
)
TO_THE_BUSINESS = re.compile(r"\b(?:you|your|you're|y'all|was)\b", re.IGNORECASE)
GREETS = re.compile(
    r"^(?:(?:(?i:hi|hello|hey|yes|yeah|okay|ok|um|uh|so|well|please|quick question"
    r"|good (?:morning|afternoon|evening|day))"
    r"(?:\b(?!')|(?= ))(?: there\b(?!')| [A-Z][a-z]+(?=,))?)[\s,.!?]*)+",
)
INTRODUCES = re.compile(
    r"^(?:this is|it's|my name(?:'s| is)|i'm an? (?:existing|current)|thank)\b", re.IGNORECASE
)


def summary_of(said: Sequence[Sentence], facts: CallFacts, wishes: Set[int]) -> str:
    """Say what the caller wanted: in reported speech where a rule can make it, otherwise quoted.

    ``wishes`` are the places of the sentences that tell most; the first of them is the one to quote.
    """
    if not said:
        return without_words(facts)
    for sentence in said[:FIRST_SENTENCES]:
        if wish := reported(sentence.text):
            return wish
    telling = sorted((each for each in said if _is_telling(each.text)), key=lambda it: it.order not in wishes)
    words = telling[0].text if telling else said[0].text
    return _quoted(words, is_written=facts.kind in ("text", "form", "chat"))


def reported(text: str) -> str:
    """Turn ``I'd like to book a cleaning`` into ``Would like to book a cleaning.``; "" when no rule fits."""
    plain = text.replace("’", "'")
    for pattern, opening in WISHES:
        if match := pattern.search(plain):
            words = _in_third_person(match.group(1))
            if words and opening == "Is ":
                words = words[0].lower() + words[1:]
            return words and f"{opening}{words}."
    return ""


def _in_third_person(words: str) -> str:
    """The clause as somebody else would tell it, or "" when it says too little or speaks to the business."""
    clause = NEXT_CLAUSE.sub("", words).rstrip(" .?!,")
    if SAYS_NOTHING.match(clause) or TO_THE_BUSINESS.search(clause) or not clause:
        return ""
    return _short(PERSON.sub(lambda each: THEY[each.group().lower()], clause))


def _is_telling(text: str) -> bool:
    words = GREETS.sub("", text.replace("’", "'"))
    return len(words.split()) >= 4 and (words.endswith("?") or not INTRODUCES.match(words))


def _quoted(text: str, *, is_written: bool) -> str:
    words = GREETS.sub("", text) or text
    words = words[0].upper() + words[1:]
    if (has := HAS.match(words.replace("’", "'"))) and (what := _in_third_person(has.group(1))):
        return f"Has {what}."
    opening = "Asked" if words.endswith("?") else "Wrote" if is_written else "Caller said"
    return f"{opening}: “{_short(words)}”"


def _short(words: str) -> str:
    parts = words.split()
    return " ".join(parts) if len(parts) <= MAX_WORDS else " ".join(parts[:MAX_WORDS]) + "…"


def without_words(facts: CallFacts) -> str:
    """Say what happened when the caller said nothing."""
    if facts.kind != "call":
        return (
            facts.message_body
            and f"{'Sent' if facts.direction == 'outbound' else 'Note'}: “{_short(facts.message_body)}”"
        )
    if facts.status == "voicemail":
        return "Left a voicemail without details."
    if facts.answered is not False:
        return (
            "The call was answered, but there is no transcript."
            if facts.answered
            else "There is no transcript."
        )
    if facts.status == "busy":
        return "The line was busy."
    if not facts.duration_s:
        return "Nobody answered."
    seconds = f"{facts.duration_s} second{'' if facts.duration_s == 1 else 's'}"
    return f"Nobody answered. {'It' if facts.direction == 'outbound' else 'The caller'} rang for {seconds}."
