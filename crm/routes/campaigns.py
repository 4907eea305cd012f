from django.urls import path

from crm.views import campaigns, markets, queue, statistics

ONE = "campaigns/<uuid:campaign_id>/"
urlpatterns = [
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/rows/", statistics.statistics_rows, name="statistics_rows"),
    path("campaigns/", campaigns.campaign_list, name="campaigns"),
    path("campaigns/markets/", markets.market_list, name="markets"),
    path("campaigns/markets/new/", markets.market_new, name="market_new"),
    path("campaigns/markets/<uuid:market_id>/", markets.market_edit, name="market_edit"),
    path("campaigns/markets/<uuid:market_id>/delete/", markets.market_delete, name="market_delete"),
    path("campaigns/new/", campaigns.campaign_new, name="campaign_new"),
    path(ONE, campaigns.campaign, name="campaign"),
    path(f"{ONE}edit/", campaigns.campaign_edit, name="campaign_edit"),
    path(f"{ONE}status/", campaigns.campaign_status, name="campaign_status"),
    path(f"{ONE}mode/", campaigns.campaign_mode, name="campaign_mode"),
    path(f"{ONE}autopilot/", campaigns.campaign_autopilot, name="campaign_autopilot"),
    path(f"{ONE}people/", campaigns.campaign_assign, name="campaign_assign"),
    path(f"{ONE}members/add/", campaigns.campaign_members_add, name="campaign_members_add"),
    path(f"{ONE}members/<uuid:member_id>/", campaigns.campaign_member, name="campaign_member"),
    path(f"{ONE}queue/", queue.queue, name="queue"),
    path(f"{ONE}queue/next/", queue.queue_next, name="queue_next"),
    path(f"{ONE}queue/<uuid:member_id>/done/", queue.queue_done, name="queue_done"),
    path(f"{ONE}queue/<uuid:member_id>/skip/", queue.queue_skip, name="queue_skip"),
    path(f"{ONE}queue/<uuid:member_id>/hold/", queue.queue_hold, name="queue_hold"),
]
