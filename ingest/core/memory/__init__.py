"""What a publisher repeats over its different articles: immutable snapshots, and the pure functions that make and read them.

labelled article ──observe──▶ Observation ──add──▶ PublisherMemory ──▶ Memory ──of──▶ evidence about the next article's blocks
"""
