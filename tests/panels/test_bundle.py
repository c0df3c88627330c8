from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from intentional_nb.panels.bundle import bundle


@pytest.fixture
def write(tmp_path):
    """Call it with file names and their text; gives the path of the first."""

    def write_files(**files):
        paths = []
        for name, text in files.items():
            paths.append(tmp_path / name.replace("__", "/").replace("_", "."))
            paths[-1].parent.mkdir(exist_ok=True)
            paths[-1].write_text(text)
        return paths[0]

    return write_files


def test_what_is_imported_stands_before_it_is_used(write):
    path = write(
        a_js='import { b } from "./b.js";\nconst a = b + 1;\n',
        b_js='import { c } from "./sub/c.js";\nexport const b = c;\n',
        sub__c_js="export const c = 1;\n",
    )

    assert bundle(path) == "export const c = 1;\nexport const b = c;\nconst a = b + 1;\n"


def test_a_module_that_two_import_stands_there_once(write):
    path = write(
        a_js='import { b } from "./b.js";\nimport {\n  c,\n  C,\n} from "./c.js";\n',
        b_js='import { c } from "./c.js";\nexport function b() {}\n',
        c_js="export const c = 1;\nexport class C {}\n",
    )

    assert bundle(path) == "export const c = 1;\nexport class C {}\nexport function b() {}\n"


def test_comments_with_lines_of_their_own_are_left_out_and_others_kept(write):
    source = '/**\n * Long\n */\n\n  // alone\nconst a = "/* not */ // one"; // beside\nconst b = 2; /* too */\n'

    assert bundle(write(a_js=source)) == 'const a = "/* not */ // one"; // beside\nconst b = 2; /* too */\n'


def test_style_sheets_are_joined_in_the_order_of_their_imports(write):
    path = write(a_css='/* all */\n@import "./c.css";\n@import "./b.css";\n.a {}\n', b_css=".b {}\n", c_css=".c {}\n")

    assert bundle(path) == ".c {}\n.b {}\n.a {}\n"


def test_modules_that_import_each_other_are_named(write):
    path = write(
        a_js='import { b } from "./b.js";\nexport const a = 1;\n',
        b_js='import { a } from "./a.js";\nexport const b = 1;\n',
    )

    with pytest.raises(ValueError, match=r"in a circle: a\.js -> b\.js -> a\.js"):
        bundle(path)


@pytest.mark.parametrize(
    "second", ["function twice() {}", "export class twice {}", "let twice;", "async function twice() {}"]
)
def test_a_name_that_two_modules_use_is_an_error(write, second):
    path = write(a_js=f'import {{ b }} from "./b.js";\n{second}\n', b_js="export const b = 1;\nconst twice = 2;\n")

    with pytest.raises(ValueError, match=r"a\.js and b\.js both call something 'twice' at the top"):
        bundle(path)


def test_names_within_functions_may_be_used_again(write):
    path = write(
        a_js='import { b } from "./b.js";\nfunction a() {\n  const same = 1;\n}\n',
        b_js="export const b = 1;\nconst same = 2;\n",
    )

    assert bundle(path).count("same") == 2


def test_a_name_that_is_not_exported_is_an_error(write):
    path = write(a_js='import { b, hidden } from "./b.js";\n', b_js="export const b = 1;\nconst hidden = 2;\n")

    with pytest.raises(ValueError, match=r"a\.js imports hidden, which b\.js does not export"):
        bundle(path)


@pytest.mark.parametrize(
    "line",
    [
        'import b from "./b.js";',
        'import * as b from "./b.js";',
        'import "./b.js";',
        'import { b } from "elsewhere";',
        'import { b } from "https://example.org/b.js";',
        'export { b } from "./b.js";',
        'export * from "./b.js";',
        "export { b };",
        '@import url("b.css");',
    ],
)
def test_what_cannot_be_joined_is_an_error_and_never_left_as_it_is(write, line):
    with pytest.raises(ValueError, match=r"a\.js: only .* can be joined, not .*" + re.escape(line[:9])):
        bundle(write(a_js=f"{line}\n", b_js="export const b = 1;\n"))


def test_names_taken_apart_at_the_top_are_an_error(write):
    with pytest.raises(ValueError, match=r"a\.js: names at the top must be declared one at a time"):
        bundle(write(a_js="const { b, c } = window;\n"))


def test_a_file_that_is_missing_is_named(write):
    with pytest.raises(FileNotFoundError, match=r"b\.js"):
        bundle(write(a_js='import { b } from "./b.js";\n'))


def test_the_text_runs(write):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = write(
        a_js='import { double } from "./b.js";\nconsole.log(double(21));\nexport default double;\n',
        b_js="export function double(n) {\n  return n * 2;\n}\n",
    )

    run = subprocess.run([node, "--input-type=module"], input=bundle(path), capture_output=True, text=True, check=False)

    assert run.stdout == "42\n", run.stderr
