"""What the agency sells."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import requires
from accounts.forms.packages import PackageForm
from accounts.models import ServicePackage
from accounts.pages import layout_of
from accounts.permissions import Level
from accounts.services import packages
from accounts.services.audit import Origin
from accounts.tenancy import Actor


@require_GET
@requires("agency.profile", side="staff")
def package_list(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rows = ServicePackage.objects.for_actor(actor).annotate(clients=Count("subscriptions"))
    context = {
        "rows": rows.order_by("-is_active", "price", "name"),
        "may_write": actor.can("agency.profile", Level.WRITE),
        "layout": layout_of(actor),
    }
    return render(request, "accounts/packages.html", context)


@require_GET
@requires("agency.profile", Level.WRITE, side="staff")
def package_new(request: HttpRequest) -> HttpResponse:
    return _form(request, None, PackageForm.of(None))


@require_GET
@requires("agency.profile", Level.WRITE, side="staff")
def package_edit(request: HttpRequest, package_id: UUID) -> HttpResponse:
    package = _find(request, package_id)
    return _form(request, package, PackageForm.of(package))


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def package_create(request: HttpRequest) -> HttpResponse:
    return _save(request, None)


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def package_save(request: HttpRequest, package_id: UUID) -> HttpResponse:
    return _save(request, _find(request, package_id))


@require_POST
@requires("agency.profile", Level.WRITE, side="staff")
def package_offer(request: HttpRequest, package_id: UUID) -> HttpResponse:
    """Retire the package, or sell it again."""
    package = packages.offer_package(
        actor=request.actor,  # type: ignore[attr-defined]
        package_id=_find(request, package_id).pk,
        offered=request.POST.get("offered") == "1",
        now=timezone.now(),
        origin=Origin.of(request),
    )
    messages.success(request, f"{package.name} is {'sold again' if package.is_active else 'no longer sold'}.")
    return redirect("accounts:packages")


def _find(request: HttpRequest, package_id: UUID) -> ServicePackage:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    package: ServicePackage | None = ServicePackage.objects.for_actor(actor).filter(pk=package_id).first()
    if package is None:
        raise Http404
    return package


def _save(request: HttpRequest, package: ServicePackage | None) -> HttpResponse:
    form = PackageForm(request.POST)
    if form.is_valid():
        try:
            packages.save_package(
                actor=request.actor,  # type: ignore[attr-defined]
                package_id=package.pk if package else None,
                values=form.values,
                now=timezone.now(),
                origin=Origin.of(request),
            )
        except packages.PackageNameTaken:
            form.add_error("name", "You have another package of this name.")
        else:
            messages.success(request, "Package saved.")
            return redirect("accounts:packages")
    return _form(request, package, form, 422)


def _form(
    request: HttpRequest, package: ServicePackage | None, form: forms.Form, code: int = 200
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {"package": package, "form": form, "layout": layout_of(actor)}
    return render(request, "accounts/package.html", context, status=code)
