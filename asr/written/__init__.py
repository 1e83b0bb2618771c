"""Text that can be used: what a recogniser heard, as people write it.

A recogniser gives hanzi without marks: ``嗯我电话是幺三八…在三楼``. :class:`Writer` gives the clean
text with the times of its words: simplified characters, figures where people write figures,
fillers left out, punctuation. The raw text is never changed: the dialogue works on that.
"""

from asr.written.writer import Writer, Written

__all__ = ["Writer", "Written"]
