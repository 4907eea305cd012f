import django.contrib.postgres.fields
from django.db import migrations, models

# What stood here was what the machine said.
PLAIN = (
    "UPDATE crm_formsubmission SET error = 'It could not be taken in. Press “Try again”.' WHERE error <> ''"
)


class Migration(migrations.Migration):
    dependencies = [("crm", "0017_day_of_deals")]
    operations = [
        migrations.RunSQL(["SET LOCAL ROLE portal_platform", PLAIN, "RESET ROLE"], migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="formsubmission", name="submission_due"),
        migrations.AddField(
            model_name="formsubmission",
            name="mail_attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="formsubmission",
            name="owed",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.EmailField(max_length=254), blank=True, default=list, size=None
            ),
        ),
        migrations.AlterField(
            model_name="formsubmission",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("held", "For you to look at"),
                    ("telling", "Mail on its way"),
                    ("processed", "Processed"),
                    ("failed", "Needs attention"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="formsubmission",
            index=models.Index(
                condition=models.Q(("status__in", ("queued", "telling"))),
                fields=["due_at"],
                name="submission_due",
            ),
        ),
        migrations.AddIndex(
            model_name="formsubmission",
            index=models.Index(
                condition=models.Q(("status__in", ("held", "failed"))),
                fields=["agency", "form"],
                name="submission_in_trouble",
            ),
        ),
    ]
