"""Serves one GGUF file on loopback, as a process of its own: what a file does to it stays there.

It is told what to serve in a line of JSON on its input and answers where in a line on its output.
It ends when its input does, so with whoever started it, however that ended.
"""

import json
import os
import sys


def main() -> None:
    import xllamacpp  # noqa: PLC0415  only this process has it

    told = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = told["path"]
    params.model_alias = {told["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [told["key"]]
    params.n_parallel = told["parallel"]
    params.n_ctx = told["context"] * told["parallel"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = os.cpu_count() or 1
    params.n_threads_http = told["parallel"] + 2
    params.use_jinja = True
    params.offline = True
    params.ui = False
    params.warmup = False
    server = xllamacpp.Server(params)
    sys.stdout.write(json.dumps({"url": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # its threads may be in the middle of an answer that nobody waits for


if __name__ == "__main__":
    main()
