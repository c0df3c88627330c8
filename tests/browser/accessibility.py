"""What a machine can tell of a page's accessibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["violations"]


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds wrong inside ``selector``: the rule, and the element it is about."""
    from axe_playwright_python.sync_playwright import Axe

    # JupyterLab's body has no height and hides what overflows, so that axe would take all text for cut off and skip
    # its contrast.
    page.evaluate(
        """() => {
          for (const node of [document.documentElement, document.body]) node.style.overflow = 'visible';
        }"""
    )
    results = Axe().run(page, context=selector, options={"resultTypes": ["violations"]})
    return [
        f"{found['id']}: {node['html'][:160]} {node['failureSummary']}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]
