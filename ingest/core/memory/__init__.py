"""What repeats over many files: which of them tell one story, and what a publisher repeats.

labelled article ──observe──▶ Observation ──add──▶ PublisherMemory ──▶ Memory ──recall──▶ what leaves the next article
"""
