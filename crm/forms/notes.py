from django import forms

from crm.forms import NoteForm
from crm.models import Note


class LeadNoteForm(NoteForm):
    """A note on a person's page."""

    note_type = forms.ChoiceField(
        label="Kind",
        choices=Note.NoteType,
        initial=Note.NoteType.NOTE,
        required=False,
        error_messages={"invalid_choice": "Choose one of the kinds in the list."},
    )
    pinned = forms.BooleanField(label="Keep at the top", required=False)

    def clean_note_type(self) -> str:
        return self.cleaned_data["note_type"] or Note.NoteType.NOTE
