"""The state file: what happened survives a restart, so that stored ids keep their meaning."""

import json
from dataclasses import asdict
from pathlib import Path

from sandbox.activity import Activity
from sandbox.ghl.locations import Message
from sandbox.people import Person
from sandbox.state import Webhook, World


def save(world: World, path: Path) -> int:
    """Write activities and webhooks to ``path`` in one step; return the count of changes that are in it."""
    with world.lock:
        changes = world.changes
        content = {
            "seed": world.seed,
            "activities": [dict(vars(each)) for each in world.activities.values()],
            "webhooks": [asdict(each) for each in world.webhooks.values()],
            "ghl": [
                {
                    "account": number,
                    "message": asdict(each),
                    "person": asdict(location.people[each.contact_id]),
                }
                for number, location in world.ghl.locations.items()
                for each in location.messages.values()
                if each.contact_id in location.people
            ],
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(json.dumps(content), encoding="utf-8")
    draft.replace(path)
    return changes


def load(world: World, path: Path) -> None:
    """Read what `save` wrote. A file that is missing, damaged or of another seed is as good as none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        same_seed = content["seed"] == world.seed
        activities = [Activity(**entry) for entry in content["activities"]]
        webhooks = [Webhook(**entry) for entry in content["webhooks"]]
        messages = [
            (world.ghl.locations[entry["account"]], Message(**entry["message"]), Person(**entry["person"]))
            for entry in content.get("ghl", [])
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if not same_seed:
        return
    for activity in activities:
        world.add(activity)
    for location, message, person in messages:
        location.add(message, person)
    world.webhooks = {webhook.id: webhook for webhook in webhooks}
