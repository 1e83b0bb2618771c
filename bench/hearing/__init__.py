"""How well models hear, measured over a folder of recordings with their texts."""
