"""The web form itself, for everybody. Also the address to which a client's own website may post."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import public
from accounts.brand import public_brand
from accounts.services.audit import Origin
from crm.form_words import TRAP, NotAForm
from crm.forms.web_forms import PublicForm
from crm.services import form_intake

BUSY = "This form is very busy at the moment. Please give us a call, or try again tomorrow."


@csrf_exempt  # no cookie is read; other websites post here too
@require_http_methods(["GET", "POST"])
@public
def public_form(request: HttpRequest, token: str) -> HttpResponse:
    try:
        form = form_intake.find_form(token)
    except form_intake.UnknownForm:
        raise Http404 from None
    request.house = public_brand(form.agency.slug)  # type: ignore[attr-defined]
    told = {"form": form, "trap": TRAP, "client": form.client}
    if request.method == "GET":
        return render(request, "crm/forms/public.html", {**told, "asked": PublicForm(form=form)})
    asked = PublicForm(request.POST, form=form)
    ours = "from_here" in request.POST
    if ours and not asked.is_valid():
        return render(request, "crm/forms/public.html", {**told, "asked": asked}, status=422)
    sent = {name: str(text) for name, text in request.POST.items() if name != "from_here"}
    try:
        form_intake.receive(token=token, sent=sent, sender=Origin.of(request).ip or "", now=timezone.now())
    except form_intake.TooMany:
        return _refused(request, {**told, "asked": asked}, BUSY, 429)
    except NotAForm as refused:
        return _refused(request, {**told, "asked": asked}, str(refused), 422)
    if _wants_json(request):
        return JsonResponse({"received": True}, status=202)
    return render(request, "crm/forms/thanks.html", told)


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _refused(request: HttpRequest, told: dict[str, object], words: str, status: int) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"received": False, "problem": words}, status=status)
    return render(request, "crm/forms/public.html", {**told, "problem": words}, status=status)
