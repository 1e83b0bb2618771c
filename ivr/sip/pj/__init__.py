"""The one package that touches PJSUA2: an endpoint, call legs and Python audio ports.

All methods are called from the one thread that also calls :meth:`ivr.sip.pj.stack.Stack.poll`;
only the two hooks of a :class:`ivr.sip.pj.port.FramePort` run in PJSIP's media thread.
"""
