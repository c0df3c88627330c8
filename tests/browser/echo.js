/**
 * What a page needs to hear itself through the kernel: microphone, line and loudspeaker, and a record of what passed.
 */

import { createAudioLine } from "../../intentional_nb/panels/audio_line.js";
import { createMicrophone } from "../../intentional_nb/panels/microphone.js";
import { createSpeaker } from "../../intentional_nb/panels/speaker.js";

/** Samples so far and when that was so, on one way through. */
function createRecord() {
  return { count: 0, times: [], pieces: [] };
}

function add(record, pcm, isKept) {
  record.count += pcm.length;
  record.times.push([record.count, performance.now()]);
  if (isKept) record.pieces.push(pcm.slice());
}

/** How long each piece that came back was away: since the last of its samples was sent. */
function tripsOf(sent, back) {
  let at = 0;
  return back.times.map(([count, when]) => {
    while (sent.times[at][0] < count) at += 1;
    return when - sent.times[at][1];
  });
}

function createEcho(model) {
  const echo = { sent: createRecord(), back: createRecord(), states: [], played: [], flushed: null, isKept: true };
  const speaker = createSpeaker({ onPlayed: (report) => echo.played.push(report) });
  const line = createAudioLine({
    address: model.get("address"),
    ways: model.get("ways"),
    comm: (message, buffers) => model.send(message, undefined, buffers),
    onSpeech(speech) {
      add(echo.back, speech.pcm, echo.isKept);
      speaker.push(speech);
    },
    async onMessage(message) {
      if (message.kind === "welcome") speaker.flush(message.epoch);
      if (message.kind === "end") speaker.end(message);
      if (message.kind !== "flush") return;
      echo.flushed = await speaker.flush(message.epoch);
      line.send({ kind: "flushed", ...echo.flushed });
    },
    onState: ({ state, way, reason }) => echo.states.push([state, way, reason].filter(Boolean).join(" ")),
  });
  const microphone = createMicrophone({
    processing: false,
    onChunk({ pcm, lostSamples }) {
      if (line.state.state !== "open") return;
      add(echo.sent, pcm, echo.isKept);
      line.sendAudio(pcm, lostSamples);
    },
  });
  model.on("msg:custom", (message, buffers) => message.kind === "line" && line.receiveComm(message, buffers));

  const until = async (condition) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return Object.assign(echo, {
    line, speaker, microphone, until,
    async start() {
      await speaker.start();
      line.open();
      await until(() => line.state.state === "open");
      await microphone.start();
    },
    /** Let go of the microphone, and wait until all of it came back and was played. */
    async stop() {
      await microphone.stop();
      await until(() => echo.back.count === echo.sent.count);
      line.send({ kind: "stop" });
      await until(() => echo.played.at(-1)?.done);
    },
    trips: () => tripsOf(echo.sent, echo.back),
    isSame() {
      const join = ({ pieces }) => pieces.flatMap((piece) => [...piece]);
      const [sent, back] = [join(echo.sent), join(echo.back)];
      return sent.length === back.length && sent.every((sample, i) => sample === back[i]);
    },
  });
}

export default {
  initialize({ model }) {
    window.echo = createEcho(model);
  },
  render({ el }) {
    el.textContent = "echo";
    el.className = "echo";
  },
};
