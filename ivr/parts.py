"""Everything that a node is made of, put together but not yet open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.delivery import DeliveryWorker
from adapters.http_notices import HttpNotices
from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.http_sms import HttpSms
from adapters.leader_platform import HttpLeaderPlatform
from adapters.notice_worker import NoticeWorker
from adapters.report_worker import ReportWorker
from adapters.ring_back import RingBack
from adapters.sql.store import SqlStore
from adapters.state import shared_state
from asr.decoder.process import DecoderProcess
from asr.leisure import LeisurelyTranscriber
from flows.alarm import Alarm
from flows.emergency import EmergencyFile, alarm_of
from ivr.aftercall.following_up import FollowingUp
from ivr.aftercall.missed import MissedCalls
from ivr.aftercall.returning import Returning
from ivr.call.services import Services, local_now
from ivr.config import Config
from ivr.derived import notice_settings, sms_settings
from ivr.dialling.dialler import Dialler
from ivr.emergency.ring_backs import RingBacks
from ivr.emergency.ringing import RingResult, ring
from ivr.flowsource import FlowSource
from ivr.leader.phone.book import CallNotes
from ivr.leader.phone.service import LeaderPhones
from ivr.leader.retention import DrawRetention
from ivr.leader.rules import load as load_rules
from ivr.live import LiveBus
from ivr.queue.call_backs import CallBackEnd, CallBacks, Kept
from ivr.queue.calling_back import call_back
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.spot import Spot
from ivr.second_pass import SecondPassWorker
from ivr.sip.line import PhoneLine
from ivr.sip.pool import OnCall, WorkerCall
from ivr.statistics import Recorder
from ivr.usage import Usage


class Parts:
    """The parts of one machine and how they reach each other; :class:`ivr.node.Node` opens them."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.live = LiveBus()
        self.decoder = DecoderProcess(config.asr, config.data_dir)
        self.store = SqlStore(
            config.database_url,
            ticket_prefix=config.store.ticket_prefix,
            busy_timeout_s=config.store.busy_timeout_s,
            alarms=self._alarm,
        )
        self.platform = HttpPlatform(config.platform)
        self.city = HttpServices(config.platform)
        self.sms = HttpSms(sms_settings(config))
        self.state = shared_state(config.state)
        self.queue = OperatorQueue(self.state, config.node_name, config.queue)
        self.seats = Seats(
            self.state,
            config.node_name,
            renew_s=config.queue.renew_s,
            expire_s=config.queue.expire_s,
            changed=self.queue.wake,
            skills=config.queue.skills,
        )
        self.call_backs = CallBacks(self._call_back)
        self.cards: dict[str, bytes] = {}
        self.flows = FlowSource(config.flows_path, poll_s=config.flows_poll_s)
        self.usage = Usage(self.store)
        self.delivery = DeliveryWorker(
            self.store, self.platform, config.delivery, owner=config.node_name
        )
        self.notices = HttpNotices(notice_settings(config))
        self.notifying = NoticeWorker(
            self.store, self.notices, notice_settings(config), owner=config.node_name
        )
        self.dialler = Dialler(
            self.store,
            config.dialling,
            originate=self._originate,
            uri=config.call.uri,
            node=config.node_name,
        )
        rules_dir = config.leader.rules_dir
        self.leader_data = load_rules(Path(rules_dir) if rules_dir else None)
        self.leader_phones = LeaderPhones(
            self.store,
            self.store,
            self.state,
            self.dialler,
            CallNotes(self.store, self.store, self.leader_data.rules.promise_words, local_now),
            services=self.present_services,
            originate=self._originate,
            seat_uri=config.sip.seat_uri,
            node=config.node_name,
            most=self.leader_data.rules.call.most_attempts,
        )
        self.leader_retention = DrawRetention(self.store, days=config.leader.candidates_days)
        self.ring_backs = RingBacks(
            self.store, self._ring_back, config.ring_back, owner=config.node_name
        )
        self.reported = HttpLeaderPlatform(config.platform)
        self.reporting = ReportWorker(
            self.store, self.reported, config.delivery, owner=config.node_name
        )
        self.counting = Recorder(self.live, self.store, config.node_name)
        self.missed = MissedCalls(self.store, config.missed, node=config.node_name)
        self.returning = Returning(
            self.store,
            self.dialler,
            config.missed,
            services=self.present_services,
            owner=config.node_name,
            lines_free=self._lines_free,
        )
        self.following_up = FollowingUp(
            self.store,
            self.dialler,
            config.follow_up,
            services=self.present_services,
            owner=config.node_name,
            lines_free=self._lines_free,
            ended=self.reporting.wake,
        )
        self.emergencies: EmergencyFile | None = None
        self.second_pass = SecondPassWorker(
            self.store,
            LeisurelyTranscriber(
                Path(config.second_pass.model) if config.second_pass.model else self.decoder.model,
                config.asr.listen,
                config.asr.alternatives,
            ),
            config.second_pass,
            node=config.node_name,
            data_dir=config.data_dir,
            active_calls=lambda: self.active_calls,
            updated=self.delivery.wake,
        )
        self._line: PhoneLine | None = None
        self.services: Services | None = None

    @property
    def line(self) -> PhoneLine:
        """The telephone line; only while it is open."""
        assert self._line is not None
        return self._line

    @property
    def open_line(self) -> PhoneLine | None:
        """The telephone line, None while it is not open."""
        return self._line

    @property
    def active_calls(self) -> int:
        """Calls going on."""
        return self._line.pool.active if self._line is not None else 0

    def present_services(self) -> Services:
        """What calls that begin now are given; only while the line is open."""
        assert self.services is not None
        return self.services

    def _alarm(self, kind: str) -> Alarm | None:
        """Who is told of a kind of emergency, by the data in force."""
        data = self.emergencies
        found = next((one for one in data.kinds if one.id == kind), None) if data else None
        return alarm_of(data, found) if data is not None and found is not None else None

    def deliver(self) -> None:
        """Something has been stored that others wait for: look at once."""
        self.delivery.wake()
        self.notifying.wake()
        self.ring_backs.wake()
        self.reporting.wake()

    async def _ring_back(self, task: RingBack) -> RingResult:
        """Ring who reported an emergency and talk to them, until they are gone again."""
        assert self.services is not None
        return await ring(task, self.dialler, self.services, self.config.ring_back.ring_s)

    async def _call_back(self, kept: Kept, spot: Spot) -> tuple[CallBackEnd, float]:
        """Ring who kept a place in the queue and put them through to the seat reserved."""
        assert self.services is not None
        return await call_back(kept, spot, self.dialler, self.services)

    def _lines_free(self) -> int:
        return self._line.pool.free if self._line is not None else 0

    def _originate(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        lasting: bool = False,
    ) -> WorkerCall | None:
        if self._line is None:
            return None
        return self._line.pool.originate(
            uri, number, on_call, timeout_s=timeout_s, headers=headers, lasting=lasting
        )
