"""The reference of the library, from the sources of its packages: what is public, its signature and what it says."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent / "src" / "softmeter"
PACKAGES = ("errors", "obis", "units", "clock", "instant", "entropy", "wire", "security", "cosem", "dlms", "transport")
_NOTE = "Written by `make docs` from the code; edits here are lost."
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def reference_page() -> str:
    """Every public class and function of the library."""
    modules = [(_name(path), ast.parse(path.read_text("utf-8"))) for path in _files()]
    lines = ["# Reference", "", _NOTE, "", "| module | |", "|---|---|"]
    lines += [f"| [`{name}`](#{name.replace('.', '')}) | {_first(tree)} |" for name, tree in modules]
    for name, tree in modules:
        lines += ["", f"## {name}", "", *_paragraphs(tree), *_members(tree)]
    return "\n".join(lines).rstrip() + "\n"


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        single = SOURCES / f"{package}.py"
        yield from [single] if single.exists() else sorted((SOURCES / package).rglob("*.py"))


def _name(path: Path) -> str:
    parts = ("softmeter", *path.relative_to(SOURCES).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


def _first(tree: ast.Module) -> str:
    return next(iter(_paragraphs(tree)), "").replace("|", "\\|")


def _paragraphs(node: ast.Module | Definition) -> list[str]:
    """The docstring, one line a paragraph, with an empty line behind each; sections such as `Raises:` become lists."""
    lines: list[str] = []
    for paragraph in (ast.get_docstring(node) or "").split("\n\n"):
        head, *rest = paragraph.split("\n")
        if rest and head.endswith(":") and all(line.startswith("    ") for line in rest):
            lines += [head, "", *_items(rest), ""]
        elif paragraph:
            lines += [" ".join(line.strip() for line in (head, *rest)), ""]
    return lines


def _items(lines: list[str]) -> Iterator[str]:
    item = ""
    for line in lines:
        if line.startswith("        "):
            item += f" {line.strip()}"
        else:
            if item:
                yield item
            item = f"- {line.strip()}"
    yield item


def _members(tree: ast.Module) -> Iterator[str]:
    for node, told in _told(tree.body):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _exported(node) or (f"### `{_target(node)}`", "", *_constant(node), *_said(told))
        elif isinstance(node, Definition):
            yield from (f"### `{node.name}`", "", *_code(node), *_paragraphs(node))
            if isinstance(node, ast.ClassDef):
                yield from _class(node)


def _told(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Public definitions, and documented public names, with the text that stands behind a name."""
    for node, following in zip(body, [*body[1:], None], strict=True):
        told = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            told = str(following.value.value)
        if isinstance(node, Definition):
            if not node.name.startswith("_") and not _is_overload(node):
                yield node, told
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _is_public(_target(node), told):
            yield node, told


def _is_public(name: str, told: str) -> bool:
    return name == "__all__" or (bool(told) and not name.startswith("_"))


def _is_overload(node: Definition) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list)


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0])


def _exported(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """What a module passes on from others."""
    if _target(node) != "__all__" or node.value is None:
        return []
    names = (f"`{name}`" for name in ast.literal_eval(node.value))
    return [f"Passes on {', '.join(names)}.", ""]


def _constant(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    text = ast.unparse(node)
    if len(text) <= 110:
        yield from (f"    {text}", "")


def _said(text: str) -> Iterator[str]:
    if text:
        yield from (" ".join(text.split()), "")


def _code(node: Definition) -> Iterator[str]:
    """Decorators that matter, and the head of the definition, indented as code."""
    for one in node.decorator_list:
        yield f"    @{ast.unparse(one)}"
    if isinstance(node, ast.ClassDef):
        made_of = [ast.unparse(base) for base in node.bases] + [ast.unparse(word) for word in node.keywords]
        yield f"    class {node.name}({', '.join(made_of)})" if made_of else f"    class {node.name}"
    else:
        word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        yield f"    {word} {node.name}({ast.unparse(node.args)}){returns}"
    yield ""


def _class(node: ast.ClassDef) -> Iterator[str]:
    fields = [(one, told) for one, told in _fields(node) if not _target(one).startswith("_")]
    if fields:
        for one, told in fields:
            remark = f": {' '.join(told.split())}" if told else ""
            yield f"- `{_shown(one)}`{remark}"
        yield ""
    for method in node.body:
        if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or _is_overload(method):
            continue
        if method.name == "__init__" or not method.name.startswith("_"):
            yield from (f"#### `{node.name}.{method.name}`", "", *_code(method), *_paragraphs(method))


def _fields(node: ast.ClassDef) -> Iterator[tuple[ast.Assign | ast.AnnAssign, str]]:
    for one, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(one, ast.Assign | ast.AnnAssign):
            is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            yield one, str(following.value.value) if is_text else ""  # type: ignore[union-attr]


def _shown(node: ast.Assign | ast.AnnAssign) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 110 else f"{text[:107]}..."
