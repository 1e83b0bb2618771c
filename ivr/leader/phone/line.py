"""The leader's seat on the telephone, from its ringing to its hanging up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from msgspec.structs import replace

from adapters.model import Speaker
from adapters.state.port import SharedState, StateUnavailable
from ivr.call.hearing import Heard, Hearing, silent
from ivr.call.services import Services, WorkerLine
from ivr.leader.phone import orders as do
from ivr.leader.phone.citizen import CitizenCall
from ivr.leader.phone.sounds import Sounds
from ivr.sip import messages as sip
from ivr.talk.parties import FIRST as LEADER
from ivr.talk.parties import Parties, PartiesFull
from ivr.talk.party import Answered, Gone, PartyChange, Refused, Role

log = logging.getLogger(__name__)

SPEAKERS: Mapping[Role, Speaker] = {"leader": "leader", "citizen": "caller", "host": "host"}

# The page of a session may be opened long after the last change.
KEEP_S = 6 * 3600.0
HOST_RING_S = 30.0

_orders: msgspec.json.Decoder[do.AnyOrder] = msgspec.json.Decoder(do.AnyOrder)

PlaceCall = Callable[["SeatLine", do.Dial], Awaitable[None]]


class SeatLine:
    """One connection of the leader's seat, over which one citizen after the other is called.

    ``place`` is given every order to dial: it decides, and calls :meth:`call` if it may be.
    ``await run()`` returns when the seat has hung up and every call is stored.
    """

    def __init__(
        self,
        session_id: str,
        seat: str,
        worker: WorkerLine,
        services: Services,
        state: SharedState,
        place: PlaceCall,
        seat_uri: Callable[[str], str],
    ) -> None:
        self.telephone = do.Telephone(session_id, "ringing")
        self.services = services
        self._worker = worker
        self._state = state
        self._place = place
        self._seat_uri = seat_uri
        self._inbox: asyncio.Queue[sip.FromWorker | Heard | do.AnyOrder] = asyncio.Queue()
        self._hearing = Hearing(services, self._inbox.put_nowait, self._who)
        self.sounds = Sounds(services.voice, worker.send)
        self._call: CitizenCall | None = None
        self._dialling: asyncio.Task[None] | None = None
        self.parties = Parties(worker.send, first="leader", target=f"seat:{seat}")
        self._over = False

    @property
    def over(self) -> bool:
        """The seat has hung up: nobody is to be dialled over it any more."""
        return self._over

    @property
    def session_id(self) -> str:
        """Whose line it is."""
        return self.telephone.session_id

    async def run(self) -> None:
        """Everything, until the seat has hung up."""
        helpers = [
            asyncio.create_task(self._read_worker()),
            asyncio.create_task(self._read_orders()),
        ]
        try:
            await self._publish()
            while not self._over:
                await self._take(await self._inbox.get())
        finally:
            self._over = True
            # What was still to be played, nobody will tell the end of.
            self.sounds.close()
            await self._end_call()
            for helper in helpers:
                helper.cancel()
            await asyncio.wait(helpers)
            self._hearing.close()
            await self.tell(phase="over", host="")

    async def tell(self, **changes: object) -> None:
        """The telephone's state has changed; the page is to know."""
        self.telephone = replace(self.telephone, **changes)
        await self._publish()

    def call(self, number: str, uri: str, ring_s: float) -> CitizenCall:
        """A call to a citizen, to be run by whoever places it; what happens reaches it."""
        self._call = CitizenCall(
            number, uri, self, self.services, self.sounds, self._hearing, ring_s=ring_s
        )
        if self._over:
            # Nothing more comes from the worker: the call would wait for ever.
            self._call.take(sip.LegChanged(-1, "ended", reason="caller-left"))
        return self._call

    # --- what the call needs (:class:`ivr.leader.phone.citizen.Stage`) -----------------------

    def send(self, message: sip.ToWorker) -> None:
        """To the worker."""
        self._worker.send(message)

    async def at(self, phase: do.Phase, *, unrecorded: bool = False) -> None:
        """The call has come this far."""
        await self.tell(phase=phase, unrecorded=unrecorded)

    # --- what comes in -------------------------------------------------------------------

    async def _read_worker(self) -> None:
        try:
            async for message in self._worker:
                if isinstance(message, sip.Audio):
                    self._hear(message)
                else:
                    self._inbox.put_nowait(message)
        finally:
            self._inbox.put_nowait(sip.LegChanged(LEADER, "ended", reason="worker-died"))

    def _hear(self, audio: sip.Audio) -> None:
        """Only a talk with a citizen is listened to; the house may say what it likes between."""
        party = self.parties.on(audio.leg)
        if party is None:
            return
        phase = self.telephone.phase
        listening = phase == "talking" or (phase == "opinion" and party.role == "citizen")
        self._hearing.hear(audio if listening else silent(audio))

    def _who(self, leg: int) -> tuple[Speaker, str]:
        """Whose words are heard on a leg, for the transcript."""
        party = self.parties.on(leg)
        return (SPEAKERS[party.role], party.target) if party is not None else ("note", "")

    async def _read_orders(self) -> None:
        while True:
            try:
                async with self._state.follow(do.orders(self.session_id)) as entries:
                    async for entry in entries:
                        self._inbox.put_nowait(_orders.decode(entry.payload))
            except (StateUnavailable, msgspec.DecodeError) as error:
                log.error("orders of a leader session: %s", error, extra=self._extra())
                await asyncio.sleep(1.0)

    async def _take(self, item: sip.FromWorker | Heard | do.AnyOrder) -> None:
        match item:
            case sip.LegChanged():
                await self._leg_changed(item)
            case sip.Played():
                self.sounds.played(item)
            case sip.WorkerFault(text):
                log.error("worker: %s", text, extra=self._extra())
            case sip.Masked():
                if self._call is not None:
                    self._call.masked(item)
            case sip.Recorded() | sip.Key() | Heard():
                if self._call is not None:
                    self._call.take(item)
            case do.Order():
                await self._obey(item)

    async def _leg_changed(self, change: sip.LegChanged) -> None:
        if change.leg == LEADER:
            await self._seat_changed(change)
            return
        party = self.parties.on(change.leg)
        what = self.parties.leg_changed(change)
        if party is not None and party.role == "host":
            await self._host_changed(what)
        elif self._call is not None:
            self._call.take(change)

    async def _seat_changed(self, change: sip.LegChanged) -> None:
        if change.state == "up" and self.telephone.phase == "ringing":
            await self.tell(phase="ready")
            self._ready = asyncio.create_task(self.sounds.say("leader.ready", (LEADER,)))
        elif change.state == "left":
            await self._leader_left()
        elif change.state in ("ended", "failed"):
            self._over = True

    async def _leader_left(self) -> None:
        """The leader has hung up while somebody is still on the line: the host goes on; without
        a host the citizen is asked for their opinion, and taken leave of."""
        self.parties.mute(LEADER, on=True)
        await self._hearing.leave(LEADER)
        host = self.telephone.host in ("joined", "leading")
        await self.tell(leader_left=True, host="leading" if host else self.telephone.host)
        if host:
            return
        talking = self.telephone.phase in ("talking", "opinion")
        if self._call is not None:
            self._call.take(do.AskOpinion("") if talking else do.HangUp(""))
        for party in self.parties.all:
            if party.role == "host":
                self.parties.hang_up(party.leg)

    async def _host_changed(self, what: PartyChange | None) -> None:
        if isinstance(what, Answered):
            self.parties.join(what.party.leg)
            await self.tell(host="joined")
        elif isinstance(what, Refused | Gone):
            await self._hearing.leave(what.party.leg)
            if self.telephone.leader_left:
                # Nobody of the house is left: the citizen is not to wait for anybody.
                self.send(sip.HangUpLeg(LEADER))
            self.parties.mute(LEADER, on=False)
            reason = "host-" + what.reason if isinstance(what, Refused) else ""
            await self.tell(host="", reason=reason)

    # --- orders --------------------------------------------------------------------------

    async def _obey(self, order: do.Order) -> None:
        match order:
            case do.Dial():
                await self._dial(order)
            case do.Identified(answerer=answerer):
                await self.tell(answerer=answerer)
            case do.AskOpinion() | do.HangUp():
                if self._call is not None:
                    self._call.take(order)
            case do.HostIn(seat=seat):
                await self._host_in(seat)
            case do.HostTakesOver(on=on):
                if self.telephone.host in ("joined", "leading") and not self.telephone.leader_left:
                    self.parties.mute(LEADER, on=on)
                    await self.tell(host="leading" if on else "joined")
            case do.HostOut():
                for party in self.parties.all:
                    if party.role == "host":
                        self.parties.hang_up(party.leg)
            case do.Release():
                self.send(sip.HangUpLeg(LEADER))

    async def _dial(self, order: do.Dial) -> None:
        if self._dialling is not None and not self._dialling.done():
            await self.tell(reason="line-busy")
        elif self.telephone.phase == "ringing":
            await self.tell(reason="no-seat")
        else:
            self._dialling = asyncio.create_task(self._place_call(order))

    async def _place_call(self, order: do.Dial) -> None:
        try:
            await self._place(self, order)
        except Exception:
            log.exception("leader call failed", extra=self._extra())
            for party in self.parties.all:
                if party.role == "citizen":
                    self.parties.hang_up(party.leg)
            await self.tell(reason="failed")
        finally:
            self._call = None
            if not self._over:
                await self.tell(phase="ready")

    async def _host_in(self, seat: str) -> None:
        uri = self._seat_uri(seat)
        if not uri:
            await self.tell(reason="host-no-seat")
        elif not self.telephone.host:
            try:
                self.parties.ring("host", uri, f"seat:{seat}", timeout_s=HOST_RING_S)
            except PartiesFull:
                await self.tell(reason="host-no-line")
            else:
                await self.tell(host="ringing")

    # --- the end -------------------------------------------------------------------------

    async def _end_call(self) -> None:
        """A call still going on has ended with the seat; wait until it is stored."""
        if self._call is not None:
            self._call.take(sip.LegChanged(-1, "ended", reason="caller-left"))
        dialling = self._dialling
        while dialling is not None and not dialling.done():
            item = asyncio.create_task(self._inbox.get())
            await asyncio.wait([item, dialling], return_when=asyncio.FIRST_COMPLETED)
            if not item.done():
                item.cancel()
            elif not isinstance(item.result(), do.Order):
                await self._take(item.result())

    async def _publish(self) -> None:
        try:
            payload = msgspec.json.encode(self.telephone)
            await self._state.append(do.states(self.session_id), payload, KEEP_S)
        except StateUnavailable as error:
            log.error("a leader's telephone: %s", error, extra=self._extra())

    def _extra(self) -> dict[str, str]:
        return {"action": "leader-line", "session": self.session_id}
