"""Personal names: surname and characters, told apart by common words ("弓长张，伟大的伟")."""

from __future__ import annotations

import re

import msgspec

from flows.commands import AnySpeech, Text
from flows.phonetic import fold, sound
from flows.values.base import Spoken, declined, no_answer
from flows.values.corrections import last_word
from flows.values.namedata import NAME_WORDS
from flows.values.nameguess import guessed_name
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare

_HANZI = r"[㐀-鿿]"
_LEAD = re.compile(
    r"^(?:嗯+|呃+|那个|你好|您好|我的|他的|她的|孩子的?|小孩的?|宝宝的?|我(?:是|叫)?|他|她|本人|这边"
    r"|姓名|名字|大名|全名|法人代表|法人|代表|母亲|妈妈|父亲|爸爸|对方|逝者|监护人|老人|叫做|叫|是|就是|应该是)+(?=.)"
)
_NOISE = re.compile(
    r"名字(?:就)?(?:是|叫)?|单名(?:一个)?|复姓|姓|名叫|叫做|叫|就是|那个|这个|然后|嗯|呃|哦|吧|哈|啊|呢"
    r"|[两二三四]个字|的那个|是$|^是|先生$|女士$|小姐$|同志$"
)
# Common words that are no part of a name; their characters are a misreading or no name at all.
_NEVER = frozenset("的了吗呢吧啊我你他她它们这那哪谁什么不没是在就都和与被把给对要请说按号")
_MISREAD = frozenset("为位围也要有又已以于与从到去来会能可上下个只很还但因所从让使及其之中后前")
_CUE = re.compile("叫|姓|名")
_FIRST_PERSON = re.compile(
    rf"我(?:的名字)?(?:叫|姓名是|名字是)(?P<name>{_HANZI}{{2,4}})(?P<rest>.*)"
)
_CHILD = re.compile(
    rf"(?:孩子|小孩|儿子|女儿|宝宝)(?:名字)?叫(?P<name>{_HANZI}{{2,4}})(?P<rest>.*)"
)
_AFTER = re.compile(r"^(?:$|[，。,. ]|我|想|要|身份证|电话|手机|住|今年|来|办|今天|他|她|的?户口)")


class _Told(msgspec.Struct, frozen=True):
    """One character of what was said: as heard, or as explained."""

    char: str
    explained: bool = False


