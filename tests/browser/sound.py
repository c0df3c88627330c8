"""Sound in a page: what a microphone is made to hear, what leaves for the loudspeaker, the audio engine by itself."""

from __future__ import annotations

import base64
import json
import threading
import wave
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from intentional_nb import panels
from intentional_nb.panels.bundle import bundle

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

__all__ = ["TAP", "EnginePage", "noise", "offset_of", "to_page", "tone", "write_wav"]

_PANELS = Path(panels.__file__).parent
RATE_HZ = 24_000

TAP = """
(() => {
  const worklet = `registerProcessor('tap', class extends AudioWorkletProcessor {
    process([[channel]]) {
      this.port.postMessage([currentFrame, channel ? channel.slice() : new Float32Array(128)]);
      return true;
    }
  })`;
  const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }));
  const taps = new Map();
  const connect = AudioNode.prototype.connect;
  window.tap = {
    ready: () => Promise.all([...taps.values()].map(({ ready }) => ready)),
    /** The samples at the loudspeaker of each context, from the tap's first frame on, as 32-bit floats in base64. */
    async take() {
      const found = [];
      for (const { context, parts } of taps.values()) {
        const samples = new Float32Array(parts.reduce((sum, [, part]) => sum + part.length, 0));
        let at = 0;
        for (const [, part] of parts) { samples.set(part, at); at += part.length; }
        const bytes = new Uint8Array(samples.buffer);
        let text = '';
        for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
        found.push({ rateHz: context.sampleRate, first: parts[0]?.[0] ?? 0, samples: btoa(text) });
      }
      return found;
    },
    /** How many samples of all contexts were not silent. */
    sounded: () => [...taps.values()].reduce((sum, tap) => sum + tap.sounded, 0),
    taps,
  };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode && !(this instanceof AudioWorkletNode && this.isTap)) {
      const { context } = target;
      if (!taps.has(context)) {
        const tap = { context, parts: [], sounded: 0, lastFrame: 0 };
        tap.ready = context.audioWorklet.addModule(url).then(() => {
          const node = new AudioWorkletNode(context, 'tap', { numberOfOutputs: 0 });
          node.port.onmessage = ({ data }) => {
            tap.parts.push(data);
            const [frame, samples] = data;
            const loud = samples.filter((sample) => sample !== 0).length;
            tap.sounded += loud;
            if (loud) tap.lastFrame = frame + samples.length;
          };
          tap.node = node;
        });
        taps.set(context, tap);
      }
      const tap = taps.get(context);
      tap.ready = tap.ready.then(() => connect.call(this, tap.node));
    }
    return connect.call(this, target, ...rest);
  };
})();
"""
"""Runs before a page's scripts: records, sample for sample, what reaches a loudspeaker, with no hook in the page."""


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    """Noise below 2 kHz, like nothing but itself at any other place: shows what is missing or in the wrong order."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ)))
    spectrum[int(2_000 * seconds) :] = 0
    samples = np.fft.irfft(spectrum)
    return (samples / np.abs(samples).max() * 20_000).astype("<i2")


def tone(hz: float, seconds: float) -> np.ndarray:
    """A sine."""
    return (16_000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype("<i2")


def write_wav(path: Path, samples: np.ndarray) -> Path:
    """A file that Chromium's fake microphone reads."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


def offset_of(part: np.ndarray, whole: np.ndarray) -> tuple[int, float]:
    """Where in ``whole`` ``part`` fits best, and how well, from 0 to 1."""
    size = len(whole) + len(part)
    product = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    match = np.fft.irfft(product, size)[: len(whole) - len(part) + 1]
    at = int(np.argmax(match))
    found = whole[at : at + len(part)].astype(float)
    return at, float(np.dot(found, part) / (np.linalg.norm(found) * np.linalg.norm(part) + 1e-9))


class EnginePage:
    """The audio engine's modules on a blank page, as ``window.audio``, with a tap at every loudspeaker.

    Attributes:
        page: The page.
        problems: Uncaught exceptions of the page.
    """

    def __init__(
        self,
        context: BrowserContext,
        *,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        script: str = "",
    ) -> None:
        """Open it.

        Args:
            context: The browser profile.
            url: Under which address; by default one where this machine really answers, as a Jupyter server's page has.
            headers: Of the page's response.
            script: Runs once ``window.audio`` is there, without anybody having touched the page.
        """
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.add_init_script(TAP)
        body = _html(script)
        self._server = _serve(body, headers or {}) if url is None else None
        if url is not None:
            self.page.route(url, lambda route: route.fulfill(body=body, content_type="text/html"))
        self.page.goto(url or f"http://127.0.0.1:{self._server.server_port}/")

    def run(self, script: str, argument: Any = None, timeout_s: float = 15.0) -> Any:
        """Run an async function body in the page, with ``audio`` and ``argument`` at hand."""
        body = f"""async ([argument, limit]) => {{
          const audio = await window.loaded;
          const late = new Promise((_, no) => setTimeout(() => no(new Error('no end in time')), limit));
          return await Promise.race([(async () => {{ {script} }})(), late]);
        }}"""
        return self.page.evaluate(body, [argument, timeout_s * 1000])

    def sounded(self) -> list[np.ndarray]:
        """What reached the loudspeaker of each context that has one, silence before and after taken off, as PCM16."""
        found = []
        for tap in self.run("await window.tap.ready(); return await window.tap.take();"):
            samples = np.frombuffer(base64.b64decode(tap["samples"]), dtype="<f4")
            loud = np.flatnonzero(samples)
            if len(loud):
                samples = samples[loud[0] : loud[-1] + 1]
                found.append(np.rint(samples * 32768).astype("<i2"))
        return found

    def close(self) -> None:
        """Close the page."""
        self.page.close()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def to_page(samples: np.ndarray) -> str:
    """PCM16 for a page."""
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


def _serve(body: str, headers: Mapping[str, str]) -> ThreadingHTTPServer:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _html(script: str) -> str:
    sources = [bundle(_PANELS / f"{name}.js") for name in ("audio_line", "microphone", "speaker")]
    quoted = json.dumps(sources).replace("</", r"<\/")
    return f"""<!doctype html><html lang="en"><title>engine</title><body><button id="go">Go</button>
      <script type="module">
        window.loaded = (async () => {{
          const audio = {{}};
          for (const source of {quoted}) {{
            Object.assign(audio, await import(URL.createObjectURL(new Blob([source], {{ type: 'text/javascript' }}))));
          }}
          return (window.audio = audio);
        }})();
        window.loaded.then(async (audio) => {{ {script} }});
      </script></body></html>"""
