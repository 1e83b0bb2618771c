"""Records what the robot callers of the shipped scripts say, with natural voices.

``python -m ivr.robot.render`` in the build environment's neighbourhood (see ``make prompts``);
only sentences that are not recorded yet are spoken.
"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ivr.robot.mouth import INDEX, SHIPPED, Recorded, read_index
from ivr.robot.script import load_script
from ivr.speech import pcm
from ivr.speech.levels import normalise, trim
from ivr.speech.render import BUILD_PYTHON, open_voice

SCRIPTS = Path(__file__).parent / "scripts"
MARGIN_MS = 40


def wanted() -> list[tuple[str, str]]:
    """Text and voice of everything that the shipped scripts say."""
    scripts = [load_script(path) for path in sorted(SCRIPTS.glob("*.yaml"))]
    return [(step.say, script.voice) for script in scripts for step in script.steps if step.say]


@click.command()
@click.option("--python", default=BUILD_PYTHON, type=click.Path(path_type=Path))
def main(python: Path) -> None:
    """Speak what is missing and write the index."""
    have = {(item.text, item.voice): item for item in read_index()}
    keep = {key: have[key] for key in wanted() if key in have}
    missing = [key for key in dict.fromkeys(wanted()) if key not in keep]
    taken = {item.file for item in keep.values()}
    names = (name for n in range(1000) if (name := f"{n:03d}.wav") not in taken)
    if missing:
        with open_voice(python) as voice:
            for text, speaker in missing:
                spoken = trim(voice.speak(text, voice=speaker), MARGIN_MS, MARGIN_MS)
                name = next(names)
                pcm.write_wav(SHIPPED / name, pcm.to_pcm(normalise(spoken)))
                keep[text, speaker] = Recorded(text, speaker, name)
    used = {item.file for item in keep.values()}
    for path in SHIPPED.glob("*.wav"):
        if path.name not in used:
            path.unlink()
    index = tuple(sorted(keep.values(), key=lambda item: item.file))
    body = msgspec.json.format(msgspec.json.encode(index), indent=1)
    (SHIPPED / INDEX).write_bytes(body + b"\n")


if __name__ == "__main__":
    main()
