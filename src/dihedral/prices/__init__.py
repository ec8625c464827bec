"""What models cost that somebody sells: package data, read by `model.work.pricelist`.

Shape   `models.csv`: seller, the seller's name of the model, money per million tokens (`input`,
        `output`, `cached`, `written`, `reasoning`; empty is unknown, or for the last three no price
        of its own), tokens of `context` and of one answer (`most`), `abilities`, `as_of`.
Units   US dollars, at the seller's ordinary rate: no batches, no priority. Where long calls cost
        more, `context` ends where that begins, so that the price holds for all that fits.
Source  facts from `model_prices_and_context_window_backup.json` of LiteLLM 1.106.2 (MIT), released
        on 2026-10-21, which says of each where the seller publishes it.
"""
