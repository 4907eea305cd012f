from django.db import migrations, models

# A row of the ledger must follow the one before, whoever writes it.
FOLLOWS = """
CREATE FUNCTION accounts_ledger_follows() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE last_seq integer := 0; last_balance integer := 0;
BEGIN
  SELECT seq, balance_after INTO last_seq, last_balance FROM accounts_credittransaction
    WHERE agency_id = NEW.agency_id AND client_id = NEW.client_id ORDER BY seq DESC LIMIT 1;
  IF NEW.seq <> coalesce(last_seq, 0) + 1 OR NEW.balance_after <> coalesce(last_balance, 0) + NEW.delta THEN
    RAISE EXCEPTION 'A movement of credits must follow the one before it.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER follows BEFORE INSERT ON accounts_credittransaction
  FOR EACH ROW EXECUTE FUNCTION accounts_ledger_follows()
"""
UNDO = "DROP TRIGGER follows ON accounts_credittransaction; DROP FUNCTION accounts_ledger_follows()"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_known_places")]
    operations = [
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("status__in", ("trialing", "active"))),
                fields=["credits_reset_at"],
                name="subscription_month_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="credittransaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("object_ref", ""), _negated=True),
                fields=("agency", "client", "reason", "object_ref"),
                name="credit_transaction_paid_once",
            ),
        ),
        migrations.RunSQL(FOLLOWS, UNDO),
    ]