class Name(Spoken):
    """Two to four characters. ``part`` is a surname, or the whole name when one is corrected."""

    dictated = True

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """The name; "还没有" leaves an optional one empty."""
        if declined(text):
            return no_answer(text, setting)
        return self.take(text, setting, part)

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The name with the characters that the explanations tell."""
        said = bare(text)
        plain = _LEAD.sub("", bare(last_word(said)))
        surname_only = bool(
            re.fullmatch(rf"(?:.*[我他她])?(?:免贵)?姓{_HANZI}{{1,2}}", bare(last_word(said)))
        )
        told = _told(plain)
        doubtful = _NEVER & {one.char for one in told if not one.explained}
        if not part and (len(told) > 4 or doubtful):
            guess = guessed_name(plain)
            return Taken(value=Value(guess, said)) if guess else NOTHING
        if len(part) >= 2:
            return _changed(part, told, said)
        if doubtful:
            return NOTHING
        name = _settled(told) if not part else part + "".join(one.char for one in told)
        # One misread character may be guessed; more only where the caller says it is a name.
        guesses = sum(a != one.char for a, one in zip(name, told, strict=False)) if not part else 0
        if not name or (guesses > 1 and not _CUE.search(said)):
            return NOTHING
        if len(name) == 1 or (surname_only and name in NAME_WORDS.compound):
            return Taken(part=name, problem="value.person_name.given") if _starts(name) else NOTHING
        if len(name) > 4 or not _starts(name):
            return NOTHING
        return Taken(value=Value(name, said))

    def find(self, text: str, setting: Setting) -> Taken:
        """A name after "我叫" (or "孩子叫" for a child's), where it clearly ends."""
        pattern = _CHILD if "孩子" in setting.slot.label else _FIRST_PERSON
        if setting.slot.label not in ("姓名", "孩子姓名"):
            return NOTHING
        hit = pattern.search(text)
        if hit is None:
            return NOTHING
        whole = hit["name"] + hit["rest"]
        for size in (3, 2, 4):
            name = whole[:size]
            known = name[:1] in NAME_WORDS.surnames and (
                size < 4 or name[:2] in NAME_WORDS.compound
            )
            if (
                len(name) == size
                and known
                and _AFTER.match(whole[size:])
                and not set(name) & _NEVER
            ):
                return Taken(value=Value(name, name))
        return NOTHING

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """The name, then each character by a common word."""
        if not value.text:
            return super().read_back(value, setting)
        return (Text("，".join((value.text, *explanations(value.text)))),)


def explanations(name: str) -> list[str]:
    """What tells each character of ``name`` from those that sound alike, where it is known."""
    head = 2 if name[:2] in NAME_WORDS.compound and len(name) > 2 else 1
    surname = (
        NAME_WORDS.compound[name[:2]]
        if head == 2
        else NAME_WORDS.explanation(name[0], surname=True)
    )
    found = [surname, *(NAME_WORDS.explanation(char) for char in name[head:])]
    return [words for words in dict.fromkeys(found) if words]


def _starts(name: str) -> bool:
    return name[0] in NAME_WORDS.surnames or name[:2] in NAME_WORDS.compound


def _told(text: str) -> list[_Told]:
    """The characters of a name in order, explanations put in the place of what they explain."""
    heard: list[_Told] = []
    rest = ""
    for piece in _explanations_in(text):
        if isinstance(piece, str):
            rest = _NOISE.sub("", piece)
            heard += [_Told(char) for char in rest if re.match(_HANZI, char)]
            continue
        place = _place_of(piece.char, heard)
        if place is None:
            heard += [_Told(char, True) for char in piece.char]
        else:
            heard[place : place + len(piece.char)] = [_Told(char, True) for char in piece.char]
    return _without_repeats(heard)


def _explanations_in(text: str) -> list[str | _Told]:
    """The text cut into explanations and what stands between them."""
    said = sound(text)
    pieces: list[str | _Told] = []
    at = between = 0
    while at < len(said.syllables):
        char, size = NAME_WORDS.explained_at(said.syllables, at)
        if not size:
            at += 1
            continue
        pieces += [*_by_words(said.chars[between:at]), _Told(char, True)]
        at += size
        between = at
    pieces += _by_words(said.chars[between:])
    return [piece for piece in pieces if piece]


def _by_words(text: str) -> list[str | _Told]:
    """Cuts out explanations of the caller's own: "维护的维"."""
    for of in re.finditer(rf"的({_HANZI})", text):
        for size in (2, 3, 4):
            word = text[max(0, of.start() - size) : of.start()]
            meant = _meant(word, of[1]) if len(word) == size else ""
            if meant:
                before, after = text[: of.start() - size], text[of.end() :]
                return [before, _Told(meant, True), *_by_words(after)]
    return [text]


def _meant(word: str, char: str) -> str:
    """The character of ``word`` that ``char`` is, or sounds like; "" if there is none."""
    if char in word:
        return char
    wanted = sound(char).syllables
    return next((one for one in word if sound(one).syllables == wanted), "")


def _place_of(chars: str, heard: list[_Told]) -> int | None:
    """Where a character of this sound was heard and not yet explained."""
    wanted = sound(chars).syllables
    for same in (lambda a, b: a == b, lambda a, b: list(map(fold, a)) == list(map(fold, b))):
        for place in range(len(heard) - len(chars) + 1):
            these = heard[place : place + len(chars)]
            said = sound("".join(one.char for one in these)).syllables
            if not any(one.explained for one in these) and same(said, wanted):
                return place
    return None


def _without_repeats(heard: list[_Told]) -> list[_Told]:
    """ "姓张叫张伟": the surname only once; "耳东陈的陈" leaves a 陈 that was explained."""
    if len(heard) >= 3 and heard[1].char == heard[0].char and len(heard) <= 5:
        first = heard[0] if heard[0].explained else heard[1]
        if heard[0].char in NAME_WORDS.surnames:
            return [first, *heard[2:]]
    return heard


def _settled(told: list[_Told]) -> str:
    """The name out of what was told: misread characters replaced by the likeliest."""
    if not told:
        return ""
    chars = [one.char for one in told]
    compound = NAME_WORDS.compound_like("".join(chars[:2])) if len(chars) >= 3 else ""
    head = 1
    if compound and not told[0].explained:
        chars[:2] = list(compound)
        head = 2
    elif not told[0].explained:
        chars[0] = NAME_WORDS.surname_like(chars[0]) or chars[0]
    for place in range(head, len(chars)):
        if not told[place].explained and chars[place] in _MISREAD:
            chars[place] = NAME_WORDS.given_like(chars[place]) or chars[place]
    return "".join(chars)


def _changed(name: str, told: list[_Told], said: str) -> Taken:
    """``name`` corrected by an answer to its read-back: some characters, or the whole anew."""
    chars = list(name)
    if len(told) >= 2 and not all(one.explained for one in told):
        anew = _settled(told)
        return Taken(value=Value(anew, said)) if 2 <= len(anew) <= 4 and _starts(anew) else NOTHING
    if not told or set("".join(one.char for one in told)) & _NEVER:
        return NOTHING
    changed = False
    for one in told:
        place = _place_of(one.char, [_Told(char) for char in chars])
        if place is None:
            continue
        chars[place] = one.char
        changed = True
    if changed:
        return Taken(value=Value("".join(chars), said))
    anew = _settled(told)
    return Taken(value=Value(anew, said)) if 2 <= len(anew) <= 4 and _starts(anew) else NOTHING


NAME = Name()
