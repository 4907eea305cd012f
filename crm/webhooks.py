from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.access import public
from crm.services import ctm_webhook
from lib.payloads import BadPayload


@csrf_exempt  # CTM holds the token in the address and signs the body instead
@transaction.non_atomic_requests  # the service opens its transaction inside the connection's agency
@require_POST
@public
def ctm(request: HttpRequest, token: str, position: str) -> HttpResponse:
    try:
        ctm_webhook.receive_webhook(
            token=token, position=position, body=request.body, headers=request.headers, now=timezone.now()
        )
    except ctm_webhook.UnknownAddress:
        raise Http404 from None
    except ctm_webhook.AddressRests:
        return HttpResponse("Nothing is taken in for this account.\n", status=410, content_type="text/plain")
    except ctm_webhook.SignatureWrong:
        return HttpResponse("The signature does not fit.\n", status=403, content_type="text/plain")
    except BadPayload as bad:
        return HttpResponse(f"{bad}\n", status=400, content_type="text/plain")
    return HttpResponse(status=200)
