"""Sign-in and sign-out by allauth, mailed links by ourselves; passwords and mails are tried behind our own count."""

from allauth.account import views
from django.urls import path

from accounts.attempts import counted, mailing, own, typed
from accounts.views import password_reset, providers, sign_in

urlpatterns = [
    path("login/", counted(typed("login"))(sign_in.login), name="account_login"),
    path("<slug:key>/login/", providers.begin, name="provider_login"),
    path("<slug:key>/login/callback/", providers.callback, name="provider_callback"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", views.signup, name="account_signup"),  # says that people come by invitation
    path("reauthenticate/", counted(own)(views.reauthenticate), name="account_reauthenticate"),
    path(
        "password/reset/",
        mailing(typed("email"), then="account_reset_password_done")(password_reset.ask),
        name="account_reset_password",
    ),
    path("password/reset/done/", password_reset.asked, name="account_reset_password_done"),
    path("password/reset/saved/", password_reset.chosen, name="account_reset_password_from_key_done"),
    path("password/reset/<str:secret>/", password_reset.choose, name="account_reset_password_from_key"),
]
