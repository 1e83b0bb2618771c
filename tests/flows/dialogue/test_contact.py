"""The number on which the caller can be reached."""

from __future__ import annotations

from flows.commands import Listen
from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow


def test_another_number_is_keyed(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        hotline: you.consult intent.cons.medical form.contact
        caller: #2
        hotline: form.contact.ask
        caller: #138
        hotline: form.contact.bad
        caller: #13800000000
        hotline: intent.cons.medical readback.contact
        says: 13800000000
        caller: 对的
        ticket: type=咨询 contact_number=13800000000 complete=yes
        """,
    )


def test_another_number_is_keyed_at_once(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #07792035678
        hotline: readback.contact
        caller: #1
        ticket: contact_number=07792035678
        """,
    )


def test_another_number_is_spoken(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: 换一个号码
        hotline: form.contact.ask
        caller: 幺三八零零零零幺二三四
        says: 13800001234
        """,
    )


def test_a_number_said_instead_of_yes_is_taken(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: 不行打我老婆的幺三八零零零零幺二三四
        says: 13800001234
        """,
    )


def test_a_withheld_number_is_asked_for(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        hotline: form.contact.ask
        caller: 13800000000
        caller: #1
        ticket: contact_number=13800000000
        """,
        caller="anonymous",
    )


def test_a_number_keyed_in_pieces_is_asked_again_with_more_time(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1390
        hotline: form.contact.bad
        caller: #13800000000
        hotline: readback.contact
        """,
    )
    listens = [command for command in call.commands if isinstance(command, Listen)]
    assert listens[-2].keys.inter_digit_s > listens[-3].keys.inter_digit_s
