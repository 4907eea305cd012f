from django.urls import path

from accounts.views import acceptance, acting, audit, roles, seats, security, team, team_person, team_security

app_name = "accounts"
urlpatterns = [
    path("roles/", roles.roles, name="roles"),
    path("audit/", audit.audit, name="audit"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
    path("acting/", acting.acting, name="acting"),
    path("acting/start/", acting.start, name="acting_start"),
    path("acting/changes/", acting.changes, name="acting_changes"),
    path("acting/stop/", acting.stop, name="acting_stop"),
    path("acting/visits/", acting.visits, name="visits"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.team_invite, name="team_invite"),
    path("team/invitations/<uuid:token_id>/send/", team.team_resend, name="team_resend"),
    path("team/invitations/<uuid:token_id>/revoke/", team.team_revoke, name="team_revoke"),
    path("team/<uuid:person_id>/", team_person.team_person, name="team_person"),
    path("team/<uuid:person_id>/end/", team_person.team_end, name="team_end"),
    path("team/<uuid:person_id>/deactivate/", team_person.deactivate, name="team_deactivate"),
    path("team/<uuid:person_id>/reactivate/", team_person.reactivate, name="team_reactivate"),
    path("team/<uuid:person_id>/sign-out/", team_security.team_sign_out, name="team_sign_out"),
    path("our-team/", team.our_team, name="our_team"),
    path("clients/<slug:slug>/team/", team.client_team, name="client_team"),
    path("clients/<slug:slug>/team/invite/", team.client_team_invite, name="client_team_invite"),
    path(
        "clients/<slug:slug>/team/invitations/<uuid:token_id>/send/",
        team.client_team_resend,
        name="client_team_resend",
    ),
    path(
        "clients/<slug:slug>/team/invitations/<uuid:token_id>/revoke/",
        team.client_team_revoke,
        name="client_team_revoke",
    ),
    path(
        "clients/<slug:slug>/team/<uuid:person_id>/",
        team_person.client_team_person,
        name="client_team_person",
    ),
    path(
        "clients/<slug:slug>/team/<uuid:person_id>/end/", team_person.client_team_end, name="client_team_end"
    ),
    path(
        "clients/<slug:slug>/team/<uuid:person_id>/sign-out/",
        team_security.client_team_sign_out,
        name="client_team_sign_out",
    ),
    path("invitation/<str:secret>/", acceptance.invitation, name="invitation"),
    path("security/", security.security, name="security"),
    path("security/sessions/end-others/", security.end_all_others, name="security_end_others"),
    path("security/sessions/<uuid:session_id>/end/", security.end, name="security_end"),
    path("security/programs/", security.connect, name="security_connect"),
    path("seat/", seats.take_seat, name="take_seat"),
]
