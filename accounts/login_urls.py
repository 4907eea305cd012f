"""Sign-in and sign-out: allauth's views, where a password or a mail is tried behind our own count."""

from allauth.account import views
from django.urls import path, re_path

from accounts.attempts import counted, mailing, own, typed
from accounts.views import providers, sign_in

urlpatterns = [
    path("login/", counted(typed("login"))(sign_in.login), name="account_login"),
    path("<slug:key>/login/", providers.begin, name="provider_login"),
    path("<slug:key>/login/callback/", providers.callback, name="provider_callback"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),  # says that people come by invitation
    path("reauthenticate/", counted(own)(views.reauthenticate), name="account_reauthenticate"),
    path("email/", views.email, name="account_email"),
    path("confirm-email/", views.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", views.confirm_email, name="account_confirm_email"),
    path(
        "password/reset/",
        mailing(typed("email"), then="account_reset_password_done")(views.password_reset),
        name="account_reset_password",
    ),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
