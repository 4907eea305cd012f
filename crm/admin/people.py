from django.contrib import admin

from accounts.admin import ReadOnlyAdmin, TenantAdmin
from crm.models import (
    Company,
    Customer,
    DifferentPeople,
    Erasure,
    LeadMerge,
    LeadScore,
    Outcome,
    OutcomeMilestone,
    ScoreDue,
    ScoringModel,
    ScoringRound,
    Service,
    ServiceAgreement,
    Signal,
)


@admin.register(Company)
class CompanyAdmin(TenantAdmin):
    list_display = ("name", "domain", "client", "agency")
    search_fields = ("name", "domain", "client__name")
    autocomplete_fields = ("client",)


@admin.register(Signal)
class SignalAdmin(TenantAdmin):
    list_display = ("summary", "kind", "occurred_at", "client", "agency")
    list_filter = ("agency", "kind")
    search_fields = ("summary", "client__name")
    autocomplete_fields = ("client", "lead", "company", "seen_by")


@admin.register(Service)
class ServiceAdmin(TenantAdmin):
    list_display = ("name", "base_price", "currency", "active", "client", "agency")
    search_fields = ("name", "client__name")
    autocomplete_fields = ("client",)


@admin.register(Customer)
class CustomerAdmin(TenantAdmin):
    list_display = ("name", "phone", "email", "status", "client", "agency")
    list_filter = ("agency", "status")
    search_fields = ("name", "email", "phone_e164", "client__name")
    autocomplete_fields = ("client", "lead")


@admin.register(ServiceAgreement)
class ServiceAgreementAdmin(TenantAdmin):
    list_display = ("__str__", "agreed_price", "currency", "redacted_at", "client", "agency")
    search_fields = ("service_name", "client__name")
    autocomplete_fields = ("client", "customer", "journey", "service")


@admin.register(Outcome)
class OutcomeAdmin(TenantAdmin):
    list_display = ("kind", "amount", "currency", "occurred_at", "client", "agency")
    list_filter = ("agency", "kind")
    search_fields = ("client__name",)
    autocomplete_fields = ("client", "lead", "customer", "agreement")


@admin.register(OutcomeMilestone)
class OutcomeMilestoneAdmin(TenantAdmin):
    list_display = ("stage", "reached_at", "client", "agency")
    search_fields = ("stage", "client__name")
    autocomplete_fields = ("client", "lead")


@admin.register(ScoringModel)
class ScoringModelAdmin(ReadOnlyAdmin):
    list_display = ("version", "client", "made_by", "created_at", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency", "made_by")


@admin.register(LeadScore)
class LeadScoreAdmin(ReadOnlyAdmin):
    list_display = ("total", "tier", "override", "scored_at", "client", "agency")
    search_fields = ("client__name",)


@admin.register(ScoreDue)
class ScoreDueAdmin(ReadOnlyAdmin):
    list_display = ("lead_id", "due_at", "attempts", "client", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency")


@admin.register(ScoringRound)
class ScoringRoundAdmin(ReadOnlyAdmin):
    list_display = ("client", "due_at", "began_at", "done_at", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency")


@admin.register(LeadMerge)
class LeadMergeAdmin(ReadOnlyAdmin):
    list_display = ("merged_at", "merged_by", "undone_at", "client", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency", "merged_by")


@admin.register(DifferentPeople)
class DifferentPeopleAdmin(TenantAdmin):
    list_display = ("__str__", "said_by", "said_at", "client", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency", "said_by")
    autocomplete_fields = ("client", "said_by")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("erased_at", "erased_by", "client", "agency")
    search_fields = ("client__name",)
    list_select_related = ("client", "agency", "erased_by")
