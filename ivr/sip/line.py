"""The hotline's connection to the telephone network: workers, Kamailio and trunk as one."""

from __future__ import annotations

from ivr.sip.kamailio import Kamailio
from ivr.sip.messages import Incoming
from ivr.sip.pool import OnCall, WorkerPool
from ivr.sip.refused import RefusedCalls
from ivr.sip.seats import SeatWatch
from ivr.sip.settings import SipSettings
from ivr.sip.trunk import Trunk


class PhoneLine:
    """Open from :meth:`start` to :meth:`close`; every call is given to ``on_call``.

    In single mode there is neither Kamailio nor trunk.
    """

    def __init__(self, settings: SipSettings, on_call: OnCall) -> None:
        self.settings = settings
        self.pool = WorkerPool(settings, on_call)
        self.trunk = Trunk(settings)
        self.seats = SeatWatch(settings)
        self.kamailio: Kamailio | None = None
        self._refused: RefusedCalls | None = None

    async def start(self) -> None:
        """Open the line. Raises ``PoolError`` or ``KamailioError``, with nothing left behind."""
        try:
            await self._open()
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        await self.pool.start()
        if self.settings.single:
            return
        self.kamailio = Kamailio(self.settings, self.pool.ports)
        await self.kamailio.start()
        self.pool.told = self.kamailio.tell
        # A front tries the other nodes: what this one refuses is not refused yet.
        if not self.settings.front:
            self._refused = RefusedCalls(
                self.kamailio.rpc,
                self.kamailio.rpc.with_name("refused.sock"),
                self._turned_away,
            )
            self._refused.start()
        await self.trunk.start()
        self.seats.start()

    def _turned_away(self, incoming: Incoming) -> None:
        # Whoever opens the line sets what it calls.
        self.pool.turned_away(incoming)

    def registered(self) -> set[str]:
        """The seats whose phones can be rung: registered a few seconds ago, or at a fixed
        address."""
        return self.seats.reachable

    async def drain(self, timeout_s: float | None = None) -> None:
        """Refuse new calls, wait for the present ones."""
        await self.pool.drain(timeout_s)

    async def close(self) -> None:
        """Hang up what is left and end all processes."""
        await self.seats.stop()
        await self.trunk.close()
        await self.pool.close()
        if self._refused is not None:
            await self._refused.stop()
        if self.kamailio is not None:
            await self.kamailio.stop()

    async def __aenter__(self) -> PhoneLine:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()
