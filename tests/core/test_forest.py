"""A forest small enough to compute by hand, and model files that must not be read."""

import io
import json
from importlib.resources import files

import numpy as np
import pytest

from ingest.core.labelling.forest import EarlyExit, Forest

INF = np.inf


def forest() -> Forest:
    """Two trees over (words, links).

    Tree 0: words <= 3 ? (links <= 0 ? 1 : 2) : -1; tree 1: a lone leaf 0.5.
    """
    return Forest(
        columns=("words", "links"),
        feature=np.array([0, 1, 0, 0, 0, 0]),
        threshold=np.array([3, 0, INF, INF, INF, INF], np.float32),
        child=np.array([1, 3, 2, 3, 4, 5]),
        value=np.array([0.25, 1.5, -1, 1, 2, 0.5]),
        roots=np.array([0, 5]),
    )


ROWS = np.array([[3, 0], [3, 1], [4, 1]], np.float32)


def test_a_row_traverses_every_tree_and_the_values_add_up():
    odds = np.array([1.5, 2.5, -0.5])
    assert np.allclose(forest().predict(ROWS), 1 / (1 + np.exp(-odds)))
    assert forest().predict(np.zeros((0, 2), np.float32)).shape == (0,)


def test_early_exit_skips_trees_for_certain_rows():
    said = forest().predict(ROWS, early_exit=EarlyExit(1, 0.3, 0.85))  # by the first tree alone: .73, .88, .27
    assert np.allclose(said, 1 / (1 + np.exp(-np.array([1.5, 2.0, -1.0]))))


def test_many_rows_give_the_same_results_as_few():
    many = np.tile(ROWS, (20_000, 1))
    assert np.array_equal(forest().predict(many), np.tile(forest().predict(ROWS), 20_000))


def test_contributions_add_up_to_the_prediction():
    assert forest().contributions(ROWS[1]).tolist() == [1.25, 0.5]  # from 0.25 by words to 1.5, by links to 2


def test_rows_of_another_width_are_refused():
    with pytest.raises(ValueError, match="2 columns"):
        forest().predict(np.zeros((1, 3), np.float32))


def test_a_model_with_objects_inside_is_not_read():
    stream = io.BytesIO()
    np.savez(stream, names=np.array(["words", {}], dtype=object))
    stream.seek(0)
    with pytest.raises(ValueError, match="allow_pickle"):
        Forest.read(stream)


@pytest.mark.parametrize("model", ["page", "page_with_region", "text", "element_weights", "word_weights"])
def test_a_shipped_model_says_what_it_was_made_of(model):
    with files("ingest.core.labelling").joinpath(f"models/{model}.npz").open("rb") as stream, np.load(stream) as arrays:
        said = json.loads(str(arrays["provenance"]))
        forest = "roots" in arrays
    assert set(said) == {"figures", "inputs", "inputs_sha256", "libraries", "trained", "version"}
    assert said["inputs"]
    assert said["figures"]
    assert said["version"]
    if forest:
        assert Forest.load(f"models/{model}.npz").provenance == said
