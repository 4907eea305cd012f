from crm.classification.facts import CallFacts, Evidence, Verdict
from crm.classification.rules import classify

__all__ = ["CallFacts", "Evidence", "Verdict", "classify"]
