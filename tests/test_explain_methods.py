"""Each explanation beside another way to it: hooks in the model, loops, finite differences."""

import itertools

import numpy as np
import pytest
import torch
from scipy.special import erf

from course_lib.chapters.ch06_nlp.models import TextClassifier
from course_lib.explain import (
    alti,
    explanations,
    gradient_rollout,
    mixed_through,
    value_aware_weights,
    value_parts,
)
from course_lib.explain.methods import METHODS, SIGNED
from course_lib.nn import attribution, explain, open_transformer
from course_lib.nn.attention import masked_softmax
from course_lib.nn.open_transformer import open_model
from course_lib.nn.rules import PLAIN
from course_lib.nn.tracing import normed_parts, trace
from course_lib.nn.training import seeded
from tests.support.models import make, needs_extra

IDS = torch.tensor([7, 3, 11, 5, 7, 3])
CLASSIFIER = seeded(
    lambda: TextClassifier(20, 3, 9, d_model=8, num_heads=2, num_layers=2).double(), 0
)
for norm in [CLASSIFIER.norm, *(norm for layer in CLASSIFIER.layers for norm in layer.norms)]:
    torch.nn.init.uniform_(norm.weight, 0.5, 2)
    torch.nn.init.normal_(norm.bias)


def hugging_face(name):
    model = make(name).double().eval()
    model.set_attn_implementation("eager")
    for parameter in model.parameters():  # biases are 0 when a model is new
        if parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.3, 1.3)
    return model


@pytest.fixture(scope="module")
def bert():
    return hugging_face("BertModel")


@pytest.fixture(scope="module")
def llama():
    return hugging_face("LlamaForCausalLM")


@pytest.fixture(params=["classifier", pytest.param("bert", marks=needs_extra),
                        pytest.param("llama", marks=needs_extra)])  # fmt: skip
def opened(request):
    if request.param == "classifier":
        return open_model(CLASSIFIER)
    return open_model(request.getfixturevalue(request.param))


# --- the model taken apart ------------------------------------------------------------------------


@torch.no_grad()
def test_an_opened_classifier_is_the_classifier():
    opened = open_model(CLASSIFIER)
    logits, weights = CLASSIFIER(IDS[None], return_weights=True)
    x = opened.embed(IDS[None])
    torch.testing.assert_close(opened(x), logits, rtol=0, atol=1e-12)
    found = torch.stack([step.weights for step in opened.steps(x)], dim=1)
    torch.testing.assert_close(found, weights, rtol=0, atol=1e-12)


@needs_extra
@torch.no_grad()
def test_an_opened_encoder_is_the_encoder(bert):
    opened = open_model(bert)
    told = bert(IDS[None], output_attentions=True)
    steps = opened.steps(opened.embed(IDS[None]))
    torch.testing.assert_close(steps[-1].output, told.last_hidden_state, rtol=0, atol=1e-12)
    for step, weights in zip(steps, told.attentions, strict=True):
        torch.testing.assert_close(step.weights, weights, rtol=0, atol=1e-12)


@needs_extra
@torch.no_grad()
def test_an_opened_language_model_is_the_model(llama):
    opened = open_model(llama)
    told = llama(IDS[None], output_attentions=True)
    x = opened.embed(IDS[None])
    torch.testing.assert_close(opened(x), told.logits[:, -1], rtol=0, atol=1e-6)
    for step, weights in zip(opened.steps(x), told.attentions, strict=True):
        # its softmax is computed in float32
        torch.testing.assert_close(step.weights, weights, rtol=0, atol=1e-6)


def test_another_model_is_refused():
    with pytest.raises(TypeError, match="model must be one of"):
        open_model(torch.nn.Linear(2, 2))


# --- values ---------------------------------------------------------------------------------------


def arrays(layer, step):
    parts = step.weights[0], step.values[0], layer.head_outputs
    return [part.detach().double().numpy() for part in parts]


