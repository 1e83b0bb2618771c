"""How well free speech is routed, measured over ``bench/data/utterances.tsv``."""
