"""A live view of calls on a terminal: what each side says, as it happens."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from flows.privacy import mask_number
from ivr import live

SPEAKERS = {
    "caller": "[bold cyan]来电人[/]",
    "hotline": "[green]热  线[/]",
    "operator": "[magenta]接话人[/]",
    "guest": "[magenta]第三方[/]",
    "supervisor": "[magenta]班  长[/]",
    "leader": "[magenta]领  导[/]",
    "host": "[magenta]主持人[/]",
    "note": "[dim]说  明[/]",
}


class LiveView:
    """Prints the live events of a bus to ``console``."""

    def __init__(self, console: Console, data_dir: Path) -> None:
        self._console = console
        self._data_dir = data_dir

    def watch(self, bus: live.LiveBus) -> None:
        """Print everything that ``bus`` tells from now on."""
        bus.subscribe(self._show)

    def _show(self, event: live.LiveEvent) -> None:
        match event:
            case live.CallBegan():
                self._console.rule(escape(f"来电 {mask_number(event.caller)} → {event.called}"))
            case live.LineHeard(line=line):
                keyed = "（按键）" if line.by_keys else ""
                text = (
                    f"[dim]{escape(line.text)}[/]" if line.speaker == "note" else escape(line.text)
                )
                self._console.print(
                    f"{line.start:6.1f} {SPEAKERS[line.speaker]} {keyed}{text}", soft_wrap=True
                )
            case live.TicketMade():
                draft = event.draft
                self._console.print(
                    f"       [bold yellow]工  单[/] {event.ticket_no} {draft.type} {draft.urgency}"
                )
            case live.Ringing():
                shown = "交接单已送达" if event.delivered else "交接单未送达"
                self._console.print(f"       [bold yellow]转  接[/] {event.target}（{shown}）")
            case live.Bridged():
                self._console.print(f"       [bold yellow]接  通[/] {event.target}")
            case live.PartyRefused():
                self._console.print(
                    f"       [bold yellow]没接通[/] {event.target}（{event.reason}）"
                )
            case live.PartyLeft():
                self._console.print(f"       [bold yellow]离  开[/] {event.target}")
            case live.CallOver():
                where = self._data_dir / event.recording if event.recording else "无录音"
                self._console.print(f"       [dim]结束：{event.outcome}，{where}[/]")
            case _:
                pass
