"""One request to the first origin, from fault to answer."""

import re
import threading

from sandbox.api import PREFIX as API_PREFIX
from sandbox.api import Api
from sandbox.auth import access_key
from sandbox.control import PREFIX as CONTROL_PREFIX
from sandbox.control import Control
from sandbox.exchange import Refused, Reply, Request
from sandbox.faults import Fault, instead, spoil
from sandbox.ghl.api import PREFIX as GHL_PREFIX
from sandbox.state import World


class App:
    def __init__(self, world: World, api: Api, control: Control, stopping: threading.Event) -> None:
        self._world = world
        self._api = api
        self._control = control
        self._stopping = stopping

    def respond(self, request: Request) -> Reply:
        if request.path.startswith(CONTROL_PREFIX):
            return self._answer(request)
        with self._world.lock:
            account_id = self._account_id(request)
            fault = self._world.faults.take(request, account_id)
        if fault and fault.kind == "slow":
            self._stopping.wait(fault.seconds)
        reply = (fault and instead(fault)) or self._answer(request)
        if fault:
            reply = self._spoiled(fault, reply, request, account_id)
        self._log(request, reply, fault)
        return reply

    def _answer(self, request: Request) -> Reply:
        try:
            with self._world.lock:
                if request.path.startswith(CONTROL_PREFIX):
                    return self._control.respond(request)
                if request.path.startswith(API_PREFIX + "/"):
                    return self._api.respond(request)
                if request.path.startswith(GHL_PREFIX + "/"):
                    return self._world.ghl.respond(request)
        except Refused as refused:
            return refused.reply
        return Reply({"error": "Not found"}, 404)

    def _spoiled(self, fault: Fault, reply: Reply, request: Request, account_id: int | None) -> Reply:
        with self._world.lock:
            if fault.kind == "insert_between_pages" and account_id in self._world.accounts:
                self._control.make_call(self._world.accounts[account_id], {"kind": "call"})
            return spoil(fault, reply, request)

    def _account_id(self, request: Request) -> int | None:
        """Return the account that the path names, or else the only one that the key opens."""
        if match := re.match(rf"{API_PREFIX}/accounts/(\d+)", request.path):
            return int(match[1])
        if request.path.startswith(GHL_PREFIX + "/"):
            return self._world.ghl.account_id(request)
        user = access_key(request)
        return next(
            (account_id for account_id, pair in self._world.account_keys.items() if pair.access_key == user),
            None,
        )

    def _log(self, request: Request, reply: Reply, fault: Fault | None) -> None:
        with self._world.lock:
            self._world.requests.append(
                {
                    "method": request.method,
                    "path": request.target,
                    "user": access_key(request),
                    "status": 0 if reply.hang_up else reply.status,
                    "fault": fault.kind if fault else None,
                    "at": self._world.now(),
                }
            )