@torch.no_grad()
def test_the_parts_of_values_sum_to_what_attention_adds(opened):
    for layer, step in zip(opened.layers, opened.steps(opened.embed(IDS[None])), strict=True):
        added = (step.attended - step.x)[0]
        if layer.output.bias is not None:
            added = added - layer.output.bias
        parts = value_parts(*arrays(layer, step))
        np.testing.assert_allclose(parts.sum(axis=1), added.numpy(), rtol=0, atol=1e-9)


def test_value_aware_weights_by_a_loop_over_the_formula():
    """The norm of Kobayashi et al. (2020), with whole matrices and a bias, head by head."""
    rng = np.random.default_rng(0)
    x, (w_v, b_v) = rng.normal(size=(5, 6)), (rng.normal(size=(6, 6)), rng.normal(size=6))
    w_o = rng.normal(size=(6, 6))
    weights = rng.dirichlet(np.ones(5), size=(3, 5))
    expected = np.zeros((5, 5))
    for i, j in itertools.product(range(5), range(5)):
        total = 0
        for head in range(3):
            own = slice(2 * head, 2 * head + 2)
            total = total + weights[head, i, j] * (x[j] @ w_v[:, own] + b_v[own]) @ w_o[own]
        expected[i, j] = np.sqrt((total**2).sum())
    values = (x @ w_v + b_v).reshape(5, 3, 2).transpose(1, 0, 2)
    found = value_aware_weights(weights, values, w_o.reshape(3, 2, 6))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@needs_extra
@pytest.mark.parametrize("name", ["bert", "llama"])
@torch.no_grad()
def test_value_zeroing_by_a_hook_in_the_model(name, request):
    """The value projection of the library's own layer is made to say 0 for one token."""
    model = request.getfixturevalue(name)
    found = attribution.value_zeroing(open_model(model), IDS)
    layers = model.encoder.layer if name == "bert" else model.model.layers
    for number, layer in enumerate(layers):
        projection = layer.attention.self.value if name == "bert" else layer.self_attn.v_proj
        states = []

        def keeping(module, inputs, output, states=states):
            states.append(output[0] if isinstance(output, tuple) else output)

        keep = layer.register_forward_hook(keeping)
        for zeroed in [None, *range(len(IDS))]:

            def silent(module, inputs, output, zeroed=zeroed):
                if zeroed is not None:
                    output[:, zeroed] = 0
                return output

            hook = projection.register_forward_hook(silent)
            model(IDS[None])
            hook.remove()
        keep.remove()
        whole, *without = [state.reshape(len(IDS), -1) for state in states]
        for j, changed in enumerate(without):
            expected = 1 - torch.cosine_similarity(whole, changed, dim=-1)
            torch.testing.assert_close(found[number, :, j], expected, rtol=0, atol=1e-6)


# --- ALTI -----------------------------------------------------------------------------------------


@torch.no_grad()
def test_the_parts_of_alti_and_the_biases_sum_to_the_whole(opened):
    for layer, step in zip(opened.layers, opened.steps(opened.embed(IDS[None])), strict=True):
        parts, whole = normed_parts(layer, step)
        bias = torch.zeros(whole.shape[-1], dtype=torch.float64)
        if layer.output.bias is not None:
            bias = bias + layer.output.bias
        if not layer.before:
            norm = layer.norms[0]
            bias = norm.linear(bias, norm.deviation(step.attended[0])) + norm.bias
        np.testing.assert_allclose(parts.sum(axis=1) + bias.numpy(), whole, rtol=0, atol=1e-9)
        rows = alti(parts, whole).sum(axis=-1)
        np.testing.assert_allclose(rows, 1, rtol=0, atol=1e-12)


def published_alti(layer, step, *, unbiased):
    """The formulas of Ferrando et al. (2022) for one layer of BERT, with matrices and loops.

    `unbiased` is how their code takes the deviation.
    """
    weights, values, w_o = arrays(layer, step)
    x, attended = step.x[0].numpy(), step.attended[0].numpy()
    norm, bias = layer.norms[0], layer.output.bias.numpy()
    n, d = x.shape
    centre = np.diag(norm.gain.numpy()) @ (np.eye(d) - np.ones((d, d)) / d)
    found = np.zeros((n, n))
    for i in range(n):
        deviation = attended[i].std(ddof=1) if unbiased else np.sqrt(attended[i].var() + norm.eps)
        near = []
        y = centre @ attended[i] / deviation + norm.bias.numpy()
        assert attended[i].shape == bias.shape
        for j in range(n):
            given = sum(weights[h, i, j] * values[h, j] @ w_o[h] for h in range(len(weights)))
            part = centre @ (given + (x[i] if i == j else 0)) / deviation
            near.append(max(0, np.linalg.norm(y, 1) - np.linalg.norm(y - part, 1)))
        found[i] = np.array(near) / sum(near)
    return found


