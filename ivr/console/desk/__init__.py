"""The operator's desk: the hand-off card, the talk as it goes on, and the ticket."""
