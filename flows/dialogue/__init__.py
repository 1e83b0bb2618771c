"""The dialogue: a state machine that turns a call's events into commands."""

from flows.dialogue.config import DialogueConfig
from flows.dialogue.data import FlowData, load_flow_data
from flows.dialogue.machine import Dialogue

__all__ = ["Dialogue", "DialogueConfig", "FlowData", "load_flow_data"]