@needs_extra
@torch.no_grad()
def test_alti_by_the_paper_and_by_its_code(bert):
    opened = open_model(bert)
    for layer, step in zip(opened.layers, opened.steps(opened.embed(IDS[None])), strict=True):
        found = alti(*normed_parts(layer, step))
        exact = published_alti(layer, step, unbiased=False)
        np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12)
        theirs = published_alti(layer, step, unbiased=True)
        assert 0 < np.abs(found - theirs).max() < 1 / len(step.x[0, 0])  # 32 features here


def test_mixed_through_is_a_product_of_shares():
    first, second = np.array([[1.0, 0], [1, 3]]), np.array([[2.0, 2], [0, 5]])
    expected = np.diag([1 / 4, 1 / 5]) @ second @ np.diag([1, 1 / 4]) @ first
    np.testing.assert_allclose(mixed_through([first, second]), expected)


# --- gradients ------------------------------------------------------------------------------------


@needs_extra
def test_gradient_rollout_from_the_librarys_own_weights(bert):
    """The gradients of what the model returns as its weights, and the sum over all walks."""
    with torch.enable_grad():
        told = bert(IDS[None], output_attentions=True)
        vector = told.last_hidden_state[0].mean(dim=0)
        gradients = torch.autograd.grad(vector @ (vector / vector.norm()).detach(), told.attentions)
    steps = [
        (gradient * weights).clamp(min=0).mean(dim=1)[0].detach().numpy()
        for gradient, weights in zip(gradients, told.attentions, strict=True)
    ]
    expected = np.zeros_like(steps[0])
    for count in range(1, len(steps) + 1):  # of the layers that a walk does not rest in
        for chosen in itertools.combinations(steps, count):
            product = np.eye(len(IDS))
            for step in chosen:
                product = step @ product
            expected += product
    weights, gradients = attribution.weight_gradients(open_model(bert), IDS)
    found = gradient_rollout(weights.numpy(), gradients.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@torch.no_grad()
def test_gradient_times_input_by_finite_differences(opened):
    x = opened.embed(IDS[None])
    chosen = opened.answer.chosen(opened(x))

    def target(longer, place):
        stretched = x.clone()
        stretched[0, place] *= 1 + longer
        return opened.answer.target(opened(stretched), chosen).item()

    h = 1e-5
    expected = [(target(h, j) - target(-h, j)) / (2 * h) for j in range(len(IDS))]
    found = attribution.gradient_times_input(opened, IDS)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-7)


def test_rules_change_gradients_and_nothing_else(opened):
    x = opened.embed(IDS[None])
    torch.testing.assert_close(
        opened(x, rules=attribution.LRP), opened(x, rules=PLAIN), rtol=0, atol=1e-12
    )


