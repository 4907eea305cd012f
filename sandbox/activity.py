"""One activity (call, text, form, chat) and what of it can be seen at a given moment."""

from dataclasses import dataclass, field

from sandbox.exchange import Record

TRANSCRIPT_KEYS = ("transcription_text", "transcription", "transcription_segments")


@dataclass
class Activity:
    """``record`` is the vendor's object as it will be once everything has arrived.

    Its nested values are replaced, never changed in place: an answer being written may still hold them.
    Moments are seconds since 1970; None means never.
    """

    id: int
    account_id: int
    record: Record
    story: str = ""
    category: str = ""
    audio_at: float | None = None
    transcript_at: float | None = None
    score_at: float | None = None
    late_sale: Record | None = None  # what the vendor's own people will score
    own_sale: Record | None = None
    detail_only: list[str] = field(default_factory=list)  # fields that lists leave out

    @property
    def unix_time(self) -> int:
        return int(self.record["unix_time"])

    @property
    def position(self) -> tuple[int, int]:
        return self.unix_time, self.id

    def has_audio(self, now: float) -> bool:
        return self.audio_at is not None and now >= self.audio_at

    def has_transcript(self, now: float) -> bool:
        return self.transcript_at is not None and now >= self.transcript_at

    def sale(self, now: float) -> Record | None:
        if self.own_sale is not None:
            return self.own_sale
        return self.late_sale if self.score_at is not None and now >= self.score_at else None

    def rate(self, sale: Record | None) -> None:
        """Set or remove the rating; whatever was still to come from the vendor's people is dropped."""
        self.own_sale, self.late_sale, self.score_at = sale, None, None

    def seen(self, now: float, base_url: str, *, detail: bool = False) -> Record:
        """Return the vendor's object as it stands at ``now``."""
        view = dict(self.record)
        if self.audio_at is not None:
            view["audio"] = self._audio_url(base_url) if self.has_audio(now) else None
        if self.transcript_at is not None and now < self.transcript_at:
            view |= {key: [] if key.endswith("segments") else None for key in TRANSCRIPT_KEYS if key in view}
        if sale := self.sale(now):
            view["sale"] = sale
        if not detail:
            for key in self.detail_only:
                view.pop(key, None)
        return view

    def ringing(self, base_url: str) -> Record:
        """Return the object as a ``start`` webhook shows it: nothing is known yet but who calls whom."""
        view = self.seen(float("-inf"), base_url)
        view.pop("sale", None)
        in_progress = dict.fromkeys(("status", "call_status", "dial_status"), "in progress")
        unknown = dict.fromkeys(("duration", "talk_time", "ring_time", "hold_time", "wait_time"), 0)
        return {**view, **in_progress, **unknown, "tag_list": []}

    def _audio_url(self, base_url: str) -> str:
        given = self.record.get("audio")
        return given or f"{base_url}/api/v1/accounts/{self.account_id}/calls/{self.record['sid']}/recording"
