"""A model of Granite's architecture that knows nothing: a file of random weights, some 300 kB."""

from pathlib import Path

import gguf
import numpy as np

LAYERS, WIDTH, INNER, HEADS, CONTEXT = 2, 64, 96, 4, 4096
TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "<|assistant|>"
)
SPECIAL = ["<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]


def write(path: Path) -> None:
    """Byte-level words, so that it can say anything that a grammar lets it."""
    words = _bytes() + SPECIAL + ["th"]
    writer = gguf.GGUFWriter(path, "granite")
    _shape(writer, len(words))
    _words(writer, words)
    chance = np.random.default_rng(7)

    def some(*shape: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
        return chance.normal(0, 0.05, shape).astype(np.float32)

    writer.add_tensor("token_embd.weight", some(len(words), WIDTH))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", some(len(words), WIDTH))
    for layer in range(LAYERS):
        at = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{at}.{norm}.weight", np.ones(WIDTH, np.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{at}.{part}.weight", some(WIDTH, WIDTH))
        for part in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"{at}.{part}.weight", some(INNER, WIDTH))
        writer.add_tensor(f"{at}.ffn_down.weight", some(WIDTH, INNER))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _shape(writer: gguf.GGUFWriter, words: int) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(words)
    writer.add_embedding_scale(12.0)
    writer.add_residual_scale(0.22)
    writer.add_attention_scale(0.015625)
    writer.add_logit_scale(8.0)


def _words(writer: gguf.GGUFWriter, words: list[str]) -> None:
    normal, control = int(gguf.TokenType.NORMAL), int(gguf.TokenType.CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(words)
    writer.add_token_types([control if word in SPECIAL else normal for word in words])
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(words.index("<|end|>"))
    writer.add_eos_token_id(words.index("<|end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _bytes() -> list[str]:
    """How a byte-level tokenizer writes each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    other = [number for number in range(256) if number not in plain]
    shown = {number: chr(number) for number in plain}
    shown |= {number: chr(256 + n) for n, number in enumerate(other)}
    return [shown[number] for number in range(256)]