class ByHand:
    """AttnLRP of the classifier by its rules: relevance handed from step to step in NumPy.

    lxt 2.1, by its authors, gives the same as ours on a small Llama; it was run once by hand,
    because it cannot be imported with the version of transformers that is used here.
    """

    def __init__(self, model):
        self.model = model
        self.lost = 0.0  # to biases and softmaxes

    def linear(self, x, module, relevance):
        """The epsilon rule: by the summands of each output; the bias keeps its own."""
        w, b = module.weight.detach().numpy(), getattr(module, "bias", None)
        summands = x[:, None, :] * w[None]  # (n, out, in)
        z = summands.sum(axis=-1) + (0 if b is None else b.detach().numpy())
        handed = summands * (relevance / z)[..., None]
        self.lost += relevance.sum() - handed.sum()
        return handed.sum(axis=1)

    def norm(self, x, module, relevance):
        """A linear map with the deviation as it is; the mean is taken away by the epsilon rule."""
        d = x.shape[-1]
        gain, bias = module.weight.detach().numpy(), module.bias.detach().numpy()
        sigma = np.sqrt(x.var(axis=-1) + module.eps)
        matrix = (np.eye(d) - 1 / d) * gain[:, None]
        summands = x[:, None, :] * matrix[None] / sigma[:, None, None]
        handed = summands * (relevance / (summands.sum(axis=-1) + bias))[..., None]
        self.lost += relevance.sum() - handed.sum()
        return handed.sum(axis=1)

    def product(self, a, b, relevance):
        """The uniform rule: of a @ b, half to each factor, by the summands."""
        summands = a[:, :, None] * b[None]  # (n, m, d)
        handed = summands * (relevance / summands.sum(axis=1))[:, None] / 2
        return handed.sum(axis=2), handed.sum(axis=0)

    def softmax(self, logits, weights, relevance):
        """The softmax rule: x_i (R_i - s_i sum R)."""
        handed = logits * (relevance - weights * relevance.sum(axis=-1, keepdims=True))
        self.lost += relevance.sum() - handed.sum()
        return handed

    def split(self, parts, relevance):
        """A sum: by the summands."""
        z = sum(parts)
        return [part / z * relevance for part in parts]

    def attention(self, read, module, relevance):
        n, heads = len(read), module.num_heads
        q, k, v = (
            m(torch.tensor(read)).detach().numpy() for m in (module.query, module.key, module.value)
        )
        d = q.shape[1] // heads
        own = [slice(d * h, d * h + d) for h in range(heads)]
        logits = [q[:, h] @ k[:, h].T / np.sqrt(d) for h in own]
        weights = [torch.tensor(x).softmax(dim=-1).numpy() for x in logits]
        mixed = np.concatenate([w @ v[:, h] for w, h in zip(weights, own, strict=True)], axis=1)
        relevance = self.linear(mixed, module.output, relevance)
        r_q, r_k, r_v = np.zeros((3, n, d * heads))
        for h, x, w in zip(own, logits, weights, strict=True):
            r_w, r_v[:, h] = self.product(w, v[:, h], relevance[:, h])
            r_q[:, h], r_kt = self.product(q[:, h], k[:, h].T, self.softmax(x, w, r_w))
            r_k[:, h] = r_kt.T
        given = zip((module.query, module.key, module.value), (r_q, r_k, r_v), strict=True)
        return sum(self.linear(read, m, r) for m, r in given)

    def __call__(self, ids):
        def of(module, x):
            return module(torch.tensor(x)).detach().numpy()

        model, steps = self.model, []
        x = model.embedding(ids[None])[0].detach().numpy()
        for layer in model.layers:
            read = of(layer.norms[0], x)
            added = of(layer.attention, read[None])[0]
            y = x + added
            normed = of(layer.norms[1], y)
            up = of(layer.network[0], normed)
            active = up * (1 + erf(up / np.sqrt(2))) / 2
            down = of(layer.network[2], active)
            steps.append((layer, x, read, added, y, normed, up, active, down))
            x = y + down
        last = of(model.norm, x)
        pooled = last.mean(axis=0, keepdims=True)
        logits = of(model.classify, pooled)[0]
        chosen = logits.argmax()
        # The target is a logarithm of odds: its first-order expansion is what enters.
        others = np.delete(np.arange(len(logits)), chosen)
        shares = torch.tensor(logits[others]).softmax(dim=-1).numpy()
        relevance = np.zeros_like(logits)
        relevance[chosen], relevance[others] = logits[chosen], -logits[others] * shares
        entered = relevance.sum()
        relevance = self.linear(pooled, model.classify, relevance[None])
        relevance = last / len(last) / pooled * relevance
        relevance = self.norm(x, model.norm, relevance)
        for layer, x, read, added, y, normed, _, active, down in steps[::-1]:
            r_y, r_down = self.split([y, down], relevance)
            r_up = self.linear(active, layer.network[2], r_down)  # the identity rule
            r_normed = self.linear(normed, layer.network[0], r_up)
            r_y = r_y + self.norm(y, layer.norms[1], r_normed)
            r_x, r_added = self.split([x, added], r_y)
            r_read = self.attention(read, layer.attention, r_added)
            relevance = r_x + self.norm(x, layer.norms[0], r_read)
        return relevance.sum(axis=-1), entered


