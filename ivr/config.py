"""The whole configuration: one TOML file, see ``config.example.toml``."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from adapters.settings import (
    DeliverySettings,
    NoticeSettings,
    PlatformSettings,
    SmsSettings,
    StateSettings,
    StoreSettings,
    WebhookSettings,
)
from asr.settings import AsrSettings
from flows.dialogue.config import DialogueConfig
from ivr import configfile
from ivr.aftercall.settings import FollowUpSettings, MissedSettings
from ivr.call.settings import CallSettings
from ivr.console.desk.settings import DeskSettings
from ivr.console.settings import ConsoleSettings
from ivr.dialling.settings import DiallingSettings
from ivr.emergency.settings import RingBackSettings
from ivr.leader.settings import LeaderSettings
from ivr.queue.settings import QueueSettings
from ivr.recording.settings import RecordingSettings
from ivr.second_pass.settings import SecondPassSettings
from ivr.sip.front import FrontSettings
from ivr.sip.settings import SipSettings
from ivr.speech.settings import SpeechSettings


class HttpSettings(msgspec.Struct, frozen=True):
    """Where the node itself listens for HTTP: the platform's news of tickets, and health.

    ``port`` 0 turns it off.
    """

    host: str = "127.0.0.1"
    port: int = 8013


class Config(msgspec.Struct, frozen=True):
    """Everything that can be configured.

    ``node`` names this machine among others, "" takes its host name. ``data_dir`` holds
    recordings, the embedded database and caches. ``flows_dir`` replaces the shipped services,
    prompts and menus, "" keeps them; whether their files were edited is looked at every
    ``flows_poll_s`` seconds, with 0 never. ``log_level``: "debug", "info", "warning", "error".
    """

    node: str = ""
    data_dir: Path = Path("data")
    flows_dir: str = ""
    flows_poll_s: float = 1.0
    log_level: str = "info"
    sip: SipSettings = SipSettings()
    front: FrontSettings = FrontSettings()
    call: CallSettings = CallSettings()
    dialogue: DialogueConfig = DialogueConfig()
    queue: QueueSettings = QueueSettings()
    asr: AsrSettings = AsrSettings()
    speech: SpeechSettings = SpeechSettings()
    store: StoreSettings = StoreSettings()
    platform: PlatformSettings = PlatformSettings()
    delivery: DeliverySettings = DeliverySettings()
    notices: NoticeSettings = NoticeSettings()
    ring_back: RingBackSettings = RingBackSettings()
    dialling: DiallingSettings = DiallingSettings()
    missed: MissedSettings = MissedSettings()
    follow_up: FollowUpSettings = FollowUpSettings()
    sms: SmsSettings = SmsSettings()
    webhook: WebhookSettings = WebhookSettings()
    http: HttpSettings = HttpSettings()
    state: StateSettings = StateSettings()
    console: ConsoleSettings = ConsoleSettings()
    desk: DeskSettings = DeskSettings()
    second_pass: SecondPassSettings = SecondPassSettings()
    leader: LeaderSettings = LeaderSettings()
    recordings: RecordingSettings = RecordingSettings()

    @property
    def node_name(self) -> str:
        """The configured name, or the host's."""
        return self.node or socket.gethostname()

    @property
    def database_url(self) -> str:
        """The configured database, or the embedded one in the data directory."""
        return self.store.url or f"sqlite:///{self.data_dir.absolute() / 'hotline.db'}"

    @property
    def flows_path(self) -> Path | None:
        """The city's own flows, None for the shipped ones."""
        return Path(self.flows_dir) if self.flows_dir else None


def load(path: Path | None) -> Config:
    """The configuration in ``path`` with the environment's overrides.

    Raises :class:`ivr.configfile.ConfigError`.
    """
    return configfile.load(Config, path, os.environ)
