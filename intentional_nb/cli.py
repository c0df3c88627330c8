"""The ``intentional-nb`` command: ``lab``, ``chat``, ``check``, ``draw`` and ``serve``.

Each command is one function that returns the exit code: 0 for success, 1 when the work found something wrong, 2 when
it was not asked rightly. What a command needs is imported when it runs, so that ``--help`` is there at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from intentional_nb import __version__
from intentional_nb.errors import IntentionalError

__all__ = ["main"]

_PACKAGE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that ``arguments`` (or the command line) asks for, and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.command(options))
        sys.stdout.flush()  # here, where a closed pipe is still dealt with
        return code
    except IntentionalError as error:
        print(f"intentional-nb {options.name}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Python would complain again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="intentional-nb", description="Chat bots that follow a conversation graph.")
    parser.add_argument("--version", action="version", version=f"intentional-nb {__version__}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    lab = commands.add_parser("lab", help="open JupyterLab on the first notebook")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.add_argument("--port", type=_port, help="the port to try first (8888)")
    lab.set_defaults(command=_lab)

    chat = commands.add_parser("chat", help="talk to a bot in the terminal")
    chat.add_argument("file", nargs="?", metavar="FILE", help="the bot's YAML file (the shipped interview)")
    chat.set_defaults(command=_chat)

    check = commands.add_parser("check", help="list everything that is wrong with a conversation file")
    check.add_argument("files", nargs="+", metavar="FILE")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    check.set_defaults(command=_check)

    draw = commands.add_parser("draw", help="draw a conversation file as SVG, DOT or Mermaid")
    draw.add_argument("file", metavar="FILE")
    draw.add_argument("-o", "--output", metavar="OUT", help="OUT.svg, OUT.dot or OUT.mmd (SVG to the terminal)")
    draw.add_argument("--dark", action="store_true", help="for a dark page")
    draw.set_defaults(command=_draw)

    serve = commands.add_parser("serve", help="run the local model for other programs")
    serve.add_argument("--port", type=_port, default=0, help="the port (any free one)")
    serve.add_argument(
        "--api-key-env", metavar="NAME", help="the environment variable that holds the key to ask for (a new key)"
    )
    serve.set_defaults(command=_serve)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def _wrong_use(message: str) -> int:
    print(f"intentional-nb: {message}", file=sys.stderr)
    return 2


# ---- lab


def _lab(options: argparse.Namespace) -> int:  # noqa: RET503  execv does not return
    if find_spec("jupyterlab") is None:
        return _wrong_use("JupyterLab is not installed; pip install 'intentional-nb[lab]' adds it")
    folder, first = _lessons()
    print(f"Opening {folder / first}", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command.append(f"--LabApp.default_url=/lab/tree/{first}")
    if options.no_browser:
        command.append("--no-browser")
    if options.port is not None:
        command.append(f"--port={options.port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Jupyter refuses to run as root unless told; containers have no other user.
        command.append("--allow-root")
    os.execv(sys.executable, command)


def _lessons() -> tuple[Path, str]:
    """The folder for Jupyter to serve and the notebook in it to open.

    In a clone these are the project's own notebooks; otherwise copies of those in the package are laid into the
    current folder, where the reader may change them.
    """
    clone = _PACKAGE.parent
    if (clone / "pyproject.toml").is_file():
        first = min((clone / "notebooks").glob("*.ipynb"))
        return clone, first.relative_to(clone).as_posix()
    here = Path.cwd()
    shipped = sorted((_PACKAGE / "notebooks").glob("*.ipynb"))
    for notebook in shipped:
        copy = here / notebook.name
        if not copy.exists():
            shutil.copy(notebook, copy)
            print(f"Copied {notebook.name} into {here}", file=sys.stderr)
    return here, shipped[0].name


# ---- chat


def _chat(options: argparse.Namespace) -> int:
    from intentional_nb.terminal import chat

    if options.file is not None and not Path(options.file).is_file():
        return _wrong_use(f"there is no file {options.file!r}")
    return chat(options.file)


# ---- check


def _check(options: argparse.Namespace) -> int:
    from intentional_nb.conversation.loading import read_config
    from intentional_nb.conversation.problems import report

    found = {name: read_config(Path(name), strict=False).problems for name in options.files}
    problems = [problem for of_a_file in found.values() for problem in of_a_file]
    if options.json:
        print(json.dumps([problem.to_dict() for problem in problems], indent=2, ensure_ascii=False, default=str))
    else:
        for name, of_a_file in found.items():
            print(report(of_a_file) if of_a_file else f"{name}: {report(())}")
    return int(any(problem.is_error for problem in problems))


# ---- draw


def _draw(options: argparse.Namespace) -> int:
    from intentional_nb.conversation import diagram
    from intentional_nb.conversation.loading import load_graph

    if not Path(options.file).is_file():
        return _wrong_use(f"there is no file {options.file!r}")
    kind = Path(options.output).suffix if options.output else ".svg"
    if kind not in (".svg", ".dot", ".mmd"):
        return _wrong_use(f"{options.output!r} must end in .svg, .dot or .mmd")
    graph = load_graph(Path(options.file), strict=False)
    if kind == ".svg":
        text = diagram.to_svg(graph, dark=options.dark)
    elif kind == ".dot":
        text = diagram.to_dot(graph, dark=options.dark)
    else:
        text = diagram.to_mermaid(graph)
    if options.output:
        Path(options.output).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        print(f"Wrote {options.output}", file=sys.stderr)
    else:
        print(text.rstrip("\n"))
    return 0


# ---- serve


def _serve(options: argparse.Namespace) -> int:
    from intentional_nb.local.serve import serve

    key = None
    if options.api_key_env is not None:
        key = os.environ.get(options.api_key_env)
        if not key:
            return _wrong_use(f"the environment variable {options.api_key_env} is not set, or empty")
    serve(options.port, key)
    return 0