def test_attn_lrp_is_the_relevance_that_is_handed_on_by_hand():
    by_hand = ByHand(CLASSIFIER)
    expected, entered = by_hand(IDS)
    found = attribution.attn_lrp(open_model(CLASSIFIER), IDS).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)
    # Nothing is made and nothing is lost but what biases and softmaxes keep.
    assert found.sum() + by_hand.lost == pytest.approx(entered, abs=1e-9)
    plain = attribution.gradient_times_input(open_model(CLASSIFIER), IDS).numpy()
    assert np.abs(found - plain).max() > 1e-3


@needs_extra
def test_in_a_model_without_biases_only_softmaxes_keep_relevance(llama, monkeypatch):
    kept = []

    def watched(logits, mask):
        logits.register_hook(lambda g: kept.append(-(g * logits.detach()).sum().item()))
        weights = masked_softmax(logits, mask)
        weights.register_hook(lambda g: kept.append((g * weights.detach()).sum().item()))
        return weights

    monkeypatch.setattr(open_transformer, "masked_softmax", watched)
    opened = open_model(llama)
    found = attribution.attn_lrp(opened, IDS).sum().item()
    target = opened(opened.embed(IDS[None])).max().item()
    assert found + sum(kept) == pytest.approx(target, abs=1e-6)
    assert abs(sum(kept)) > 1e-3
    plain = attribution.gradient_times_input(opened, IDS).sum().item()
    assert abs(plain - found) > 1e-3  # gradient times input promises no such thing


# --- hiding tokens --------------------------------------------------------------------------------

SETS = [[1], [2, 4], [0, 1, 3]]


@torch.no_grad()
def test_a_hidden_token_is_padding_to_the_classifier():
    found = attribution.drops_without(open_model(CLASSIFIER), IDS, SETS)
    whole = CLASSIFIER(IDS[None])[0]
    chosen = whole.argmax()
    for drop, places in zip(found, SETS, strict=True):
        text = IDS.clone()
        text[places] = 0
        p, q = (logits.softmax(dim=-1)[chosen] for logits in (whole, CLASSIFIER(text[None])[0]))
        expected = (p / (1 - p)).log() - (q / (1 - q)).log()
        torch.testing.assert_close(drop, expected, rtol=0, atol=1e-10)


@torch.no_grad()
def test_no_class_moves_more_than_the_older_function_says():
    found = attribution.drops_without(open_model(CLASSIFIER), IDS, [[j] for j in range(len(IDS))])
    moved = explain.leave_one_out(CLASSIFIER, IDS[None])[0]
    first = CLASSIFIER(IDS[None])[0].softmax(dim=-1).max()
    after = (first.logit() - found).sigmoid()
    assert ((after - first).abs() <= moved + 1e-9).all()  # one class moves no more than all
    assert moved.max() > 0.01


@needs_extra
@torch.no_grad()
def test_a_hidden_token_is_masked_in_the_encoder(bert):
    found = attribution.drops_without(open_model(bert), IDS, SETS)
    whole = bert(IDS[None]).last_hidden_state[0].mean(dim=0)
    for drop, places in zip(found, SETS, strict=True):
        mask = torch.ones(1, len(IDS), dtype=torch.long)
        mask[0, places] = 0
        outputs = bert(IDS[None], attention_mask=mask).last_hidden_state[0]
        vector = outputs[mask[0].bool()].mean(dim=0)
        expected = 1 - torch.cosine_similarity(whole, vector, dim=0)
        torch.testing.assert_close(drop, expected, rtol=0, atol=1e-10)


