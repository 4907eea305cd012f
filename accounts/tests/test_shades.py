"""What we compute is what a browser shows."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from playwright.sync_api import Browser

from accounts.brand import stylesheet
from accounts.shades import OUR_OWN, dark, light
from lib.colour import to_rgb

READ = """() => Object.fromEntries(["accent", "on-accent", "accent-text", "surface"].map((name) => {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(probe).color;
  canvas.fillRect(0, 0, 1, 1);
  return [name, [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)];
}))"""
BRANDS = [OUR_OWN, "#000000", "#ff0000", "#1100ff", "#00bb00", "#aa3355", "#808080", "#0f766e", "#a6a300"]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shades_are_those_of_the_stylesheet(browser: Browser, theme: Any) -> None:
    tokens = Path(project.BASE_DIR, "static", "css", "tokens.css").read_text()
    page = browser.new_context(color_scheme=theme).new_page()
    apart = {}
    for brand in BRANDS:
        page.set_content(f"<!DOCTYPE html><style>{tokens}</style><style>{stylesheet(brand)}</style><body>")
        shown, wanted = page.evaluate(READ), light(brand) if theme == "light" else dark(brand)
        for name, colour in (
            ("accent", wanted.accent),
            ("on-accent", wanted.on_accent),
            ("accent-text", wanted.accent_text),
            ("surface", wanted.surface),
        ):
            ours = [round(part * 255) for part in to_rgb(colour)]
            if max(abs(one - other) for one, other in zip(ours, shown[name], strict=True)) > 2:
                apart[brand, name] = (ours, shown[name])

    assert apart == {}