@needs_extra
@torch.no_grad()
def test_a_hidden_token_is_masked_in_the_language_model(llama):
    sets = SETS[:2]  # without its first token, the library's own rows may be NaN
    found = attribution.drops_without(open_model(llama), IDS, sets)
    whole = llama(IDS[None]).logits[0, -1].log_softmax(dim=-1)
    positions = torch.arange(len(IDS))[None]
    for drop, places in zip(found, sets, strict=True):
        mask = torch.ones(1, len(IDS), dtype=torch.long)
        mask[0, places] = 0
        told = llama(IDS[None], attention_mask=mask, position_ids=positions).logits[0, -1]
        expected = whole.max() - told.log_softmax(dim=-1)[whole.argmax()]
        torch.testing.assert_close(drop, expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_deleted_token_is_not_in_the_text():
    found = attribution.drops_without(open_model(CLASSIFIER), IDS, SETS, way="deleted")
    whole = CLASSIFIER(IDS[None])[0]
    others = [c for c in range(3) if c != whole.argmax()]
    for drop, places in zip(found, SETS, strict=True):
        text = torch.tensor([number for j, number in enumerate(IDS.tolist()) if j not in places])
        odds = [
            z[whole.argmax()] - z[others].logsumexp(0) for z in (whole, CLASSIFIER(text[None])[0])
        ]
        torch.testing.assert_close(drop, odds[0] - odds[1], rtol=0, atol=1e-10)


@needs_extra
@pytest.mark.parametrize("name", ["bert", "llama"])
@torch.no_grad()
def test_a_silenced_token_has_values_of_0_in_every_layer(name, request):
    model = request.getfixturevalue(name)
    found = attribution.drops_without(open_model(model), IDS, [[1]], way="silenced")
    end = ("self.value", "v_proj")
    values = [module for path, module in model.named_modules() if path.endswith(end)]

    def answer():
        told = model(IDS[None])
        if name == "llama":
            return told.logits[0, -1].log_softmax(dim=-1)
        return told.last_hidden_state[0]

    def silent(module, inputs, output):
        output[:, 1] = 0
        return output

    whole = answer()
    hooks = [module.register_forward_hook(silent) for module in values]
    without = answer()
    for hook in hooks:
        hook.remove()
    assert len(values) == 2
    if name == "llama":
        expected = whole.max() - without[whole.argmax()]
    else:
        rest = without[[0, 2, 3, 4, 5]].mean(dim=0)
        expected = 1 - torch.cosine_similarity(whole.mean(dim=0), rest, dim=0)
    torch.testing.assert_close(found[0], expected, rtol=0, atol=1e-6)


def test_what_answers_cannot_be_hidden():
    with pytest.raises(ValueError, match="sets must leave a token"):
        attribution.drops_without(open_model(CLASSIFIER), IDS, [[0], list(range(len(IDS)))])


def test_nothing_hidden_is_no_drop(opened):
    drops = attribution.drops_without(opened, IDS, [[], [1]])
    assert drops[0] == pytest.approx(0, abs=1e-12)
    assert drops[1] != 0


# --- all of them ----------------------------------------------------------------------------------


def test_every_method_has_a_score_for_each_token(opened):
    found = trace(opened, IDS)
    scores, graphs = explanations(found, list("abcdef"), np.random.default_rng(0))
    assert tuple(scores) == METHODS
    for name, values in scores.items():
        assert values.shape == (len(IDS),)
        assert np.isfinite(values).all()
        assert name in SIGNED or values.min() >= 0
    for graph in graphs.values():
        assert graph.shape == (len(IDS), len(IDS))
        assert graph.min() >= 0
        sums = graph.sum(axis=1)
        assert (np.isclose(sums, 1) | (sums == 0)).all()
    row = {"mean": np.mean, "last": lambda graph, axis: graph[-1]}[found.of_outputs]
    for name, graph in graphs.items():
        if name != "gradient rollout":  # its rows are of different sizes
            np.testing.assert_allclose(scores[name], row(graph, axis=0))


def test_gradients_whose_products_leave_float64_are_refused():
    weights = np.full((6, 1, 3, 3), 1 / 3)
    with pytest.raises(ValueError, match="gradients must have products over the layers"):
        gradient_rollout(weights, np.full(weights.shape, 1e69))
    assert np.isfinite(gradient_rollout(weights, np.full(weights.shape, 1e50))).all()
